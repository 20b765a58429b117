import { assert, assertEquals } from "@std/assert";
import { agreeOnSecrets, rotateSecrets } from "../../accounts/secrets.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import type { MysqlAddress } from "../../store/mysql/connection.ts";
import type { Append, Appended, Room, Store } from "../../store/store.ts";
import {
  act,
  ALICE,
  BOB,
  contents,
  item,
  log,
  outcome,
  person,
  room,
  say,
  text,
} from "../../store/suite.ts";
import { execute, test, withServer } from "./database_server.ts";

withServer();

/** A slow machine must not cut a search short. */
const SEARCH_BUDGET_MS = 60_000;

async function nodes(
  address: MysqlAddress,
  count: number,
  run: (stores: readonly Store[]) => Promise<void>,
): Promise<void> {
  const stores: Store[] = [];
  try {
    for (let i = 0; i < count; i++) {
      stores.push(
        await openMysql({ ...address, connections: 4, searchBudgetMs: SEARCH_BUDGET_MS }),
      );
    }
    await run(stores);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

const seqOf = (result: Appended | undefined) => result && "row" in result && result.row?.seq;

test("two nodes that append to the same rooms at once give each number once", (address) =>
  nodes(address, 2, async ([one, two]) => {
    assert(one && two);
    const rooms: Room[] = [];
    for (const name of ["a", "b", "c"]) rooms.push(await room(one, { name }));
    const run = async (store: Store, node: number) => {
      for (let round = 0; round < 40; round++) {
        // Now this room first, now that one: whoever locks in the order given meets the other.
        const order = (round + node) % 2 ? rooms : rooms.toReversed();
        const batch: Append[] = order.flatMap((where) =>
          [0, 1].map((i) =>
            item(where, person(`u${node}${round % 7}`), text(`${node} ${round} ${i}`))
          )
        );
        const results = await store.append(batch, round);
        assert(results.every((result) => "row" in result && result.row && !result.duplicate));
      }
    };
    await Promise.all([run(one, 1), run(two, 2)]);
    for (const where of rooms) {
      const rows = await log(two, where);
      assertEquals(rows.map(({ seq }) => seq), Array.from({ length: 160 }, (_, i) => i + 1));
      assertEquals(await log(one, where), rows);
      for (const node of [1, 2]) {
        const mine = rows.map((row) => row.type === "message" ? row.content : "")
          .filter((content) => content.startsWith(`${node} `));
        const inOrder = Array.from({ length: 80 }, (_, i) => `${node} ${i >> 1} ${i & 1}`);
        assertEquals(mine, inOrder);
      }
    }
    while (await one.index(1_000));
    assertEquals(await one.check(false), []);
  }));

test("the same key on two nodes at once makes one message", (address) =>
  nodes(address, 2, async ([one, two]) => {
    assert(one && two);
    const lobby = await room(one);
    for (let i = 0; i < 30; i++) {
      const results = await Promise.all(
        [one, two].map((store) => act(store, lobby, ALICE, text("once", { key: `k${i}` }))),
      );
      assertEquals(results.map(seqOf), [i + 1, i + 1]);
      const duplicates = results.map((result) => "duplicate" in result && result.duplicate);
      assertEquals(duplicates.sort(), [false, true]);
    }
    assertEquals((await one.room(lobby.id))?.seq, 30);
  }));

test("the same key in two rooms at once is kept in one of them", (address) =>
  nodes(address, 2, async ([one, two]) => {
    assert(one && two);
    const lobby = await room(one);
    const other = await room(one, { name: "other" });
    for (let i = 0; i < 20; i++) {
      const key = `k${i}`;
      const outcomes = await Promise.all([
        outcome(one, lobby, ALICE, text("here", { key })),
        outcome(two, other, ALICE, text("there", { key })),
      ]);
      assertEquals(outcomes.sort(), ["conflict", "written"]);
    }
    assertEquals(await one.check(false), []);
  }));

test("a room, a direct conversation and a user come to be once, whoever is first", (address) =>
  nodes(address, 3, async (stores) => {
    const lobby = { name: "Lobby", canonical: "lobby", kind: "public" } as const;
    const made = await Promise.all(stores.map((store) => store.createRoom(lobby, 1)));
    assertEquals(made.filter((each) => "room" in each).length, 1);
    assertEquals(made.filter((each) => "refused" in each && each.refused === "conflict").length, 2);
    const direct = await Promise.all(stores.map((store) => store.openDirect(ALICE, BOB, 1)));
    assertEquals(new Set(direct.map(({ id }) => id)).size, 1);
    const names = ["ann", "amy", "zoe"].map((name) => ({ ...person(name), name: "Ann" }));
    const held = await Promise.allSettled(
      stores.map((store, i) => store.ensureUser(names[i] ?? ALICE, "ann", 1)),
    );
    assertEquals(held.filter(({ status }) => status === "fulfilled").length, 1);
    const speaker = person("speaker", true);
    const said = await Promise.all(stores.map((store, i) => say(store, direct[0]!, ALICE, `${i}`)));
    assertEquals(said.map(({ seq }) => seq).sort(), [1, 2, 3]);
    await Promise.all(stores.map((store) => store.setBlocked(speaker, ALICE, true, 1)));
    assertEquals((await execute(address, "SELECT no FROM users WHERE name = 'speaker'")).length, 1);
  }));

test("nodes that start at once agree on the keys that sign tokens", (address) =>
  nodes(address, 1, async () => {
    const stores = await Promise.all(
      [1, 2, 3].map(() => openMysql({ ...address, connections: 3 })),
    );
    try {
      const key = (i: number) => ({
        id: `key${i}`,
        secret: new Uint8Array(32).fill(i),
        createdAt: i,
      });
      await Promise.all(stores.map((store, i) => store.placeSecrets([key(i), key(i + 10)])));
      const [first, ...others] = await Promise.all(stores.map((store) => store.readSecrets()));
      assertEquals(first?.length, 2);
      for (const other of others) assertEquals(other, first);
      assertEquals(first?.[0]?.secret, new Uint8Array(32).fill(first?.[0]?.createdAt ?? 0));
    } finally {
      await Promise.all(stores.map((store) => store.close()));
    }
  }));

test("a key that is made by one node is there for the others, before those that were", (address) =>
  nodes(address, 2, async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => openMysql({ ...address, connections: 3 })),
    );
    assert(one && two);
    try {
      const [first] = await agreeOnSecrets(one, 1);
      const rotated = await rotateSecrets(one, 2, 1);
      assertEquals(rotated.slice(1), [first]);
      assertEquals(await agreeOnSecrets(two, 3), rotated);
    } finally {
      await Promise.all([one.close(), two.close()]);
    }
  }));

