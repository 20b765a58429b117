import { render } from "preact";
import { signal } from "@preact/signals";
import { watchAppearance } from "./browser/appearance.ts";
import { watchAttention } from "./browser/attention.ts";
import { callToMessage } from "./browser/notify.ts";
import { listenForShortcuts } from "./browser/shortcuts.ts";
import { watchTabFace } from "./browser/tab_face.ts";
import { randomId, tabId } from "./browser/tab_id.ts";
import { Connection } from "./connection/connection.ts";
import { systemClock } from "./connection/ports.ts";
import { Tabs } from "./connection/tabs.ts";
import type { ServerEvent } from "./connection/wire.ts";
import { logOut, whoAmI } from "./model/account.ts";
import { apply } from "./model/apply.ts";
import { Chat } from "./model/chat.ts";
import { FrameQueue } from "./model/frame_queue.ts";
import { settingsChanged } from "./model/settings.ts";
import { read, storage, write } from "./model/storage.ts";
import { loadText } from "./text/text.ts";
import { type App, AppContext } from "./view/app_context.ts";
import { draftsChanged, saveDrafts } from "./view/composer/drafts.ts";
import { Entry } from "./view/entry.tsx";
import { DEFAULT_ROOM, goTo, placeOf } from "./view/route.ts";
import { Shell } from "./view/shell.tsx";
import { Ui } from "./view/ui.ts";
import "./style/style.css";

/** Who this browser was at the last visit: saves asking before connecting. */
const USER_KEY = "hubbub:user";
const isName = (value: unknown): value is string => typeof value === "string" && value !== "";

const ui = new Ui();
/** Whether somebody has come in. */
const isIn = signal(false);

/** Everything that changes what is known goes through here, in the order it came. */
const queue = new FrameQueue<() => void>((change) => change());
const tabs = new Tabs(
  tabId(),
  "BroadcastChannel" in globalThis ? new BroadcastChannel("hubbub") : undefined,
  systemClock,
  (topic) => {
    if (topic === "identity") location.reload();
  },
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
  tabs,
  newKey: randomId,
  onState(state) {
    chat.line.value = state;
    if (state.status === "stopped" && state.reason !== "asked") signedOut();
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
const chat = new Chat(connection, () => queue.flush());

function handle(event: ServerEvent): void {
  const isReplay = event.type === "message" &&
    event.seq <= (chat.room(event.room)?.lastSeq.value ?? 0);
  apply(chat, event);
  if (event.type === "welcome") {
    write(USER_KEY, event.user.name);
    chat.joinKept();
    follow();
  } else if (event.type === "message" && !isReplay) {
    const room = chat.room(event.room);
    if (room) callToMessage(chat, ui, room, event);
  }
}

/** Shows what the page's address names. */
function follow(): void {
  if (!chat.me.value) return;
  const place = placeOf(location.hash);
  if (!place) return goTo(read(`hubbub:last:${chat.me.value.name}`, isName, DEFAULT_ROOM));
  const room = chat.open(place.room);
  if (place.seq !== undefined) ui.target.value = { room: room.key, seq: place.seq };
  write(`hubbub:last:${chat.me.value.name}`, place.room);
}

function signedIn(name: string): void {
  write(USER_KEY, name);
  tabs.tell("identity");
  if (isIn.value) {
    // Somebody else now: nothing of the page before belongs to them.
    location.reload();
    return;
  }
  start(name);
}

function start(name: string): void {
  isIn.value = true;
  chat.me.value = { name, guest: true };
  connection.assume(name);
  connection.start();
  follow();
}

function signedOut(): void {
  write(USER_KEY, undefined);
  connection.stop();
  chat.me.value = undefined;
  chat.rooms.value = new Map();
  chat.current.value = undefined;
  ui.close();
  isIn.value = false;
}

async function checkSession(): Promise<void> {
  try {
    if (await whoAmI() === undefined) signedOut();
  } catch {
    // The server cannot be reached: that is what the strip says.
  }
}

async function signOut(): Promise<void> {
  await chat.attempt(logOut());
  signedOut();
  tabs.tell("identity");
}

const app: App = { chat, ui, signedIn, signOut };

addEventListener("hashchange", follow);
addEventListener("online", () => connection.wake());
addEventListener("offline", () => connection.wake());
addEventListener("pageshow", () => connection.wake());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    connection.wake();
    queue.flush();
  } else saveDrafts();
});
addEventListener("pagehide", saveDrafts);
addEventListener("storage", ({ key }) => {
  settingsChanged(key);
  draftsChanged(key);
  connection.storageChanged(key);
});
watchAppearance(ui);
watchTabFace(chat);
watchAttention(chat, ui);
listenForShortcuts(chat, ui);

function Page() {
  return isIn.value
    ? <Shell />
    : <Entry room={`#${placeOf(location.hash)?.room ?? DEFAULT_ROOM}`} />;
}

await loadText();
const lastUser = read(USER_KEY, isName, "");
if (lastUser !== "") start(lastUser);

render(
  <AppContext.Provider value={app}>
    <Page />
  </AppContext.Provider>,
  document.getElementById("page")!,
);
