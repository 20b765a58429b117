import type { Role } from "../protocol/commands.ts";
import type { UserId } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type { Audience } from "./audience.ts";
import type { CopiedMaps, Difference } from "./copied_maps.ts";
import { Gathering, type Passer, type Passing } from "./gathering.ts";
import type { HubOptions } from "./hub_options.ts";
import type { HubMessage } from "./hub_messages.ts";
import type { NodeId, Someone } from "./relay_news.ts";
import type { MapNews } from "./own_map.ts";
import { show } from "./session.ts";
import { SharedMap } from "./shared_map.ts";

/** A hub that begins asks the other nodes who is there; so long after it, they have answered. */
export const KNOWN_AFTER_MS = 500;

/** What is known of the people in this room on other nodes; outlives the restarts of a hub. */
export type Elsewhere = CopiedMaps<Someone>;

/** What outlives the restarts of a hub. */
export interface Kept {
  readonly passing: Passing;
  /** Undefined: this node is the only one. */
  readonly elsewhere: Elsewhere | undefined;
}

/**
 * Who is in a public room, on whatever node, each counted once; tells the room of those who come
 * and go.
 */
export class Crowd {
  readonly #here = new Set<UserId>();
  /** People who are here and on another node. */
  #onSeveral = 0;
  readonly #gathering: Gathering;
  /** Undefined: this node is the only one, or it is no public room. */
  readonly #shared: SharedMap<Someone> | undefined;
  readonly #knownMs: number;
  /** Wait until it is known who is there. */
  #waiting: (() => void)[] = [];
  #cancelWaiting = () => {};

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly audience: Audience,
    { passing, elsewhere }: Partial<Kept> = {},
  ) {
    this.#gathering = new Gathering(
      self.clock,
      () => void self.ref.tellWhenFits({ type: "gathered" }),
      passing,
    );
    const { relay, neighbours, room } = options;
    this.#knownMs = self.clock.monotonic() + KNOWN_AFTER_MS;
    this.#shared = elsewhere && relay && neighbours && new SharedMap<Someone>({
      clock: self.clock,
      neighbours,
      copies: elsewhere,
      tell: (map) => relay.tell({ type: "publish", room, news: { type: "people", map } }),
      due: () => void self.ref.tellWhenFits({ type: "share" }),
    });
  }

  get count(): number {
    return this.#here.size + (this.#shared?.copies.size ?? 0) - this.#onSeveral;
  }

  /** `again`: was here before the hub failed, so that it is no news. */
  came({ id, name }: Passer, role: Role | undefined, again = false): void {
    this.#here.add(id);
    this.#shared?.set(id, someone(name, role));
    if (this.#shared?.copies.has(id)) this.#onSeveral++;
    else if (!again) this.#gathering.came({ id, name });
  }

  went({ id, name }: Passer): void {
    if (!this.#here.delete(id)) return;
    this.#shared?.delete(id);
    if (this.#shared?.copies.has(id)) this.#onSeveral--;
    else this.#gathering.went({ id, name });
  }

  /** The log tells everybody that they were put out, wherever they are. */
  putOut(id: UserId): void {
    if (this.#here.has(id) || this.#shared?.copies.has(id)) this.#gathering.putOut(id);
  }

  /** Of somebody who is here. */
  roleChanged({ id, name }: Passer, role: Role | undefined): void {
    const shared = this.#shared;
    if (!shared || !this.#here.has(id) || shared.own.get(id)?.role === role) return;
    shared.set(id, someone(name, role));
  }

  /** Those who are only on other nodes. */
  *elsewhere(): Iterable<Someone> {
    for (const [id, one] of this.#shared?.copies.entries() ?? []) {
      if (!this.#here.has(id)) yield one;
    }
  }

  /** What the hub of this room on another node says of the people there. */
  heard(from: NodeId, news: MapNews<Someone>): void {
    this.#apply(this.#shared?.heard(from, news));
  }

  neighboursChanged(): void {
    for (const each of this.#shared?.neighboursChanged() ?? []) this.#apply(each);
  }

  /** From now on what the others say is heard; what they said before may have been missed. */
  listening(): void {
    if (this.#shared?.copies.size === 0) this.#shared.askAll();
    else this.#shared?.askAgain();
  }

  share(): void {
    for (const each of this.#shared?.share() ?? []) this.#apply(each);
  }

  /** Calls back as soon as the other nodes have said who is there: at once, but for a new hub. */
  whenKnown(then: () => void): void {
    const { clock } = this.self;
    const leftMs = this.#shared ? this.#knownMs - clock.monotonic() : 0;
    if (leftMs <= 0) return then();
    this.#waiting.push(then);
    if (this.#waiting.length === 1) {
      this.#cancelWaiting = clock.after(leftMs, () => this.#answerWaiting());
    }
  }

  tellGathered(): void {
    const gathered = this.#gathering.take(this.audience.size);
    if (!gathered) return;
    const { count } = this;
    for (const change of ["joined", "found", "left"] as const) {
      const users = gathered[change];
      if (users.length === 0) continue;
      const names = users.map(({ name }) => name);
      const only = users.length === 1 ? users[0]?.id : undefined;
      this.audience.broadcast(
        (view, room) => {
          // Lines tell of what happens, and they have been there for some time.
          if (change === "found" && view !== "json") return undefined;
          return change === "left"
            ? show({ type: "left", room, users: names, count }, view)
            : show({ type: "joined", room, users: names, count }, view);
        },
        // Nobody needs to be told that they came themselves.
        only === undefined ? {} : { to: (place) => place.session.user.id !== only },
      );
    }
    const { room, switchboard } = this.options;
    switchboard.tell({ type: "count", room, count, here: this.#here.size });
  }

  stop(): void {
    this.#cancelWaiting();
    this.#answerWaiting();
    this.#gathering.stop();
    this.#shared?.stop();
  }

  #answerWaiting(): void {
    for (const then of this.#waiting.splice(0)) then();
  }

  #apply(difference: Difference<Someone> | undefined): void {
    if (!difference) return;
    for (const [id, { name }] of difference.came) {
      if (this.#here.has(id)) this.#onSeveral++;
      else if (difference.late) this.#gathering.found({ id, name });
      else this.#gathering.came({ id, name });
    }
    for (const [id, { name }] of difference.went) {
      if (this.#here.has(id)) this.#onSeveral--;
      else this.#gathering.went({ id, name });
    }
  }
}

function someone(name: string, role: Role | undefined): Someone {
  return role === undefined ? { name } : { name, role };
}