test("two nodes fill the search index at once, and none of it twice or not at all", (address) =>
  nodes(address, 2, async ([one, two]) => {
    assert(one && two);
    const lobby = await room(one);
    const writing = async (store: Store, node: number) => {
      for (let i = 0; i < 30; i++) {
        await store.append(
          Array.from(
            { length: 10 },
            (_, k) => item(lobby, ALICE, text(`needle ${node}-${i}-${k}`)),
          ),
          1,
        );
        await store.index(7);
        if (i % 5) continue;
        const target = i * 10 + 1;
        await act(store, lobby, ALICE, { type: "edit", target, content: `haystack ${node}-${i}` });
        await act(store, lobby, ALICE, { type: "delete", target: target + 1 });
      }
    };
    await Promise.all([writing(one, 1), writing(two, 2)]);
    for (let left = true; left;) {
      const more = await Promise.all([one.index(50), two.index(50)]);
      left = more.includes(true);
    }
    assertEquals(await two.check(false), []);
    const find = (query: string) =>
      contents(two.search({ query, user: ALICE.id, limit: 700 })).then((found) => found.length);
    const messages = (await one.history(lobby.id, { limit: 700 })).rows;
    const has = (word: string) => messages.filter(({ content }) => content.includes(word)).length;
    assertEquals([await find("needle"), await find("haystack")], [has("needle"), has("haystack")]);
    assert(has("haystack") > 0 && has("needle") > 400);
  }));

test("who is an administrator, and who blocks whom, holds on every node from the next write on", (address) =>
  nodes(address, 2, async ([one, two]) => {
    assert(one && two);
    const lobby = await room(one);
    await one.createAccount(ALICE, "alice", "hash", 1);
    const kick = { type: "kick", user: BOB } as const;
    assertEquals(await outcome(two, lobby, ALICE, kick), "forbidden");
    await one.setAdmin(ALICE.id, true);
    assertEquals(await outcome(two, lobby, ALICE, kick), "written");
    await one.setAdmin(ALICE.id, false);
    assertEquals(await outcome(two, lobby, ALICE, kick), "forbidden");

    const team = await room(two, { name: "team", kind: "group", owner: ALICE });
    const invite = { type: "invite", user: BOB } as const;
    await one.setBlocked(BOB, ALICE, true, 1);
    assertEquals([await two.blocks(BOB.id, ALICE.id), await outcome(two, team, ALICE, invite)], [
      true,
      "blocked",
    ]);
    await one.setBlocked(BOB, ALICE, false, 1);
    assertEquals(await outcome(two, team, ALICE, invite), "written");
  }));
