import type { WireMessage } from "../../protocol/events.ts";
import type { Tabs } from "../connection/tabs.ts";
import type { Chat } from "../model/chat.ts";
import { mentions } from "../model/mentions.ts";
import type { Room } from "../model/room.ts";
import { notifications, sound } from "../model/settings.ts";
import { goTo } from "../view/route.ts";
import type { Ui } from "../view/ui.ts";

const BODY_MAX_CHARS = 200;
const BEEP_MS = 160;
/** Not more often than this. */
const BEEP_EVERY_MS = 2_000;

let beepedAt = -Infinity;
let audio: AudioContext | undefined;

/** Calls the user, in the ways they asked for, to a message that means them. */
export function callToMessage(
  chat: Chat,
  ui: Ui,
  tabs: Tabs,
  room: Room,
  message: WireMessage,
): void {
  const me = chat.me.value?.name ?? "";
  if (message.from === me) return;
  if (room.kind.value !== "direct" && !mentions(message.content, me)) return;
  if (ui.isAttended.value && chat.current.value === room) return;
  if (!sound.value && !notifications.value) return;
  // All tabs have the message: none calls to what is being looked at, and only one calls.
  tabs.rollCall((alive) => {
    if ([...alive.values()].includes(room.key)) return;
    const attended = [...alive].filter(([, lookingAt]) => lookingAt !== undefined);
    const [caller] = (attended.length > 0 ? attended : [...alive]).map(([tab]) => tab).sort();
    if (caller !== tabs.id) return;
    if (sound.value) beep();
    if (notifications.value && attended.length === 0) show(room, message);
  });
}

function show(room: Room, message: WireMessage): void {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
  const title = room.kind.value === "direct"
    ? message.from
    : `${message.from} · ${room.label.value}`;
  try {
    const body = message.content.slice(0, BODY_MAX_CHARS);
    // One per room: a newer one takes the older one's place, also from another tab.
    const shown = new Notification(title, { body, tag: `hubbub:${room.key}` });
    shown.onclick = () => {
      focus();
      goTo(room.name.value);
      shown.close();
    };
  } catch {
    // Some phones only let service workers show them.
  }
}

/** Two soft tones, made here: no file is fetched. */
export function beep(): void {
  // Browsers keep a page silent that nobody has touched yet, and complain.
  if (Date.now() - beepedAt < BEEP_EVERY_MS || !navigator.userActivation.hasBeenActive) return;
  beepedAt = Date.now();
  audio ??= new AudioContext();
  const start = audio.currentTime;
  for (const [index, frequency] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    const from = start + index * BEEP_MS / 2000;
    const to = from + BEEP_MS / 1000;
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, from);
    gain.gain.exponentialRampToValueAtTime(0.12, from + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, to);
    tone.connect(gain).connect(audio.destination);
    tone.start(from);
    tone.stop(to);
  }
}
