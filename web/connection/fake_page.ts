import { Connection } from "./connection.ts";
import { FakeChannels, FakeClock, FakeServer, FakeStorage, settle } from "./fakes.ts";
import type { Outgoing } from "./outbox.ts";
import { Tabs } from "./tabs.ts";
import type { ServerEvent } from "./wire.ts";

/** What the pages of one browser share. */
export interface World {
  readonly clock: FakeClock;
  readonly server: FakeServer;
  readonly storage: FakeStorage;
  readonly channels: FakeChannels;
}
let keys = 0;

export function world(): World {
  return {
    clock: new FakeClock(),
    server: new FakeServer(),
    storage: new FakeStorage(),
    channels: new FakeChannels(),
  };
}

/** A tab of Alice's. */
export function page({ clock, server, storage, channels }: World, tab = "tab-1") {
  const events: ServerEvent[] = [];
  const sent: string[] = [];
  const refused: string[] = [];
  let outbox: readonly Outgoing[] = [];
  const tabs = new Tabs(tab, channels.open(), clock, () => {});
  const connection = new Connection({
    open: server.open,
    clock,
    random: () => 0.5,
    storage,
    storagePrefix: (user) => `${user}:`,
    tabs,
    newKey: () => `key-${++keys}`,
    onState() {},
    onEvent: (event) => events.push(event),
    onOutbox: (entries) => outbox = entries,
    onSent: (entry) => sent.push(entry.content),
    onRefused: (room, { code }) => refused.push(`${room} ${code}`),
  });
  connection.outgoing.assume("alice");
  return {
    connection,
    tabs,
    sent,
    refused,
    events,
    outbox: () => outbox,
    /** What the page would show of a room. */
    shown: (room: string) =>
      events.flatMap((event) =>
        event.type === "message" && event.room === room ? [event.content] : []
      ),
  };
}

/** A page that has entered the lobby. */
export async function inLobby(w: World, tab?: string) {
  const p = page(w, tab);
  p.connection.start();
  p.connection.enter("lobby", 50).catch(() => {});
  await settle();
  return p;
}
