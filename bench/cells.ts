import type { Contestant } from "./contestants.ts";
import type { FanOut, Gathering, Layout } from "./load/scenario.ts";

/** What a cell is about: its headline figure, and how contestants compare by it. */
export type Measure = "throughput" | "latency" | "half-rate" | "gathering" | "ceiling";

export interface Cell {
  readonly name: string;
  readonly title: string;
  readonly measure: Measure;
  /** For `half-rate`: the cell, earlier in the list, whose median throughput it takes half of. */
  readonly halfOf?: string;
  /** At most this many rounds, for what takes long. */
  readonly rounds?: number;
  takesPart(contestant: Contestant): boolean;
  /** `messagesPerSecond` only for `half-rate`. */
  work(measureMs: number, messagesPerSecond: number): FanOut | Gathering;
}

const MESSAGE_BYTES = 64;
const WARM_UP_MS = 1_500;
const WARM_UP_CPU_SECONDS = 1.4;
const OUTSTANDING = 2;
/** A prime, so that samples do not fall into step with batches. */
const SAMPLE_EVERY = 61;

const everyone = ({ kind }: Contestant) => kind !== "ceiling";
/** The store and the transport make no difference that another cell does not show. */
const main = ({ kind, id }: Contestant) => kind === "peer" || id.includes("-normal-");
const json = ({ codec }: Contestant) => codec === "json";

function fanOut(connections: number, layout: Layout, more: Partial<FanOut> = {}) {
  return (measureMs: number): FanOut => ({
    kind: "fan-out",
    layout,
    connections,
    pace: { kind: "closed", outstanding: OUTSTANDING },
    sizeBytes: MESSAGE_BYTES,
    alphabet: "ascii",
    warmUpMs: WARM_UP_MS,
    warmUpCpuSeconds: WARM_UP_CPU_SECONDS,
    measureMs,
    sampleEvery: SAMPLE_EVERY,
    ...more,
  });
}

function oneRoom(connections: number, speakers: number, takesPart = everyone): Cell {
  return {
    name: `${connections}x${speakers}`,
    title: `${connections.toLocaleString("en")} connections, ${speakers} speak`,
    measure: "throughput",
    takesPart,
    work: fanOut(connections, { kind: "one-room", speakers }),
  };
}

function halfRate(of: string, connections: number, speakers: number): Cell {
  return {
    name: `half-${of}`,
    title: `${connections.toLocaleString("en")} × ${speakers} at half of the top rate`,
    measure: "half-rate",
    halfOf: of,
    takesPart: main,
    work: (measureMs, messagesPerSecond) =>
      fanOut(connections, { kind: "one-room", speakers }, {
        pace: { kind: "open", messagesPerSecond },
        sampleEvery: 7,
      })(measureMs),
  };
}

export const CELLS: readonly Cell[] = [
  {
    name: "ceiling",
    title: "What the generator can take: a server that sends to 1,000 unasked",
    measure: "ceiling",
    rounds: 1,
    takesPart: ({ kind }) => kind === "ceiling",
    work: fanOut(1_000, { kind: "one-room", speakers: 5 }),
  },
  oneRoom(10, 5),
  oneRoom(100, 5),
  oneRoom(1_000, 5),
  oneRoom(1_000, 50),
  oneRoom(10_000, 5, main),
  {
    name: "rooms",
    title: "1,000 rooms of 10, one of each speaks",
    measure: "throughput",
    takesPart: main,
    work: fanOut(10_000, { kind: "many-rooms", members: 10 }),
  },
  {
    name: "50-rooms",
    title: "100 people in the same 50 rooms, each over one connection",
    measure: "throughput",
    takesPart: json,
    work: fanOut(150, { kind: "shared-listeners", rooms: 50 }),
  },
  {
    name: "chinese",
    title: "1,000 × 5, Chinese text",
    measure: "throughput",
    takesPart: main,
    work: fanOut(1_000, { kind: "one-room", speakers: 5 }, { alphabet: "chinese" }),
  },
  halfRate("100x5", 100, 5),
  halfRate("1000x5", 1_000, 5),
  {
    name: "idle",
    title: "one message in an idle room of 100",
    measure: "latency",
    takesPart: main,
    work: fanOut(100, { kind: "one-room", speakers: 1 }, {
      pace: { kind: "open", messagesPerSecond: 100 },
      warmUpCpuSeconds: 0,
      sampleEvery: 1,
    }),
  },
  {
    name: "gathering",
    title: "10,000 join one room and stay",
    measure: "gathering",
    rounds: 1,
    takesPart: main,
    work: (): Gathering => ({
      kind: "gathering",
      connections: 10_000,
      concurrency: 32,
      marks: [1_000, 10_000],
      settleMs: 6_000,
    }),
  },
];
