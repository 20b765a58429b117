import { canonicalForm } from "../protocol/canonical.ts";
import type { RoomId, UserId, UserRef } from "../store/store.ts";
import type { Ref, Self } from "./actor.ts";
import type { Difference } from "./copied_maps.ts";
import type { Neighbours } from "./neighbours.ts";
import type { FromNodes, RelayMessage } from "./relay_messages.ts";
import type { NodeId, NodeNews, Present } from "./relay_news.ts";
import { SharedMap } from "./shared_map.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

export interface OtherNodesListener {
  /** Nobody else had this user online; or nobody has any more. */
  came(user: UserRef): void;
  went(user: UserRef): void;
  /** `neighbours` has changed. */
  neighboursChanged(): void;
}

/**
 * What the switchboard knows of the other nodes: which are alive, who is online on them, and how
 * many are in which room.
 */
export class OtherNodes {
  readonly #neighbours: { self: NodeId; alive: ReadonlySet<NodeId>; up: boolean };
  readonly #people: SharedMap<Present>;
  readonly #rooms: SharedMap<number>;
  /** Users who are online elsewhere, by their names. */
  readonly #names = new Map<string, UserId>();

  constructor(
    self: Self<SwitchboardMessage>,
    readonly among: { readonly relay: Ref<RelayMessage>; readonly node: NodeId },
    readonly listener: OtherNodesListener,
  ) {
    const neighbours = { self: among.node, alive: new Set<NodeId>(), up: false };
    this.#neighbours = neighbours;
    const shared = {
      clock: self.clock,
      neighbours,
      due: () => void self.ref.tellWhenFits({ type: "share" }),
    };
    this.#people = new SharedMap<Present>({
      ...shared,
      tell: (map) => this.tell({ type: "online", map }),
    });
    this.#rooms = new SharedMap<number>({
      ...shared,
      tell: (map) => this.tell({ type: "rooms", map }),
    });
  }

  get neighbours(): Neighbours {
    return this.#neighbours;
  }

  /** Whether every node has said who is online there, so that who is not known is not online. */
  get complete(): boolean {
    const { up, alive } = this.#neighbours;
    return up && [...alive].every((node) => this.#people.copies.knows(node));
  }

  /** To the switchboards of all other nodes; may be lost. */
  tell(news: NodeNews): void {
    this.among.relay.tell({ type: "announce", news });
  }

  /** A user is online on this node from now on, or not any more. */
  online(user: UserRef): void {
    this.#people.set(user.id, { name: user.name, guest: user.guest });
  }

  offline(user: UserId): void {
    this.#people.delete(user);
  }

  /** So many are in a room on this node. */
  inRoom(room: RoomId, count: number): void {
    if (count > 0) this.#rooms.set(String(room), count);
    else this.#rooms.delete(String(room));
  }

  has(user: UserId): boolean {
    return this.#people.copies.has(user);
  }

  *users(): Iterable<UserId> {
    for (const [user] of this.#people.copies.entries()) yield user;
  }

  byName(canonical: string): UserRef | undefined {
    const id = this.#names.get(canonical);
    const found = id === undefined ? undefined : this.#people.copies.get(id);
    return id === undefined || !found ? undefined : { id, ...found };
  }

  /** How many are in rooms on the other nodes; who is there on several is counted on each. */
  counts(): Map<RoomId, number> {
    const counts = new Map<RoomId, number>();
    for (const [room] of this.#rooms.copies.entries()) {
      let count = 0;
      for (const each of this.#rooms.copies.valuesOf(room)) count += each;
      counts.set(Number(room), count);
    }
    return counts;
  }

  nodes({ alive }: Extract<FromNodes, { type: "nodes" }>): void {
    this.#neighbours.alive = alive;
    for (const each of this.#people.neighboursChanged()) this.#apply(each);
    this.#rooms.neighboursChanged();
    this.listener.neighboursChanged();
  }

  bus(up: boolean): void {
    this.#neighbours.up = up;
    if (!up) return;
    this.#people.askAgain();
    this.#rooms.askAgain();
  }

  /** Something that this node said was missed. */
  missed(from: NodeId): void {
    this.#people.ask(from);
    this.#rooms.ask(from);
  }

  heardOnline(from: NodeId, news: Extract<NodeNews, { type: "online" }>): void {
    this.#apply(this.#people.heard(from, news.map));
  }

  heardRooms(from: NodeId, news: Extract<NodeNews, { type: "rooms" }>): void {
    this.#rooms.heard(from, news.map);
  }

  share(): void {
    for (const each of this.#people.share()) this.#apply(each);
    this.#rooms.share();
  }

  stop(): void {
    this.#people.stop();
    this.#rooms.stop();
  }

  #apply(difference: Difference<Present> | undefined): void {
    if (!difference) return;
    for (const [id, { name, guest }] of difference.came) {
      this.#names.set(canonicalForm(name), id);
      this.listener.came({ id, name, guest });
    }
    for (const [id, { name, guest }] of difference.went) {
      const canonical = canonicalForm(name);
      if (this.#names.get(canonical) === id) this.#names.delete(canonical);
      this.listener.went({ id, name, guest });
    }
  }
}
