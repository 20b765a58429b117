import type { RoomId, Store } from "../store/store.ts";
import type { Behaviour, Ref, RestartPolicy, Self } from "./actor.ts";
import type { Bus } from "./bus.ts";
import { type Active, HeadCheck } from "./head_check.ts";
import { Peers } from "./peers.ts";
import {
  decodeFrame,
  decodeRoomNews,
  encodeNews,
  type Frame,
  Malformed,
  type NodeId,
  type RoomNews,
  senderOf,
} from "./relay_news.ts";
import type { FromNodes, RelayMessage, RelayObserver } from "./relay_messages.ts";

/** Most messages that wait for the relay; what other nodes say beyond that is dropped. */
export const RELAY_BOUND = 16_384;

export const RELAY_RESTART: RestartPolicy = {
  most: 10,
  withinMs: 60_000,
  backoffMs: 10,
  backoffMaxMs: 1_000,
};

/** How often a node says that it lives. */
export const HEARTBEAT_MS = 5_000;

export interface RelayOptions {
  /** Unlike that of any other node, and of this one before it was started anew. */
  readonly node: NodeId;
  readonly bus: Bus;
  /** Read only. */
  readonly store: Pick<Store, "heads">;
  /** Asked when there is something to tell: the switchboard is started after the relay. */
  switchboard(): Ref<FromNodes>;
  readonly observer?: RelayObserver | undefined;
  /** Told like the observer: whether this node can hear others. */
  onBus?: RelayObserver["bus"] | undefined;
  onFailure(error: unknown, what: string): void;
}

const NODES = "nodes";
const channelTo = (node: NodeId | undefined) => node === undefined ? NODES : `node:${node}`;
const roomChannel = (room: RoomId) => `room:${room}`;

/** What outlives a restart: the hubs do not attach again, and the bus goes on. */
interface Kept {
  readonly active: Map<RoomId, Active>;
  readonly peers: Peers;
  opened: boolean;
}

/**
 * One per node, only where several serve the same rooms: carries what the hubs and switchboards of
 * the nodes have to tell each other. Whatever it loses, doubles or swaps, the log stays whole: hubs
 * deliver by seq and read what is missing from the store, and the relay asks the store every
 * HEADS_EVERY_MS, and after every reconnection, whether anything is missing at the end. Long because
 * all that goes over the bus, whoever it is for, is sent, checked and handed on here.
 */
export function relay(options: RelayOptions): Behaviour<RelayMessage> {
  const kept: Kept = { active: new Map(), peers: new Peers(), opened: false };
  return async (self) => {
    const loop = new Relay(self, options, kept);
    try {
      for await (const batch of self.inbox.batches()) {
        for (const message of batch) loop.handle(message);
      }
      await loop.end();
    } finally {
      loop.stop();
    }
  };
}

class Relay {
  readonly #heads: HeadCheck;
  #cancelHeartbeat = () => {};

  constructor(
    readonly self: Self<RelayMessage>,
    readonly options: RelayOptions,
    readonly kept: Kept,
  ) {
    if (!kept.opened) this.#open();
    this.#heads = new HeadCheck(self, options, kept.active);
    this.#heartbeatLater();
  }

  handle(message: RelayMessage): void {
    switch (message.type) {
      case "attach":
        this.kept.active.set(message.room, { hub: message.hub, head: 0 });
        return this.options.bus.subscribe(roomChannel(message.room));
      case "detach":
        if (this.kept.active.get(message.room)?.hub !== message.hub) return;
        this.kept.active.delete(message.room);
        return this.options.bus.unsubscribe(roomChannel(message.room));
      case "publish":
        return this.#send(roomChannel(message.room), message.news);
      case "announce":
        if (message.to === undefined) this.kept.peers.told++;
        return this.#send(channelTo(message.to), { type: "news", news: message.news });
      case "received":
        return this.#received(message.channel, message.text);
      case "subscribed":
        return this.#subscribed(message.channels.flatMap((channel) => roomOf(channel) ?? []));
      case "bus":
        this.kept.peers.bus(message.up);
        if (message.up) this.#sayHere();
        return this.#tellBoard(message);
      case "heads":
        return this.#heads.tell(message.heads);
      case "heads_due":
        return this.#heads.due();
      case "heartbeat_due":
        this.#heartbeatLater();
        this.#sayHere();
        return this.#tellAlive(this.kept.peers.heartbeat());
    }
  }

