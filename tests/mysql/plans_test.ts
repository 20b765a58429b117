import { assertEquals } from "@std/assert";
import { BlocksAhead } from "../../store/mysql/ahead/blocks.ts";
import { MessagesAhead } from "../../store/mysql/ahead/messages.ts";
import { PeopleAhead } from "../../store/mysql/ahead/people.ts";
import { ReactionsAhead } from "../../store/mysql/ahead/reactions.ts";
import { RoomsAhead } from "../../store/mysql/ahead/rooms.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import type { UserRef } from "../../store/store.ts";
import { execute, test, withServer } from "./database_server.ts";

// The server plans by statistics of before the tables were filled, as after a quick growth.
withServer(["--innodb-stats-auto-recalc=0"]);

const USERS = 300;
const ROUNDS = 5;
const ROOMS = 100;
/** A row for each table; of itself MySQL 9 answers a tree. */
const EXPLAIN = "EXPLAIN FORMAT = TRADITIONAL";

test("what a commit asks begins with the messages, however many people wrote", async (address) => {
  const store = await openMysql({ ...address, connections: 4 });
  try {
    const made = await store.createRoom({ name: "r", canonical: "r", kind: "public" }, 1);
    if ("refused" in made) throw new Error(made.message);
    const room = made.room.id;
    for (let round = 0; round < ROUNDS; round++) {
      await store.append(
        Array.from({ length: USERS }, (_, index) => ({
          room,
          by: somebody(index),
          op: { type: "message", content: "x", key: `${round}:${index}` },
        })),
        1,
      );
    }
  } finally {
    await store.close();
  }
  const numbers = await execute(address, "SELECT no FROM users");
  const wanted = {
    named: new Map([[1, new Set([1, 2, 3])]]),
    reactedTo: new Map([[1, new Set([1, 2, 3])]]),
    keys: new Map(numbers.map(({ no }) => [Number(no), new Set([`new:${no}`])])),
  };
  const questions = new MessagesAhead(wanted, new BlocksAhead(new Map(), 0, []), new Map());
  const duplicates = new ReactionsAhead().askByKey(wanted.keys);
  const plans: unknown[] = [];
  for (const { text } of [...questions.ask(), duplicates]) {
    const [first] = await execute(address, `${EXPLAIN} ${text}`);
    plans.push([first?.["table"], first?.["type"], first?.["key"]]);
  }
  assertEquals(plans, [
    ["m", "range", "PRIMARY"],
    ["m", "range", "messages_key"],
    ["x", "range", "PRIMARY"],
    ["m", "range", "messages_key"],
  ]);
});

test("a commit locks the rooms it writes to by their numbers, however many they are", async (address) => {
  const store = await openMysql({ ...address, connections: 4 });
  const ids: number[] = [];
  try {
    for (let index = 0; index < ROOMS; index++) {
      const name = `r-${index}`;
      const made = await store.createRoom({ name, canonical: name, kind: "public" }, 1);
      if ("refused" in made) throw new Error(made.message);
      ids.push(made.room.id);
    }
  } finally {
    await store.close();
  }
  // Nearly all: so that reading all would be cheaper, but locks of others would be waited for.
  const wanted = ids.slice(0, -2);
  const rooms = new RoomsAhead(new Set(wanted));
  for (const id of wanted) {
    const head = { seq: 2, messages: 1, savedSeq: 1, dissolved: false, between: undefined };
    rooms.saveHead({ id, kind: "public", ...head });
  }
  const people = new PeopleAhead(new Map(wanted.map((id) => [id, new Set([1, 2])])), new Map());
  const plans: unknown[] = [];
  for (const { text } of [...rooms.ask(), ...rooms.writes(), ...people.ask()]) {
    const [first] = await execute(address, `${EXPLAIN} ${text}`);
    plans.push([first?.["table"], first?.["type"], first?.["key"]]);
  }
  assertEquals(plans, [
    ["rooms", "range", "PRIMARY"],
    ["rooms", "range", "PRIMARY"],
    ["people", "range", "PRIMARY"],
  ]);
});

function somebody(index: number): UserRef {
  return { id: `user-${index}`, name: `user-${index}`, guest: true };
}
