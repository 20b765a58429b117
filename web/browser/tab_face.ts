import { computed, effect } from "@preact/signals";
import type { Chat } from "../model/chat.ts";

const SIZE_PX = 32;

/** The page's title and icon: where one is, and how much is waiting. */
export function watchTabFace(chat: Chat): void {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const plainIcon = icon?.href ?? "";
  const title = computed(() => {
    const room = chat.current.value;
    const calling = chat.calling.value;
    const place = room ? `${room.heading.value} · ${chat.serverName.value}` : chat.serverName.value;
    return calling > 0 ? `(${calling}) ${place}` : chat.unread.value > 0 ? `• ${place}` : place;
  });
  /** Undefined: nothing waits. */
  const mark = computed(() => chat.unread.value > 0 ? Math.min(chat.calling.value, 10) : undefined);
  effect(() => {
    document.title = title.value;
  });
  effect(() => {
    if (icon) icon.href = mark.value === undefined ? plainIcon : drawIcon(mark.value);
  });
}

/** The logo with a number, or with a dot when nobody calls. */
function drawIcon(count: number): string {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE_PX;
  const pen = canvas.getContext("2d");
  if (!pen) return "";
  pen.fillStyle = "#3b5bdb";
  pen.beginPath();
  pen.roundRect(0, 0, SIZE_PX, SIZE_PX, 9);
  pen.fill();
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = "#fff";
  pen.font = "700 20px system-ui, sans-serif";
  pen.fillText("h", 12, 17);
  pen.fillStyle = "#c02b3a";
  pen.beginPath();
  pen.arc(22, 10, count > 0 ? 10 : 6, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "#fff";
  pen.font = "700 13px system-ui, sans-serif";
  if (count > 0) pen.fillText(count > 9 ? "9+" : String(count), 22, 11);
  return canvas.toDataURL("image/png");
}
