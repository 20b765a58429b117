import type { FanOut, Layout, Pace } from "../load/scenario.ts";

/** A load on one or several nodes. Connections go to the nodes in turn; all speakers are on the first. */
export interface Cell {
  readonly name: string;
  readonly title: string;
  work(measureMs: number): FanOut;
}

const MESSAGE_BYTES = 64;

function cell(
  name: string,
  title: string,
  connections: number,
  layout: Layout,
  pace: Pace,
  sampleEvery = 1,
): Cell {
  return {
    name,
    title,
    work: (measureMs) => ({
      kind: "fan-out",
      layout,
      connections,
      pace,
      sizeBytes: MESSAGE_BYTES,
      alphabet: "ascii",
      warmUpMs: 1_500,
      warmUpCpuSeconds: pace.kind === "open" ? 0 : 1,
      measureMs,
      sampleEvery,
    }),
  };
}

const closed = (outstanding: number): Pace => ({ kind: "closed", outstanding });

export const CELLS: readonly Cell[] = [
  cell(
    "idle",
    "one message at a time in an idle room of 100, 100 a second",
    100,
    { kind: "one-room", speakers: 1 },
    { kind: "open", messagesPerSecond: 100 },
  ),
  cell(
    "publish-1",
    "one sender, who waits for each message",
    2,
    { kind: "one-room", speakers: 1 },
    closed(1),
  ),
  cell(
    "publish-50x4",
    "50 senders in 50 rooms of two, each 4 messages on the way",
    100,
    { kind: "many-rooms", members: 2 },
    closed(4),
    7,
  ),
  cell(
    "1000x5",
    "1,000 in one room, 5 speak, each 2 messages on the way",
    1_000,
    { kind: "one-room", speakers: 5 },
    closed(2),
    61,
  ),
];
