// Runs already. Named here, so that what both use comes with it, as one script instead of two.
import "./main.tsx";
import { canonicalForm } from "../protocol/canonical.ts";
import { announcer } from "./browser/announce.ts";
import { watchAttention } from "./browser/attention.ts";
import { callToMessage } from "./browser/notify.ts";
import { listenForShortcuts } from "./browser/shortcuts.ts";
import { watchTabFace } from "./browser/tab_face.ts";
import { randomId, tabId } from "./browser/tab_id.ts";
import { Connection } from "./connection/connection.ts";
import type { StopReason } from "./connection/line.ts";
import { systemClock } from "./connection/ports.ts";
import { Tabs } from "./connection/tabs.ts";
import type { ServerEvent } from "./connection/wire.ts";
import { AccountError, logOut, whoAmI } from "./model/account.ts";
import { apply } from "./model/apply.ts";
import { Chat } from "./model/chat.ts";
import { FrameQueue } from "./model/frame_queue.ts";
import { settingsChanged } from "./model/settings.ts";
import { forgetUser, isName, prefixOf, read, storage, USER_KEY, write } from "./model/storage.ts";
import { lookAtTheCalendar } from "./text/time.ts";
import { type App, AppContext } from "./view/app_context.ts";
import { Drafts } from "./view/composer/drafts.ts";
import { DEFAULT_ROOM, goTo, placeOf } from "./view/route.ts";
import { Shell } from "./view/shell.tsx";
import { Ui } from "./view/ui.ts";

/**
 * The page of somebody who has come in: everything is made here and wired, once. A chunk of its
 * own, fetched when there is somebody.
 */

/** Registering and logging in end the session before: their answer comes about now. */
const SETTLE_MS = 300;
const CALENDAR_EVERY_MS = 60_000;

const ui = new Ui();
/** Everything that changes what is known goes through here, in the order it came. */
const queue = new FrameQueue<() => void>((change) => change(), () => see());
const tabs = new Tabs(
  tabId(),
  "BroadcastChannel" in globalThis ? new BroadcastChannel("hubbub") : undefined,
  systemClock,
  (topic) => {
    if (topic === "identity") location.reload();
  },
  () => ui.isAttended.peek() ? chat.current.peek()?.key ?? "" : undefined,
);
const connection: Connection = new Connection({
  open() {
    const url = new URL("ws", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.hash = "";
    return new WebSocket(url, "hubbub.json");
  },
  clock: systemClock,
  random: Math.random,
  storage,
  storagePrefix: prefixOf,
  tabs,
  newKey: randomId,
  onState(state) {
    chat.line.value = state;
    if (state.status === "stopped") stopped(state.reason);
    // A handshake that is refused looks like any broken line: ask over HTTP who we are.
    if (state.status === "waiting" && state.attempt % 3 === 0) void checkSession();
  },
  onEvent: (event) => queue.push(() => handle(event)),
  onOutbox: (entries) => queue.push(() => chat.outbox.value = entries),
  onSent: (entry, { seq, at }) =>
    queue.push(() =>
      apply(chat, {
        type: "message",
        room: entry.room,
        seq,
        at,
        from: chat.me.value?.name ?? "",
        content: entry.content,
        key: entry.key,
        ...(entry.reply === undefined ? {} : { reply: entry.reply }),
      })
    ),
  onRefused: (room, refusal) => queue.push(() => chat.refused(room, refusal)),
});
const chat: Chat = new Chat(connection, () => queue.flush());
const drafts = new Drafts(() => chat.me.peek()?.name ?? "");

/** The browser has lost its session: the server took this page for somebody new. */
function isStranger(name: string): boolean {
  return canonicalForm(name) !== canonicalForm(chat.me.value?.name ?? "");
}

const announce = announcer(ui);

function handle(event: ServerEvent): void {
  if (event.type === "welcome" && isStranger(event.user.name)) return become(undefined);
  const isReplay = event.type === "message" &&
    event.seq <= (chat.room(event.room)?.lastSeq.value ?? 0);
  apply(chat, event);
  if (event.type === "welcome") {
    write(USER_KEY, event.user.name);
    chat.askForPresence();
    follow();
  } else if (event.type === "message" && !isReplay) {
    const room = chat.room(event.room);
    if (room) callToMessage(chat, ui, tabs, room, event);
    if (room === chat.current.value) announce();
  }
}

/** Shows what the page's address names. */
function follow(): void {
  if (!chat.me.value) return;
  const place = placeOf(location.hash);
  const lastRoom = `${prefixOf(chat.me.value.name)}last`;
  if (!place) return goTo(read(lastRoom, isName, DEFAULT_ROOM));
  const room = chat.open(place.room);
  if (place.seq !== undefined) ui.target.value = { room: room.key, seq: place.seq };
  write(lastRoom, place.room);
}

/** Somebody else from now on, or nobody: nothing of this page belongs to them. */
function become(name: string | undefined): void {
  connection.stop();
  write(USER_KEY, name);
  location.reload();
}

function stopped(reason: StopReason): void {
  // The name is somebody else's by now: asking who this is would only lead here again.
  if (reason === "name_taken") become(undefined);
  else if (reason === "unauthorized") setTimeout(turnedAway, SETTLE_MS);
}

/** The session of this line has ended; the browser may have got another one meanwhile. */
async function turnedAway(): Promise<void> {
  try {
    become((await whoAmI())?.name);
  } catch {
    connection.start();
  }
}

async function checkSession(): Promise<void> {
  try {
    if (await whoAmI() === undefined) become(undefined);
  } catch {
    // The server cannot be reached: that is what the strip says.
  }
}

function signedIn(name: string): void {
  tabs.tell("identity");
  become(name);
}

async function signOut(): Promise<void> {
  try {
    await logOut();
  } catch (error) {
    // Still signed in, as far as the server knows: better said than forgotten.
    chat.notify({
      code: error instanceof AccountError ? error.code : "unreachable",
      message: String(error),
    });
    return;
  }
  signedOut();
}

function signedOut(): void {
  forgetUser(chat.me.peek()?.name ?? "");
  tabs.tell("identity");
  become(undefined);
}

const app: App = { chat, ui, drafts, signedIn, signOut, signedOut };

addEventListener("hashchange", follow);
addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake());
addEventListener("pageshow", () => connection.wake());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    connection.wake();
    queue.flush();
  } else drafts.save();
});
addEventListener("pagehide", () => drafts.save());
addEventListener("storage", ({ key }) => {
  settingsChanged(key);
  drafts.storageChanged(key);
  connection.outgoing.storageChanged(key);
});
setInterval(lookAtTheCalendar, CALENDAR_EVERY_MS);
watchTabFace(chat);
const see = watchAttention(chat, ui);
listenForShortcuts(chat, ui);

/** Connects, and shows the room that the address names. */
export function start(name: string): void {
  chat.me.value = { name, guest: true };
  connection.outgoing.assume(name);
  chat.joinKept();
  connection.start();
  follow();
}

export function ChatPage() {
  return (
    <AppContext.Provider value={app}>
      <Shell />
    </AppContext.Provider>
  );
}
