import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { WRITER_MAX_CHARS } from "../../actors/outbox.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { Client, HERE, TextClient } from "./chat_client.ts";
import { startChat, TRANSPORTS } from "./chat_server.ts";

for (const transport of TRANSPORTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${transport}: ${name}`, run);

  test("two people meet in a room and talk", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    assertObjectMatch(alice.welcome, {
      user: { name: "Alice", guest: true },
      server: { name: "hubbub" },
      rooms: [],
    });
    const joined = await alice.join("lobby");
    assertObjectMatch(joined, { type: "joined", room: "lobby", kind: "public", seq: 0, count: 1 });
    assertEquals(joined.members, [{ name: "Alice", role: "member", online: true }]);

    await using bob = await Client.connect(chat, "Bob");
    assertObjectMatch(await bob.join("lobby"), { count: 2 });
    assertObjectMatch(await alice.next("joined", ({ users }) => users), {
      room: "lobby",
      users: ["Bob"],
      count: 2,
    });

    const sent = await bob.say("lobby", "hello", { key: "k1" });
    assertObjectMatch(sent, { type: "sent", room: "lobby", seq: 1 });
    for (const client of [alice, bob]) {
      assertEquals(await client.next("message"), {
        type: "message",
        room: "lobby",
        seq: 1,
        from: "Bob",
        content: "hello",
        at: sent.at,
        key: "k1",
      });
    }
    assertEquals(await bob.ask({ type: "leave", room: "lobby" }), {
      type: "left",
      room: "lobby",
      re: "c3",
    });
    assertObjectMatch(await alice.next("left"), { users: ["Bob"], count: 1 });
    assertEquals(chat.failures, []);
  });

  test("a retry with the same key makes no second message", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    const first = await alice.say("lobby", "once", { key: "same" });
    const again = await alice.say("lobby", "once", { key: "same" });
    assertEquals({ ...again, re: 0 }, { ...first, re: 0, duplicate: true });
    await alice.sync();
    assertEquals(alice.all("message").length, 1);
  });

  test("who missed more than may wait gets all of it, of every room it asks for at once", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    const rooms = ["one", "two"];
    const content = "x".repeat(DEFAULT_LIMITS.messageBytes);
    const atOnce = 6;
    const missed = 600;
    assert(missed * content.length > WRITER_MAX_CHARS);
    for (const room of rooms) {
      await alice.join(room);
      for (let said = 0; said < missed; said += atOnce) {
        const command = JSON.stringify({ type: "message", room, content, id: `${room} ${said}` });
        alice.sendText(Array(atOnce).fill(command).join("\n"));
        await alice.first(({ re }) => re === `${room} ${said}`);
        alice.forget();
      }
    }
    await using bob = await Client.connect(chat, "Bob");
    bob.sendText(
      rooms.map((room) => JSON.stringify({ type: "join", room, since: 0 })).join("\n"),
    );
    for (const room of rooms) {
      await bob.first((event) => event.room === room && event.seq === missed && event.content);
    }
    assertEquals(
      rooms.map((room) => bob.all("message").filter((event) => event.room === room))
        .map((events) => events.map(({ seq }) => seq)),
      rooms.map(() => Array.from({ length: missed }, (_, index) => index + 1)),
    );
    assertEquals(chat.failures, []);
  });

  test("who comes back with since gets what it missed, once, in order, then live", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    for (let count = 1; count <= 5; count++) await alice.say("lobby", `m${count}`);
    await using bob = await Client.connect(chat, "Bob");
    const joined = await bob.join("lobby", { since: 2 });
    assertEquals([joined.seq, joined.first], [5, undefined]);
    await alice.say("lobby", "m6");
    await bob.first(({ seq, type }) => type === "message" && seq === 6);
    assertEquals(bob.all("message").map(({ seq }) => seq), [3, 4, 5, 6]);
  });

  test("a resume from too far back says where it begins", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    for (let count = 1; count < 1_010; count++) {
      alice.send({ type: "message", room: "lobby", content: "x" });
    }
    await alice.say("lobby", "last");
    await using bob = await Client.connect(chat, "Bob");
    const joined = await bob.join("lobby", { since: 0 });
    assertEquals(joined.first, 11);
    await bob.first(({ seq, type }) => type === "message" && seq === 1_010);
    assertEquals(
      bob.all("message").map(({ seq }) => seq),
      Array.from({ length: 1_000 }, (_, i) => i + 11),
    );
  });

  test("a join without since replays the last messages, as many as asked for", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    for (let count = 1; count <= 60; count++) await alice.say("lobby", `m${count}`);
    for (const [history, expected] of [[undefined, 50], [3, 3], [0, 0]] as const) {
      await using bob = await Client.connect(chat);
      await bob.join("lobby", history === undefined ? {} : { history });
      await bob.sync();
      assertEquals(bob.all("message").length, expected);
      if (expected > 0) assertEquals(bob.all("message").at(-1)?.seq, 60);
    }
  });

  test("history pages backwards and forwards, in ascending order", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    for (let count = 1; count <= 25; count++) await alice.say("lobby", `m${count}`);
    const seqs = async (query: Record<string, unknown>) => {
      const page = await alice.ask({ type: "history", room: "lobby", ...query });
      assertEquals(page.type, "history");
      return [page.messages.map(({ seq }: { seq: number }) => seq), page.more];
    };
    const from = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index);
    assertEquals(await seqs({}), [from(16, 25), true]);
    assertEquals(await seqs({ before: 16, limit: 20 }), [from(1, 15), false]);
    assertEquals(await seqs({ after: 20 }), [from(21, 25), false]);
    assertEquals(await seqs({ after: 5, limit: 3 }), [[6, 7, 8], true]);
    assertEquals(await seqs({ until: 1 }), [[], false]);
  });

  test("members and rooms tell who is where", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await using bob = await Client.connect(chat, "Bob");
    await alice.join("lobby");
    await bob.join("lobby");
    await bob.join("team-x");
    const { members, count } = await alice.ask({ type: "members", room: "lobby" });
    assertEquals(members.map(({ name }: { name: string }) => name).sort(), ["Alice", "Bob"]);
    assertEquals(count, 2);
    await alice.first(({ type, users }) => type === "joined" && users?.includes("Bob"));
    const { rooms } = await alice.ask({ type: "rooms" });
    assertEquals(rooms.map(({ room }: { room: string }) => room).sort(), ["lobby", "team-x"]);
  });

  test("typing is shown to the others and not to oneself", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await using bob = await Client.connect(chat, "Bob");
    await alice.join("lobby");
    await bob.join("lobby");
    alice.send({ type: "typing", room: "lobby" });
    assertEquals(await bob.next("typing"), { type: "typing", room: "lobby", from: "Alice" });
    await alice.sync();
    assertEquals(alice.all("typing"), []);
  });

  test("every device of a user sees the same room, and is one person there", async () => {
    await using chat = await startChat(transport);
    await using phone = await Client.connect(chat, "Alice");
    await phone.join("lobby");
    await using laptop = await Client.connect(chat, { token: phone.welcome.token });
    assertEquals(laptop.name, "Alice");
    assertObjectMatch(await laptop.join("lobby"), { count: 1 });
    await laptop.say("lobby", "from the laptop");
    assertObjectMatch(await phone.next("message"), { from: "Alice", content: "from the laptop" });
  });

  test("the chat example's page talks in bare lines", async () => {
    await using chat = await startChat(transport);
    await using one = new TextClient(chat);
    await using two = new TextClient(chat);
    await Promise.all([one.isIn(), two.isIn()]);
    one.send("  hello\nworld  ");
    one.send("   ");
    one.send('{"type":"leave","room":"lobby"}');
    for (const client of [one, two]) {
      await client.line('{"type":"leave","room":"lobby"}');
      assertEquals(client.lines.filter((line) => line !== HERE), [
        "hello world",
        '{"type":"leave","room":"lobby"}',
      ]);
    }
  });

  test("a text client with a name is shown by it, with its coming and going", async () => {
    await using chat = await startChat(transport);
    await using bob = new TextClient(chat, "?name=Bob");
    await bob.isIn(`Bob: ${HERE}`);
    {
      await using alice = new TextClient(chat, "?name=Alice");
      await bob.line("* Alice joined");
      alice.send("hello");
      await bob.line("Alice: hello");
    }
    await bob.line("* Alice left");
    await using late = new TextClient(chat, "?name=Late&history=1");
    await late.line("Alice: hello");
  });

  test("text and JSON clients meet in the same room", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, { name: "Alice", room: "lobby" });
    await alice.next("joined");
    await using text = new TextClient(chat);
    await text.opened;
    text.send("from text");
    const message = await alice.next("message");
    assertEquals(message.content, "from text");
    assert(/^guest-[0-9a-f]+$/.test(message.from), message.from);
    await alice.say("lobby", "two\nlines");
    await text.line("two lines");
  });

  test("several commands in one frame are answered one by one", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    alice.sendText('{"type":"ping","id":1}\n{"type":"nonsense","id":2}\n{"type":"ping","id":"3"}');
    const replies = [1, 2, "3"].map((id) => alice.first(({ re }) => re === id));
    assertEquals((await Promise.all(replies)).map(({ type }) => type), ["pong", "error", "pong"]);
  });

  test("a name that is online is taken, in any spelling of it", async () => {
    await using chat = await startChat(transport);
    await using _alice = await Client.connect(chat, "Alice");
    const other = Client.open(chat, { name: "ALICE" });
    assertObjectMatch(await other.next("error"), { code: "name_taken" });
    assertEquals((await other.closed).code, 4003);
  });

  test("a token that is not ours is refused with 4001", async () => {
    await using chat = await startChat(transport);
    const client = Client.open(chat, { token: "not.a.token" });
    assertObjectMatch(await client.next("error"), { code: "unauthorized" });
    assertEquals((await client.closed).code, 4001);
  });

  test("a stopping server says goodbye with 1001 and keeps what it acknowledged", async () => {
    const chat = await startChat(transport);
    const alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    await alice.say("lobby", "kept");
    await chat.server.stop(4_000);
    assertEquals((await alice.closed).code, 1001);
    assertEquals(chat.failures, []);
  });
}
