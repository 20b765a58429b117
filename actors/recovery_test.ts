import { assert, assertEquals, assertFalse } from "@std/assert";
import { RESUME_MAX } from "../protocol/limits.ts";
import { type LogRow, StoreError } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import { FakeChat, IDLE_MS } from "./fake_chat.ts";
import { GATHER_MS } from "./gathering.ts";
import { gatedCommits } from "./fake_lobby.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import { HUB_RESTART } from "./hub.ts";
import type { HubMessage } from "./hub_messages.ts";

type Hub = Ref<HubMessage>;

const [alice, bob] = [user("alice"), user("bob")];

Deno.test("one failing command gets `internal`; those around it are kept, answered and seen once", async () => {
  const { chat, hub, a, b, c } = await gatedCommits();
  chat.say(hub, a, "before");
  await chat.settle();
  chat.say(hub, a, "x", "x");
  chat.fail(hub, b, "bad");
  chat.say(hub, c, "y", "y");
  await chat.settle();
  chat.say(hub, c, "while it is down", "z");
  await chat.restart();
  assertEquals(chat.failures.map(({ actor, final }) => [actor, final]), [["hub lobby", false]]);
  const seen = ["1 before", "2 x", "3 y", "4 while it is down"];
  assertEquals(a.news(), ["sent 1", "1 before", "sent x 2", "2 x", "3 y", "4 while it is down"]);
  assertEquals(b.news(), ["1 before", "error bad internal", ...seen.slice(1)]);
  assertEquals(c.news(), ["1 before", "2 x", "sent y 3", "sent z 4", "3 y", "4 while it is down"]);
  chat.say(hub, a, "after");
  await chat.settle();
  assertEquals([b.news(), c.news()], [["5 after"], ["5 after"]]);
  await chat.close();
});

Deno.test("rows that the turn had not sent when the hub failed come after its restart, once", async () => {
  const { chat, gate, hub, a, b } = await gatedCommits();
  gate.close();
  chat.say(hub, a, "x");
  await chat.settle();
  gate.open();
  await Promise.resolve();
  // In the batch that brings the row, whichever of them comes first.
  chat.fail(hub, a);
  await chat.settle();
  chat.fail(hub, a);
  await chat.restart();
  await chat.restart();
  assertEquals(b.news(), ["1 x"]);
  await chat.close();
});

Deno.test("what was under way when the hub failed is answered by the next one", async () => {
  const { chat, gate, hub, a, b } = await gatedCommits();
  gate.close();
  chat.say(hub, a, "x", "x");
  chat.command(hub, b, { type: "read", seq: 0, id: "read" });
  await chat.settle();
  chat.fail(hub, b);
  await chat.restart();
  gate.open();
  await chat.settle();
  assertEquals(a.news(), ["sent x 1", "1 x"]);
  assertEquals(b.news().filter((line) => !line.startsWith("error")), ["ok read", "1 x"]);
  await chat.close();
});

Deno.test("a hub that fails while it finishes still finishes", async () => {
  const { chat, gate, hub, a } = await gatedCommits();
  gate.close();
  chat.say(hub, a, "x", "x");
  await chat.settle();
  hub.tell({ type: "finish" });
  await chat.settle();
  // Its commands are refused before they are looked at: only a message of another kind can fail.
  hub.tell({
    type: "filled",
    after: 0,
    get rows(): LogRow[] {
      throw new Error("told to fail");
    },
  });
  await chat.restart();
  assertEquals(chat.failures.length, 1);
  gate.open();
  await chat.settle();
  assertFalse(hub.alive, "it has forgotten that it was to finish");
  assertEquals(a.news(), ["sent x 1", "1 x"]);
  await chat.close();
});

Deno.test("a row at which the hub fails takes nobody's answer along", async () => {
  let poison = true;
  const chat = await FakeChat.open((store) => ({
    append: async (...group) => {
      const done = await store.append(...group);
      if (!poison) return done;
      poison = false;
      return done.map((each, index) => {
        if (index !== 1 || !("row" in each) || !each.row) return each;
        const row: LogRow = Object.defineProperty({ ...each.row }, "seq", {
          get() {
            // The answer reads it first, the delivery fails.
            if (new Error().stack?.includes("delivery.ts")) throw new Error("told to fail");
            return each.row?.seq;
          },
        });
        return { row, duplicate: false };
      });
    },
  }));
  const hub = await chat.hub("lobby");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  for (const content of ["x", "y", "z"]) chat.say(hub, a, content, content);
  await chat.settle();
  await chat.restart();
  assertEquals(chat.failures.length, 1);
  assertEquals(a.news(), ["sent x 1", "sent y 2", "sent z 3", "1 x", "2 y", "3 z"]);
  assertEquals(b.news(), ["1 x", "2 y", "3 z"]);
  await chat.close();
});

