import { Refusal } from "../protocol/errors.ts";
import type { Room, RoomId, UserRef } from "../store/store.ts";
import type { Ref, Self } from "./actor.ts";
import { writeThrough } from "./archive.ts";
import { hub, HUB_BOUND, HUB_RESTART } from "./hub.ts";
import type { HubMessage } from "./hub_messages.ts";
import type { OtherNodes } from "./other_nodes.ts";
import { asRefusal } from "./replies.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";
import type { SwitchboardOptions } from "./switchboard_options.ts";

/** A room as it is asked for. */
export type RoomKey =
  | { readonly kind: "named"; readonly name: string; readonly canonical: string }
  | { readonly kind: "direct"; readonly me: UserRef; readonly other: UserRef };

/** The `route` message, but for which room it is. */
type Asking = Pick<Extract<SwitchboardMessage, { type: "route" }>, "create" | "from" | "reply">;
type Answer = (hub: Ref<HubMessage> | Refusal) => void;

interface Serving {
  readonly hub: Ref<HubMessage>;
  /** Under which it is found in `#byKey`. */
  readonly keys: Set<string>;
  count: number;
}

/** Which hub serves which room. A room is looked up once, however many ask for it at a time. */
export class Directory {
  readonly #serving = new Map<RoomId, Serving>();
  readonly #byKey = new Map<string, RoomId>();
  readonly #lookingUp = new Map<string, Answer[]>();
  #stopping = false;

  constructor(
    readonly self: Self<SwitchboardMessage>,
    readonly options: SwitchboardOptions,
    /** Undefined: this node is the only one. */
    readonly nodes: () => OtherNodes | undefined,
  ) {}

  route(key: RoomKey, { create, from, reply: answer }: Asking): void {
    if (this.#stopping) return answer(stopping());
    const at = keyText(key);
    const known = this.#serving.get(this.#byKey.get(at) ?? -1);
    if (known?.hub.alive) return answer(known.hub);
    // Apart from each other: those who would make the room, each on their own account, and the rest.
    const lookup = `${create ? from ?? "" : "only"} ${at}`;
    const waiting = this.#lookingUp.get(lookup);
    if (waiting) {
      waiting.push(answer);
      return;
    }
    const answers = [answer];
    this.#lookingUp.set(lookup, answers);
    this.#find(key, create, from).then(
      (room) => room ? this.#serve(at, room) : noSuch(key),
      asRefusal,
    ).then((result) => {
      this.#lookingUp.delete(lookup);
      for (const each of answers) each(result);
    });
  }

  active(room: RoomId): Ref<HubMessage> | undefined {
    const hub = this.#serving.get(room)?.hub;
    return hub?.alive ? hub : undefined;
  }

  /** Starts the hub of a room that nobody here has asked for. Undefined: that is not possible now. */
  async wake(id: RoomId): Promise<Ref<HubMessage> | undefined> {
    try {
      const room = await this.options.store.room(id);
      const hub = room && this.#serve(undefined, room);
      return hub instanceof Refusal ? undefined : hub;
    } catch (error) {
      this.options.onFailure(error, `starting the hub of room ${id}`);
      return undefined;
    }
  }

  /** So many are in a room, and so many of them here. */
  count(room: RoomId, count: number, here: number): void {
    const serving = this.#serving.get(room);
    if (!serving) return;
    serving.count = count;
    this.nodes()?.inRoom(room, here);
  }

  counts(): ReadonlyMap<RoomId, number> {
    const counts = this.nodes()?.counts() ?? new Map<RoomId, number>();
    for (const [room, { count, hub }] of this.#serving) if (hub.alive) counts.set(room, count);
    return counts;
  }

  /** Tells every hub that other nodes came or died. */
  neighboursChanged(): void {
    for (const { hub } of this.#serving.values()) void hub.tellWhenFits({ type: "neighbours" });
  }

  dissolved(room: Room): void {
    this.#forget(room.id);
  }

  /** Starts no hub from now on; answers those there are. */
  stop(): Ref<HubMessage>[] {
    this.#stopping = true;
    return [...this.#serving.values()].map(({ hub }) => hub).filter((hub) => hub.alive);
  }

  async #find(key: RoomKey, create: boolean, from = ""): Promise<Room | undefined> {
    const { store, archive, mayOpen } = this.options;
    const at = this.self.clock.now();
    if (key.kind === "direct") {
      const { me, other } = key;
      const found = await store.directBetween(me.id, other.id);
      if (found || !create) return found;
      mayOpen?.(from);
      return await writeThrough(archive, (store) => store.openDirect(me, other, at));
    }
    const found = await store.roomByName(key.canonical);
    if (found || !create) return found;
    mayOpen?.(from);
    const { name, canonical } = key;
    const made = await writeThrough(
      archive,
      (store) => store.createRoom({ name, canonical, kind: "public" }, at),
    );
    // Refused: somebody else has just made it.
    return "room" in made ? made.room : await store.roomByName(canonical);
  }

  #serve(at: string | undefined, room: Room): Ref<HubMessage> | Refusal {
    if (this.#stopping) return stopping();
    const serving = this.#serving.get(room.id);
    if (serving?.hub.alive) {
      if (at !== undefined) {
        serving.keys.add(at);
        this.#byKey.set(at, room.id);
      }
      return serving.hub;
    }
    this.#forget(room.id);
    const { store, archive, joinHistory, hubIdleMs, among, observer, onFailure } = this.options;
    const started = this.self.spawn<HubMessage>(
      `hub ${room.kind === "direct" ? room.id : room.name}`,
      hub({
        room: room.id,
        store,
        archive,
        switchboard: this.self.ref,
        joinHistory,
        idleMs: hubIdleMs,
        relay: among?.relay,
        neighbours: this.nodes()?.neighbours,
        observer,
        onFailure,
      }),
      { bound: HUB_BOUND, restart: HUB_RESTART },
    );
    const keys = new Set<string>();
    if (at !== undefined) {
      keys.add(at);
      this.#byKey.set(at, room.id);
    }
    this.#serving.set(room.id, { hub: started, keys, count: 0 });
    started.stopped.then((ending) => {
      if (this.#serving.get(room.id)?.hub === started) this.#forget(room.id);
      if (ending.kind === "failed") this.options.onGivenUp(started.name, ending.error);
    });
    return started;
  }

  #forget(room: RoomId): void {
    for (const key of this.#serving.get(room)?.keys ?? []) {
      // A room of the same name may have been made since.
      if (this.#byKey.get(key) === room) this.#byKey.delete(key);
    }
    this.#serving.delete(room);
    this.nodes()?.inRoom(room, 0);
  }
}

function stopping(): Refusal {
  return new Refusal("unavailable", "the server stops");
}

function keyText(key: RoomKey): string {
  if (key.kind === "named") return `#${key.canonical}`;
  const [a, b] = [key.me.id, key.other.id].sort();
  return `@${a}:${b}`;
}

function noSuch(key: RoomKey): Refusal {
  return key.kind === "named"
    ? new Refusal("no_such_room", `there is no room called ${key.name}`)
    : new Refusal("no_such_room", `there is no conversation with ${key.other.name} yet`);
}
