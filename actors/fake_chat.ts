import { canonicalForm } from "../protocol/canonical.ts";
import type { Refusal } from "../protocol/errors.ts";
import type { Append, Room, Store, UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import { archive, ARCHIVE_BOUND, type ArchiveMessage } from "./archive.ts";
import type { RoomKey } from "./directory.ts";
import type { FakeBus } from "./fake_bus.ts";
import type { FakeKeyServer } from "./fake_keys.ts";
import { FakeSession, user } from "./fake_session.ts";
import { fakeStore } from "./fake_store.ts";
import { FakeSystem } from "./fake_system.ts";
import { HUB_RESTART } from "./hub.ts";
import type { HubCommand, HubMessage, JoinMessage } from "./hub_messages.ts";
import { relay, RELAY_BOUND } from "./relay.ts";
import type { RelayMessage } from "./relay_messages.ts";
import type { NodeId } from "./relay_news.ts";
import type { View } from "./session.ts";
import { switchboard, SWITCHBOARD_BOUND } from "./switchboard.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

export const GRACE_MS = 1_000;
export const IDLE_MS = 10_000;
export const JOIN_HISTORY = 5;

type Hub = Ref<HubMessage>;
/** A command without the room it is for, which the hub does not look at. */
type Said<C = HubCommand> = C extends HubCommand ? Omit<C, "room"> : never;

/** Archive, switchboard and hubs as they are, over a store in memory; only the sessions are not. */
export class FakeChat extends FakeSystem {
  readonly whatFailed: string[] = [];
  readonly givenUp: string[] = [];
  readonly archive: Ref<ArchiveMessage>;
  readonly board: Ref<SwitchboardMessage>;
  readonly relay: Ref<RelayMessage> | undefined;

  static async open(change: (store: Store) => Partial<Store> = () => ({})): Promise<FakeChat> {
    return new FakeChat(await fakeStore(change));
  }

  /** `on`: the bus of this node, where it is one of several. */
  constructor(
    readonly store: Store,
    on?: { readonly bus: FakeBus; readonly node: NodeId; readonly keys: FakeKeyServer },
  ) {
    super();
    const onFailure = (error: unknown, what: string) => this.whatFailed.push(`${what}: ${error}`);
    this.archive = this.system.spawn("archive", archive({ store, onFailure }), {
      bound: ARCHIVE_BOUND,
    });
    this.relay = on && this.system.spawn(
      "relay",
      relay({ ...on, store, switchboard: () => this.board, onFailure }),
      { bound: RELAY_BOUND },
    );
    this.board = this.system.spawn(
      "switchboard",
      switchboard({
        store,
        archive: this.archive,
        joinHistory: JOIN_HISTORY,
        hubIdleMs: IDLE_MS,
        graceMs: GRACE_MS,
        among: on && this.relay && {
          relay: this.relay,
          node: on.node,
          claims: on.keys.connect(this.clock, () => on.bus.up),
        },
        onFailure,
        onGivenUp: (name) => this.givenUp.push(name),
      }),
      { bound: SWITCHBOARD_BOUND },
    );
  }

  async close(): Promise<void> {
    await this.system.stop();
    await this.store.close();
  }

  /** A new session that the switchboard knows; `refused` is what it said against it. */
  async connect(
    who: UserRef | string,
    view: View = "json",
    options: { id?: string; tokenId?: string } = {},
  ): Promise<FakeSession & { refused?: Refusal | undefined }> {
    const session = new FakeSession(typeof who === "string" ? user(who) : who, view, options);
    let refused: Refusal | undefined;
    this.board.tell({ type: "connect", session, reply: (answer) => refused = answer });
    await this.settle();
    if (!refused) {
      const belongings = await this.store.belongings([session.user.id]);
      this.board.tell({ type: "welcomed", session, belongings });
      await this.settle();
    }
    return Object.assign(session, { refused });
  }

  async disconnect(session: FakeSession): Promise<void> {
    void session.writer.stop();
    this.board.tell({ type: "disconnect", session });
    await this.settle();
  }

  /** The hub of a room, asked of the switchboard; public rooms are made. */
  async hub(room: string | readonly [UserRef, UserRef]): Promise<Hub> {
    const key: RoomKey = typeof room === "string"
      ? { kind: "named", name: room, canonical: canonicalForm(room) }
      : { kind: "direct", me: room[0], other: room[1] };
    let found: Hub | Refusal | undefined;
    this.board.tell({ type: "route", key, create: true, reply: (answer) => found = answer });
    await this.settle();
    if (!found || found instanceof Error) throw found ?? new Error(`no answer for ${room}`);
    return found;
  }

  /** A group of these users; the first is its owner. */
  async group(name: string, owner: UserRef, ...members: UserRef[]): Promise<Room> {
    const made = await this.store.createRoom(
      { name, canonical: canonicalForm(name), kind: "group", owner, members },
      this.clock.now(),
    );
    if ("refused" in made) throw new Error(made.message);
    return made.room;
  }

  join(hub: Hub, session: FakeSession, options: Partial<JoinMessage> = {}): void {
    hub.tell({ type: "join", session, re: "join", ...options });
  }

  /** Joins, and forgets what it was sent for that. */
  async enter(hub: Hub, ...sessions: FakeSession[]): Promise<void> {
    for (const session of sessions) this.join(hub, session, { history: 0 });
    // What is gathered about their coming is told, too.
    await this.advance(IDLE_MS / 10);
    for (const session of sessions) session.lines();
  }

  say(hub: Hub, session: FakeSession, content: string, id?: string): void {
    this.command(hub, session, { type: "message", content, id });
  }

  command(hub: Hub, session: FakeSession, command: Loose<Said>, target?: UserRef): void {
    // The room of a command has led to this hub already, which does not look at it again.
    const whole = withoutUndefined({ room: "", ...command }) as HubCommand;
    hub.tell({ type: "command", session, command: whole, target });
  }

  /** A command at which the hub throws. */
  fail(hub: Hub, session: FakeSession, id?: string): void {
    const command = {
      type: "message",
      room: "",
      ...(id === undefined ? undefined : { id }),
      get content(): string {
        throw new Error("told to fail");
      },
    } satisfies HubCommand;
    hub.tell({ type: "command", session, command });
  }

  /** Lets a hub that failed start again. */
  restart(): Promise<void> {
    return this.advance(HUB_RESTART.backoffMaxMs);
  }

  /** A public room with an owner, which begins its log. */
  async den(owner: UserRef): Promise<Hub> {
    await this.store.createRoom(
      { name: "den", canonical: "den", kind: "public", owner },
      this.clock.now(),
    );
    return await this.hub("den");
  }

  /** Puts messages into a room's log before anybody is there. */
  async write(room: number, by: UserRef, ...contents: string[]): Promise<void> {
    const batch = contents.map((content): Append => ({
      room,
      by,
      op: { type: "message", content },
    }));
    await this.store.append(batch, this.clock.now());
  }
}

/** With optional fields that may be written as undefined. */
type Loose<T> = T extends unknown ? { [K in keyof T]: T[K] | undefined } : never;

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(fields))) {
    if ("value" in value && value.value === undefined) delete fields[name];
  }
  return fields;
}