Deno.test("a join under way when the hub fails is answered once, and what was said behind it", async () => {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    history: async (...query) => gate.pass(await store.history(...query)),
  }));
  const hub = await chat.hub("lobby");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  chat.say(hub, a, "x");
  await chat.settle();
  a.lines();
  gate.close();
  chat.join(hub, b);
  chat.say(hub, b, "y", "y");
  await chat.settle();
  chat.fail(hub, a);
  await chat.restart();
  gate.open();
  await chat.settle();
  assertEquals(b.news(), ["joined join 1", "1 x", "sent y 2", "2 y"]);
  assertEquals(a.news(), ["error internal", "2 y"]);
  await chat.close();
});

Deno.test("who missed more than can be replayed while the hub was down comes back by itself", async () => {
  const { chat, hub, a } = await gatedCommits();
  const room = await chat.store.roomByName("lobby");
  assert(room);
  chat.fail(hub, a);
  await chat.settle();
  await chat.write(
    room.id,
    bob,
    ...Array.from({ length: RESUME_MAX + 1 }, (_, index) => `${index}`),
  );
  await chat.restart();
  assertEquals(a.overflows, 1);
  assertEquals(a.news(), ["error internal"], "a hole");
  await chat.close();
});

Deno.test("sessions that are only attached are there after a restart, too, and not joined", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", alice, bob);
  const hub = await chat.hub("team");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a);
  chat.say(hub, a, "x");
  chat.fail(hub, a);
  await chat.restart();
  chat.say(hub, a, "y");
  await chat.settle();
  assertEquals(b.news(), ["3 x", "4 y"]);
  hub.tell({ type: "gone", session: a });
  await chat.advance(2 * IDLE_MS).then(() => chat.advance(2 * IDLE_MS));
  assertFalse(hub.alive, "nobody asked for it");
  await chat.close();
});

Deno.test("who is there after a restart is counted, and told to nobody as coming", async () => {
  const { chat, hub, a, b, c } = await gatedCommits();
  chat.fail(hub, a);
  await chat.restart();
  a.lines();
  hub.tell({ type: "gone", session: c });
  await chat.restart();
  assertEquals([a.news(), b.news()], [["-carol (2)"], ["-carol (2)"]]);
  await chat.close();
});

Deno.test("who came or went and was not told of yet when the hub failed is told of after its restart", async () => {
  const { chat, hub, a, b, c } = await gatedCommits();
  hub.tell({ type: "gone", session: c });
  await chat.settle();
  const d = await chat.connect("dora");
  chat.join(hub, d, { history: 0 });
  hub.tell({ type: "gone", session: b });
  await chat.settle();
  a.lines();
  chat.fail(hub, a);
  await chat.restart();
  await chat.advance(GATHER_MS);
  assertEquals(a.news(), ["error internal", "+dora (2)", "-carol,bob (2)"]);
  await chat.close();
});

Deno.test("a hub that fails again and again is given up, and that is told", async () => {
  const { chat, hub, a } = await gatedCommits();
  for (let time = 0; time <= HUB_RESTART.most; time++) {
    chat.fail(hub, a);
    await chat.restart();
  }
  assertFalse(hub.alive);
  assertEquals(chat.givenUp, ["hub lobby"]);
  await chat.close();
});

Deno.test("when the store does not answer a hub's start, who waits is refused and it goes on later", async () => {
  let fails = true;
  const chat = await FakeChat.open((store) => ({
    room: (id) => fails ? Promise.reject(new StoreError("io", "no")) : store.room(id),
  }));
  const a = await chat.connect(alice);
  const ended = await chat.hub("lobby");
  assertFalse(ended.alive);
  const hub = (() => {
    let found: Hub | undefined;
    const key = { kind: "named", name: "lobby", canonical: "lobby" } as const;
    chat.board.tell({
      type: "route",
      key,
      create: false,
      reply(answer) {
        assert(!(answer instanceof Error));
        found = answer;
        // At once, before it has found out.
        chat.join(answer, a);
        chat.say(answer, a, "x", "x");
      },
    });
    return () => found;
  })();
  await chat.settle();
  assertEquals(hub()?.alive, false);
  assertEquals(a.news(), ["error join unavailable", "error x unavailable"]);
  assertEquals([chat.givenUp, chat.failures], [[], []]);
  fails = false;
  chat.join(await chat.hub("lobby"), a);
  await chat.settle();
  assertEquals(a.news(), ["joined join 0"]);
  await chat.close();
});

Deno.test("when the store does not answer a hub's restart, everyone there is sent to come back", async () => {
  let fails = false;
  const chat = await FakeChat.open((store) => ({
    room: (id) => fails ? Promise.reject(new StoreError("io", "no")) : store.room(id),
  }));
  const hub = await chat.hub("lobby");
  const [a, b] = [await chat.connect(alice), await chat.connect(bob)];
  await chat.enter(hub, a, b);
  fails = true;
  chat.fail(hub, a);
  await chat.restart();
  assertFalse(hub.alive);
  assertEquals([a.overflows, b.overflows, chat.givenUp], [1, 1, []]);
  await chat.close();
});
