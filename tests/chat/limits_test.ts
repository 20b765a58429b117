import { assert, assertEquals, assertMatch, assertObjectMatch } from "@std/assert";
import { FLOOD_REFUSALS_BURST } from "../../actors/reader.ts";
import { GRACE_MS } from "../../actors/switchboard_options.ts";
import { CLOSE } from "../../protocol/errors.ts";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { Client, type Said, TextClient } from "./chat_client.ts";
import { type ChatServer, startChat, TRANSPORTS } from "./chat_server.ts";
import { HeldClock } from "./held_clock.ts";
import { StandingClock } from "./standing_clock.ts";

const RATE = 10;
const BURST = 2 * RATE;
const limits = { ...DEFAULT_LIMITS, ratePerSecond: RATE };

for (const transport of TRANSPORTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${transport}: ${name}`, run);

  test("who is too fast is told when to try again, and after that is served", async () => {
    const clock = new StandingClock();
    await using chat = await startChat(transport, { limits, clock });
    await using alice = await Client.connect(chat, "Alice");
    assertEquals(alice.welcome.limits.rate_per_second, RATE);
    const ids = Array.from({ length: BURST + 5 }, (_, index) => index);
    alice.sendText(ids.map((id) => JSON.stringify({ type: "ping", id })).join("\n"));
    const replies = await Promise.all(ids.map((id) => alice.first(({ re }) => re === id)));
    const refused = replies.filter(({ type }) => type === "error");
    assertEquals(refused.length, 5);
    for (const { code, retry_ms } of refused) {
      assertEquals(code, "rate_limited");
      assertEquals(retry_ms, 1_000 / RATE);
    }
    clock.pass(1_000 / RATE);
    assertEquals((await alice.ask({ type: "ping" })).type, "pong");
  });

  test("who does not listen is closed with 1008, and the others are served", async () => {
    await using chat = await startChat(transport, { limits, clock: new StandingClock() });
    await using bob = await Client.connect(chat, "Bob");
    await using flooder = await Client.connect(chat, "Flooder");
    for (let count = 0; count < BURST + FLOOD_REFUSALS_BURST + 100; count++) {
      flooder.send({ type: "ping" });
    }
    assertEquals((await flooder.closed).code, CLOSE.policyViolation);
    assertEquals((await bob.ask({ type: "ping" })).type, "pong");
  });

  test("a message has at most as many bytes as welcome says, the frame has its own limit", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    const { message_bytes: most, frame_bytes: frame } = alice.welcome.limits;
    assertObjectMatch(await alice.say("lobby", "é".repeat(most / 2)), { type: "sent", seq: 1 });
    const refused = await alice.say("lobby", "é".repeat(most / 2) + "x");
    assertObjectMatch(refused, { type: "error", code: "too_large" });
    // Every byte written as an escape still fits into a frame.
    const escaped = `{"type":"message","room":"lobby","content":"${"\\u0041".repeat(most)}"}`;
    alice.sendText(escaped);
    assertObjectMatch(await alice.first(({ seq, type }) => type === "message" && seq === 2), {
      content: "A".repeat(most),
    });
    alice.sendText("x".repeat(frame + 1));
    assertEquals((await alice.closed).code, CLOSE.tooBig);
  });

  test("a text client is told of its own errors in a line", async () => {
    await using chat = await startChat(transport, { limits, clock: new StandingClock() });
    await using text = new TextClient(chat, "?name=Text");
    await text.opened;
    text.send("x".repeat(5_000));
    await text.line(
      "! too_large: content: expected at most 4096 bytes of UTF-8, got more than 4096",
    );
    for (let count = 0; count < BURST + 1; count++) text.send(`m${count}`);
    await text.line("! rate_limited: too fast");
    await using other = new TextClient(chat, "?room=two%20words");
    await other.opened;
    await other.line(
      "! bad_name: expected letters and digits of any script, marks, and - _ . only",
    );
    await using taken = new TextClient(chat, "?name=TEXT");
    assertEquals((await taken.closed).code, CLOSE.nameTaken);
    assertEquals(taken.lines, ["! name_taken: TEXT is taken; choose another name"]);
  });
}

const REFUSED_NAMES = [
  ["x".repeat(33), "longer than 32 characters"],
  ["two words", "a space"],
  ["-dash", "begins with no letter"],
  ["stop.", "ends with a full stop"],
  ["admin", "reserved"],
  ["Everyone", "reserved"],
  ["guest-7f3a", "the server's own names"],
  ["Аdа", "look-alikes: Cyrillic beside Latin"],
  ["A\u202ebc", "bidirectional control"],
  ["a\u200bb", "invisible"],
  ["😀", "emoji"],
  ["q\u0301\u0302\u0303", "three marks on a letter"],
] as const;

Deno.test("names that mislead are refused at the door, with 4003 or 1008 and the reason", async () => {
  await using chat = await startChat();
  for (const [name, why] of REFUSED_NAMES) {
    const client = Client.open(chat, { name });
    const error = await client.next("error");
    assertEquals(error.code, "bad_name", `${JSON.stringify(name)}: ${why}`);
    assertEquals((await client.closed).code, CLOSE.policyViolation);
  }
  await using ada = await Client.connect(chat, "Ada");
  for (const [same, code] of [["ＡＤＡ", "name_taken"], ["ada", "name_taken"]] as const) {
    const client = Client.open(chat, { name: same });
    assertEquals((await client.next("error")).code, code);
    assertEquals((await client.closed).code, CLOSE.nameTaken);
  }
  for (const name of ["さくらTokyo", "Zoë", "Иван", "x".repeat(32), "o_k-1.2"]) {
    await using client = await Client.connect(chat, name);
    assertEquals(client.name, name);
  }
  assertEquals(ada.name, "Ada");
});

Deno.test("a room's name is the same in every spelling, and shown as its maker wrote it", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  assertEquals((await alice.join("Tea-Room")).room, "Tea-Room");
  for (const spelling of ["#tea-room", "ＴＥＡ-room", " Tea-Room "]) {
    assertEquals((await alice.join(spelling)).room, "Tea-Room");
  }
  for (const name of ["two words", "#", "@", "x".repeat(65), "stop."]) {
    assertObjectMatch(await alice.join(name), { type: "error", code: "bad_name" });
  }
  await alice.sync();
  const { rooms } = await alice.ask({ type: "rooms" });
  assertEquals(rooms.map(({ room }: Said) => room), ["Tea-Room"]);
});

Deno.test("a guest costs the store nothing until it speaks", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  await alice.join("lobby");
  await alice.say("lobby", "look around");
  {
    const guests = await Promise.all(
      Array.from(
        { length: 20 },
        (_, index) => Client.connect(chat, index < 10 ? `Guest${index}` : {}),
      ),
    );
    for (const guest of guests) {
      await guest.join("lobby");
      await guest.ask({ type: "history", room: "lobby" });
      await guest.ask({ type: "search", query: "look" });
      await guest.ask({ type: "rooms" });
      await guest.ask({ type: "unread" });
      await guest.ask({ type: "members", room: "lobby" });
      await guest.ask({ type: "typing", room: "lobby" });
      assertEquals(await chat.store.userById(userId(guest)), undefined);
    }
    await guests[0]?.say("lobby", "hello");
    const [spoke, silent] = guests as [Client, Client];
    assertObjectMatch(await chat.store.userById(userId(spoke)) ?? {}, { name: "Guest0" });
    assertEquals(await chat.store.userById(userId(silent)), undefined);
    await Promise.all(guests.map((guest) => guest.close()));
  }
  // A direct message refers to its receiver, so that one is kept as well.
  await using silent = await Client.connect(chat, "Silent");
  await alice.say("@Silent", "you there?");
  assertObjectMatch(await chat.store.userById(userId(silent)) ?? {}, { name: "Silent" });
});

Deno.test("an unnamed guest gets a name that nobody can choose, and comes back by its token", async () => {
  await using chat = await startChat();
  const guest = await Client.connect(chat);
  assertMatch(guest.name, /^guest-[0-9a-f]{4,12}$/);
  await guest.close();
  await using again = await Client.connect(chat, { token: guest.welcome.token });
  assertEquals(again.name, guest.name);
});

Deno.test("a guest's name is free again after its grace, unless a conversation keeps it", async () => {
  const clock = new HeldClock(GRACE_MS);
  await using chat = await startChat("native", { clock });
  let keeperId = "";
  {
    await using _alice = await Client.connect(chat, "Alice");
    await using bob = await Client.connect(chat, "Bob");
    await using keeper = await Client.connect(chat, "Keeper");
    await bob.join("lobby");
    await bob.say("lobby", "a public room keeps no name");
    await keeper.say("@Alice", "but this does");
    keeperId = userId(keeper);
  }
  await clock.holds(3);
  const within = Client.open(chat, { name: "Bob" });
  assertEquals((await within.next("error")).code, "name_taken");
  await within.closed;
  const goneMs = Date.now();
  clock.runOff();
  await using bob = await once(chat, "Bob");
  assertEquals(bob.welcome.rooms, []);
  for (const name of ["Alice", "Keeper"]) {
    const client = Client.open(chat, { name });
    assertEquals((await client.next("error")).code, "name_taken");
    await client.closed;
  }
  // Its idle days begin when it went, not when it first came.
  const keeper = await chat.store.userById(keeperId);
  assert(keeper !== undefined && keeper.seenAt >= goneMs);
});

Deno.test("a guest that comes back to find its name taken is told so", async () => {
  const clock = new HeldClock(GRACE_MS);
  await using chat = await startChat("native", { clock });
  const first = await Client.connect(chat, "Ada");
  await first.close();
  await clock.holds(1);
  clock.runOff();
  await using _second = await once(chat, "Ada");
  const back = Client.open(chat, { token: first.welcome.token });
  assertEquals((await back.next("error")).code, "name_taken");
  assertEquals((await back.closed).code, CLOSE.nameTaken);
});

/** Comes in under a name that is about to be free. */
async function once(chat: ChatServer, name: string): Promise<Client> {
  for (;;) {
    const client = Client.open(chat, { name });
    const { type } = await client.first(({ type }) => type === "welcome" || type === "error");
    if (type === "welcome") return client;
    await client.closed;
  }
}

/** A guest's token carries who it is: a JWS, its claims in the middle. */
function userId({ welcome }: Client): string {
  const [, claims = ""] = welcome.token.split(".");
  const base64 = claims.replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))))
    .sub;
}