  /** The others hear that this node goes, if that is still possible. */
  async end(): Promise<void> {
    this.#send(NODES, { type: "bye" });
    await this.options.bus.close();
  }

  stop(): void {
    this.#heads.stop();
    this.#cancelHeartbeat();
  }

  #open(): void {
    this.kept.opened = true;
    const { bus, observer, onBus, node } = this.options;
    const { ref } = this.self;
    bus.subscribe(NODES);
    bus.subscribe(channelTo(node));
    let isAway = false;
    bus.open({
      received: (channel, text) => {
        // Half of what comes may be this node's own.
        if (senderOf(text) === node) return;
        if (!ref.tell({ type: "received", channel, text })) observer?.dropped("full");
      },
      subscribed: (channels) => void ref.tellWhenFits({ type: "subscribed", channels }),
      changed: (state) => {
        observer?.bus(state);
        onBus?.(state);
        const isStillAway = isAway && !state.up;
        isAway = !state.up;
        // How long it has been away goes on being counted.
        if (isStillAway) return;
        void ref.tellWhenFits({ type: "bus", up: state.up });
      },
      took: (ms) => observer?.took(ms),
    });
  }

  #send(channel: string, news: RoomNews | Frame): void {
    const { bus, node, observer } = this.options;
    if (bus.publish(channel, encodeNews(node, news))) observer?.published();
    else observer?.dropped("away");
  }

  #sayHere(to?: NodeId): void {
    this.#send(channelTo(to), { type: "here", told: this.kept.peers.told });
  }

  #received(channel: string, text: string): void {
    const { observer } = this.options;
    observer?.received();
    try {
      const from = senderOf(text);
      if (from === undefined) throw new Malformed("what came does not say from whom");
      const room = roomOf(channel);
      if (room === undefined) {
        return this.#heard(from, decodeFrame(text), channel === NODES);
      }
      const news = decodeRoomNews(text);
      if (news.type === "rows" && news.rows.some((row) => row.room !== room)) {
        throw new Malformed(`events of another room came to room ${room}`);
      }
      const active = this.kept.active.get(room);
      if (!active) return;
      if (!active.hub.tell({ type: "relayed", from, news })) observer?.dropped("full");
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      observer?.dropped("malformed");
      this.options.onFailure(error, `reading what came on ${channel}`);
    }
  }

  #heard(from: NodeId, frame: Frame, toAll: boolean): void {
    const { peers } = this.kept;
    if (frame.type === "bye") return this.#tellAlive(peers.left(from));
    if (peers.heard(from)) {
      this.#tellAlive(true);
      // It knows nothing of this one.
      this.#sayHere(from);
    }
    if (frame.type === "news") {
      if (toAll) peers.counted(from);
      return this.#tellBoard({ type: "announced", from, news: frame.news });
    }
    if (peers.missed(from, frame.told)) this.#tellBoard({ type: "missed", from });
  }

  #tellAlive(changed: boolean): void {
    if (!changed) return;
    const alive = this.kept.peers.alive();
    this.options.observer?.nodes(alive.size + 1);
    this.#tellBoard({ type: "nodes", alive });
  }

  #tellBoard(message: FromNodes): void {
    void this.options.switchboard().tellWhenFits(message);
  }

  /** What was published before of events is in the store; hubs ask each other for the rest. */
  #subscribed(rooms: readonly RoomId[]): void {
    for (const room of rooms) {
      const active = this.kept.active.get(room);
      if (active) void active.hub.tellWhenFits({ type: "listening" });
    }
    this.#heads.ask(rooms);
  }

  #heartbeatLater(): void {
    this.#cancelHeartbeat = this.self.clock.after(
      HEARTBEAT_MS,
      () => void this.self.ref.tellWhenFits({ type: "heartbeat_due" }),
    );
  }
}

function roomOf(channel: string): RoomId | undefined {
  const room = /^room:(\d{1,16})$/.exec(channel)?.[1];
  return room === undefined ? undefined : Number(room);
}
