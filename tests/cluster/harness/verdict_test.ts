import { assert, assertEquals } from "@std/assert";
import type { LogEvent, WireMessage } from "../../../protocol/events.ts";
import type { History, Noted, Testimony } from "./testimony.ts";
import { contentFor } from "./room_log.ts";
import { verdict } from "./verdict.ts";

/** An oracle that never fails is worthless: each fault is planted into a world where all is well. */

const ROOM = "r1";
const message = (seq: number, from: string, key: string): WireMessage => ({
  type: "message",
  room: ROOM,
  seq,
  from,
  content: contentFor(key),
  at: 1000 + seq,
  key,
});
const LOG: LogEvent[] = [
  message(1, "ann", "a1"),
  message(2, "bob", "b1"),
  message(3, "ann", "a2"),
  { type: "edited", room: ROOM, seq: 4, target: 2, content: "better", from: "bob", at: 1004 },
  { type: "deleted", room: ROOM, seq: 5, target: 1, from: "ann", at: 1005 },
  { type: "reacted", room: ROOM, seq: 6, target: 2, emoji: "👍", on: true, from: "ann", at: 1006 },
];
const noted = (key: string, seq: number, more: Partial<Noted> = {}): Noted => ({
  ...{ room: ROOM, key, content: contentFor(key), seq },
  ...{ after: seq - 1, connection: 1, turn: seq, tries: 1 },
  ...more,
});

interface World {
  ann: Testimony;
  bob: Testimony;
  history: History;
}

function well(): World {
  const testimony = (name: string, kept: Noted[]): Testimony => ({
    name,
    heard: new Map([[ROOM, LOG]]),
    jumps: new Map(),
    present: new Set([ROOM]),
    noted: kept,
    changed: name === "bob" ? [{ room: ROOM, seq: 4, type: "edited", target: 2 }] : [],
    complaints: [],
  });
  return {
    ann: testimony("ann", [noted("a1", 1), noted("a2", 3)]),
    bob: testimony("bob", [noted("b1", 2)]),
    history: {
      source: "on a",
      room: ROOM,
      messages: [
        { ...message(1, "ann", "a1"), content: "", deleted: 1005 },
        {
          ...message(2, "bob", "b1"),
          content: "better",
          edited: 1004,
          reactions: { "👍": ["ann"] },
        },
        message(3, "ann", "a2"),
      ],
    },
  };
}

const judge = ({ ann, bob, history }: World) => verdict([ann, bob], [history]);
const bobHears = (world: World, heard: LogEvent[]): World => ({
  ...world,
  bob: { ...world.bob, heard: new Map([[ROOM, heard]]) },
});
const annNotes = (world: World, ...kept: Noted[]): World => ({
  ...world,
  ann: { ...world.ann, noted: kept },
});
const historyIs = (world: World, messages: readonly WireMessage[]): World => ({
  ...world,
  history: { ...world.history, messages },
});

Deno.test("nothing is found where all is well", () => assertEquals(judge(well()), []));

const FAULTS: Record<string, (world: World) => World> = {
  "an event that one did not hear": (world) => bobHears(world, LOG.filter(({ seq }) => seq !== 3)),
  "the last event that one did not hear": (world) => bobHears(world, LOG.slice(0, -1)),
  "an event that one heard twice": (world) => bobHears(world, [...LOG, LOG[5]!]),
  "two events that came to one the other way round": (world) =>
    bobHears(world, [LOG[0]!, LOG[2]!, LOG[1]!, ...LOG.slice(3)]),
  "another event under the same number": (world) =>
    bobHears(world, [message(1, "bob", "b0"), ...LOG.slice(1)]),
  "another time of the same event": (world) =>
    bobHears(world, [{ ...LOG[0]!, at: 7 }, ...LOG.slice(1)]),
  "an acknowledged message that nobody heard": (world) =>
    annNotes(world, noted("a1", 1), noted("a9", 9)),
  "an acknowledged message under another's number": (world) => annNotes(world, noted("a1", 2)),
  "an acknowledged deletion that is not there": (world) => ({
    ...world,
    ann: { ...world.ann, changed: [{ room: ROOM, seq: 9, type: "deleted", target: 3 }] },
  }),
  "a message that came before what its sender knew": (world) =>
    annNotes(world, noted("a1", 1), noted("a2", 3, { after: 4 })),
  "messages of one connection in another order": (world) =>
    annNotes(world, noted("a1", 1, { turn: 2 }), noted("a2", 3, { turn: 1 })),
  "a retry that made a second message": (world) => {
    const doubled = [...LOG, message(7, "ann", "a2")];
    const history = [...world.history.messages, message(7, "ann", "a2")];
    const heard = new Map([[ROOM, doubled]]);
    const both = { ann: { ...world.ann, heard }, bob: { ...world.bob, heard } };
    return historyIs({ ...world, ...both }, history);
  },
  "a history that lacks a message": (world) => historyIs(world, world.history.messages.slice(1)),
  "a history with a message that nobody heard": (world) =>
    historyIs(world, [...world.history.messages, message(7, "ann", "a3")]),
  "a history without the edit": (world) =>
    historyIs(world, world.history.messages.with(1, message(2, "bob", "b1"))),
  "a history without the deletion": (world) =>
    historyIs(world, world.history.messages.with(0, message(1, "ann", "a1"))),
  "what a participant complained of": (world) => ({
    ...world,
    ann: { ...world.ann, complaints: ["no answer to message in 15 s"] },
  }),
};

for (const [fault, plant] of Object.entries(FAULTS)) {
  Deno.test(`the verdict finds ${fault}`, () => assert(judge(plant(well())).length > 0));
}

Deno.test("a message that was retried may come later than what was said after it", () => {
  const retried = noted("a1", 1, { turn: 2, tries: 2 });
  assertEquals(judge(annNotes(well(), retried, noted("a2", 3, { turn: 1 }))), []);
});

Deno.test("a resumption that the server said begins later is no gap", () => {
  const world = bobHears(well(), LOG.slice(2));
  assert(judge(world).length > 0);
  const jumps = new Map([[ROOM, new Set([3])]]);
  assertEquals(judge({ ...world, bob: { ...world.bob, jumps } }), []);
});
