import { effect } from "@preact/signals";
import type { Chat } from "../model/chat.ts";

const SIZE_PX = 32;

/** The page's title and icon: where one is, and how much is waiting. */
export function watchTabFace(chat: Chat): void {
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const plainIcon = icon?.href ?? "";
  effect(() => {
    const room = chat.current.value;
    const calling = chat.calling.value;
    const unread = chat.unread.value;
    const place = room
      ? `${room.kind.value === "public" ? "#" : ""}${room.label.value} · ${chat.serverName.value}`
      : chat.serverName.value;
    document.title = calling > 0 ? `(${calling}) ${place}` : unread > 0 ? `• ${place}` : place;
    if (icon) icon.href = calling > 0 || unread > 0 ? drawIcon(calling) : plainIcon;
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
