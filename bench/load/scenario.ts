/** What the generator is told to do and what it answers: one JSON value in, one out. */

export type CodecName = "text" | "json" | "socketio";

/** How connections and rooms belong together. */
export type Layout =
  /** Everyone in `lobby`; the speakers are spread evenly over the connections. */
  | { readonly kind: "one-room"; readonly speakers: number }
  /** Rooms of `members` connections each; the first of each room speaks. */
  | { readonly kind: "many-rooms"; readonly members: number }
  /** Each listener is in all `rooms` over one connection; each room has one speaker besides. */
  | { readonly kind: "shared-listeners"; readonly rooms: number };

export type Pace =
  /** A speaker keeps this many messages on the way and sends the next when one comes back to it. */
  | { readonly kind: "closed"; readonly outstanding: number }
  /** This many messages a second over all speakers, whatever comes back. */
  | { readonly kind: "open"; readonly messagesPerSecond: number };

/** Everyone listens, some speak. */
export interface FanOut {
  readonly kind: "fan-out";
  readonly layout: Layout;
  readonly connections: number;
  readonly pace: Pace;
  /** Size of a message's content in bytes of UTF-8. */
  readonly sizeBytes: number;
  readonly alphabet: "ascii" | "chinese";
  readonly warmUpMs: number;
  /**
   * The warm-up goes on, up to WARM_UP_FACTOR_MAX times as long, until the server has had this much
   * CPU time: on a busy machine its compiler has not seen much after `warmUpMs`.
   */
  readonly warmUpCpuSeconds: number;
  readonly measureMs: number;
  /** Take the latency of every n-th delivery to the connections that are read at once. */
  readonly sampleEvery: number;
}

export const WARM_UP_FACTOR_MAX = 6;

/** Connections that come, join `lobby` and stay silent: what a join costs, and what one that is there. */
export interface Gathering {
  readonly kind: "gathering";
  readonly connections: number;
  /** Handshakes and joins under way at the same time. */
  readonly concurrency: number;
  /** Sizes of the room at which the cost of a join is looked at, ascending. */
  readonly marks: readonly number[];
  /** How long to listen on after the last join. */
  readonly settleMs: number;
}

/** A process of the server: where it listens; its CPU time and memory are read. */
export interface ServerNode {
  readonly port: number;
  readonly pid: number;
}

export interface Scenario {
  /** Connections go to them in turn. */
  readonly nodes: readonly [ServerNode, ...ServerNode[]];
  readonly codec: CodecName;
  readonly work: FanOut | Gathering;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface FanOutResult {
  readonly kind: "fan-out";
  readonly messagesPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** Deliveries that came / that were due, of all messages sent, also while warming up. */
  readonly share: number;
  /** Connections that the server ended. */
  readonly dropped: number;
  readonly messagesPerFrame: number;
  readonly bytesPerDelivery: number;
  /** Of connections to the first node; in the cells of several nodes all speakers are there. */
  readonly latencyMs: Latency;
  /** Of connections to other nodes, where there are any. */
  readonly elsewhereMs?: Latency;
  readonly serverCpuSecondsPerMillion: number;
  /** Shares of a core that the server and the generator took. */
  readonly serverBusy: number;
  readonly generatorBusy: number;
  readonly residentMiB: number;
}

export interface JoinCost {
  readonly connections: number;
  /** Mean time from the start of a handshake to the answer to its join, in milliseconds. */
  readonly meanMs: number;
  /** CPU time of the server per handshake and join, in milliseconds. */
  readonly serverCpuMs: number;
}

export interface GatheringResult {
  readonly kind: "gathering";
  /** Time from the first handshake to the last join. */
  readonly seconds: number;
  readonly dropped: number;
  /** Of the last joins before each mark. */
  readonly joins: readonly JoinCost[];
  /** Most frames that a connection that had joined got within a second of the clock. */
  readonly framesPerSecondMax: number;
  readonly kilobytesPerConnection: number;
}

export type Result = FanOutResult | GatheringResult;
