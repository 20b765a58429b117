import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { Client, type Said } from "../chat/chat_client.ts";
import { startChat, TRANSPORTS } from "../chat/chat_server.ts";
import { rest } from "./rest.ts";

/** What people write: kept to the byte, whatever it would be elsewhere. */
const KEPT = [
  "😀👩‍👩‍👧‍👦🏳️‍🌈",
  "e\u0301 is not é",
  "\ufeffwith a byte order mark",
  "\u202eright to left\u202c",
  "a\u200bb\u2060c",
  "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349",
  "tab\tand\nnewline",
  "\u0001\u001b[31m\u007f",
  "\uffff\u{10ffff}",
  `</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&amp;`,
  "javascript:alert(1) data:text/html,<script>1</script>",
  "\u2028\u2029",
  "%s %n {{7*7}} ${7*7} '; DROP TABLE message; --",
];

const REFUSED = ["a\u0000b", "\u0000", "\ud83d", "\ude00x", "a\udc00\ud800"];

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: every text is kept to the byte, or refused`, async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await using bob = await Client.connect(chat, "Bob");
    const { token } = alice.welcome;
    const path = "/api/rooms/lobby/messages";
    for (const client of [alice, bob]) await client.join("lobby");
    for (const content of KEPT) {
      assertEquals((await alice.say("lobby", content)).type, "sent", JSON.stringify(content));
      assertEquals((await rest(chat, path, { token, body: { content } })).status, 201);
    }
    for (const content of REFUSED) {
      // As an escape: JSON.stringify writes these so, and so does any client.
      const over = await alice.say("lobby", content);
      assertObjectMatch(over, { type: "error", code: "bad_command" });
      const { status, json } = await rest(chat, path, { token, body: { content } });
      assertEquals([status, json.code], [400, "bad_command"], JSON.stringify(content));
      for (const field of ["room", "key"]) {
        const named = { type: "message", room: "lobby", content: "x", [field]: content };
        assertEquals((await alice.ask(named)).type, "error", field);
      }
    }
    await bob.sync();
    const expected = KEPT.flatMap((content) => [content, content]);
    const contents = (messages: Said[]) => messages.map(({ content }) => content);
    assertEquals(contents(bob.all("message")), expected);
    const page = await bob.ask({ type: "history", room: "lobby", limit: 200 });
    assertEquals(contents(page.messages), expected);
    const answer = await rest(chat, `${path}?limit=200`, { token });
    assertEquals(contents(answer.json.messages), expected);
    // What came as text is never given out as a page.
    assertEquals(answer.headers.get("content-type"), "application/json");
    assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
    assertEquals(chat.failures, []);
  });
}

/** Markup, controls, invisible and deceiving characters. */
const NAMES = [
  "<script>alert(1)</script>",
  "<img/src=x>",
  'a"onmouseover="x',
  "a&lt;b",
  "a\u202eb",
  "a\u2066b",
  "a\u200db",
  "a\u200bb",
  "a\u00adb",
  "a\ufe0fb",
  "\u3164",
  "q\u0301\u0302\u0303\u0304",
  "\u0430dmin\u0131x\u0445y",
  "a\u0000b",
  "a\nb",
  "a\u001b[31mb",
  "a b",
  "a/b",
  "..",
];

Deno.test("names with markup, controls, bidi, zero-width, stacked or mixed letters are bad_name everywhere", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  for (const name of NAMES) {
    const what = JSON.stringify(name);
    const guest = Client.open(chat, { name });
    assertEquals((await guest.next("error")).code, "bad_name", what);
    await guest.close();
    const over = await rest(chat, "/api/guests", { body: { name } });
    assert(["bad_name", "bad_command"].includes(over.json.code), `${what}: ${over.json.code}`);
  }
  // A room's name may mix scripts; nobody is taken for somebody else by it.
  for (const room of NAMES.filter((name) => !/[а-я]/.test(name))) {
    const what = JSON.stringify(room);
    for (const type of ["join", "create"]) {
      const reply = await alice.ask({ type, room, ...type === "create" && { kind: "public" } });
      assert(["bad_name", "bad_command"].includes(reply.code), `${type} ${what}: ${reply.code}`);
    }
  }
  assertEquals((await alice.ask({ type: "rooms" })).rooms, []);
  assertEquals(chat.failures, []);
});

Deno.test("look-alikes of a name that is online are that name", async () => {
  await using chat = await startChat();
  await using alice = await Client.connect(chat, "Alice");
  // Full width, upper case, and Cyrillic letters that look Latin all through.
  for (const name of ["ＡＬＩＣＥ", "aLiCe", "Alice"]) {
    const other = Client.open(chat, { name });
    assertEquals((await other.next("error")).code, "name_taken", name);
    await other.close();
  }
  await using copa = await Client.connect(chat, "cop");
  const cyrillic = Client.open(chat, { name: "сор" });
  assertEquals((await cyrillic.next("error")).code, "name_taken");
  await cyrillic.close();
  assertEquals([alice.name, copa.name], ["Alice", "cop"]);
});
