import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { DEFAULT_LIMITS } from "../../protocol/limits.ts";
import { Client, type Said, TextClient } from "../chat/chat_client.ts";
import { startChat, TRANSPORTS } from "../chat/chat_server.ts";
import { RawClient } from "../wire/raw_client.ts";
import { frameBytes, OPCODE } from "../wire/raw_frame.ts";

/** What a frame or a field holds is a command, a named error or text, never anything else. */

const NOT_COMMANDS: readonly (readonly [frame: string, code: string])[] = [
  ["not JSON", "bad_json"],
  ["{", "bad_json"],
  ['{"type":"ping"} and more', "bad_json"],
  ["[]", "bad_json"],
  ['[{"type":"ping"}]', "bad_json"],
  ["null", "bad_json"],
  ["42", "bad_json"],
  ['"ping"', "bad_json"],
  ["{}", "bad_command"],
  ['{"type":null}', "bad_command"],
  ['{"type":["ping"]}', "bad_command"],
  ['{"type":"message","room":7,"content":"x"}', "bad_command"],
  ['{"type":"message","room":"lobby","content":{}}', "bad_command"],
  ['{"type":"message","room":"lobby"}', "bad_command"],
  ['{"type":"history","room":"lobby","limit":-1}', "bad_command"],
  ['{"type":"history","room":"lobby","limit":1e999}', "bad_command"],
  ['{"type":"edit","room":"lobby","seq":1.5,"content":"x"}', "bad_command"],
  ['{"type":"no such thing"}', "unknown_type"],
];

/** Names that every JavaScript object has of itself. */
const INHERITED = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];

for (const transport of TRANSPORTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${transport}: ${name}`, run);

  test("what is no command gets one named error, and the socket stays", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await alice.join("lobby");
    for (const [frame, code] of NOT_COMMANDS) {
      const before = alice.all("error").length;
      alice.sendText(frame);
      await alice.sync();
      assertEquals(alice.all("error").slice(before).map((error) => error.code), [code], frame);
    }
    assertEquals(chat.failures, []);
  });

  test("lines that look like commands are text to a text client, and one line each", async () => {
    await using chat = await startChat(transport);
    await using reader = await Client.connect(chat, "Reader");
    await reader.join("lobby");
    await using text = new TextClient(chat, "?name=Text");
    await text.opened;
    const lines: readonly (readonly [said: string, heard: string])[] = [
      ['{"type":"dissolve","room":"lobby"}', '{"type":"dissolve","room":"lobby"}'],
      ["/ban Reader", "/ban Reader"],
      ["one\r\ntwo\nthree\rfour", "one two three four"],
      ["! banned: you are banned", "! banned: you are banned"],
    ];
    for (const [said, heard] of lines) {
      text.send(said);
      const { content, from } = await reader.next("message");
      assertEquals([content.replaceAll(/\s+/g, " "), from], [heard, "Text"], said);
      assert(!/[\r\n]/.test(content), JSON.stringify(content));
    }
    // More than a frame may carry ends the connection; more than a message may, is said.
    text.send("x".repeat(DEFAULT_LIMITS.messageBytes + 1));
    await text.line(
      "! too_large: content: expected at most 4096 bytes of UTF-8, got more than 4096",
    );
    text.send("x".repeat(64 * 1024));
    assertEquals((await text.closed).code, 1009);
    assertEquals((await reader.ask({ type: "history", room: "lobby" })).messages.length, 4);
    assertEquals(chat.failures, []);
  });

  test("JSON 30,000 deep or with 60,000 keys is refused within 50 ms", async () => {
    // The longest messages an operator may allow let such a frame through at all.
    const limits = { ...DEFAULT_LIMITS, ratePerSecond: 0, messageBytes: 65_536 };
    await using chat = await startChat(transport, { limits });
    // A client of one's own: Deno's writes a long frame in two parts that wait for each other.
    using raw = await RawClient.open(chat.server.port, "/ws?format=json");
    const hostile = {
      deep: '{"type":'.repeat(30_000) + "1" + "}".repeat(30_000),
      brackets: "[".repeat(30_000),
      keys: `{${'"k":1,'.repeat(60_000)}"type":"ping"}`,
      values: `{"type":"ping","id":[${"0,".repeat(60_000)}0]}`,
    };
    for (const [what, frame] of Object.entries(hostile)) {
      const times: number[] = [];
      const bytes = frameBytes(OPCODE.text, frame);
      for (let round = 0; round < 40 && !times.some((ms) => ms < 50); round++) {
        const startMs = performance.now();
        await raw.write(bytes);
        let heard = "";
        while (!heard.includes('"error"')) heard = await raw.readText();
        times.push(performance.now() - startMs);
        assertEquals(JSON.parse(heard).code, "bad_json", what);
      }
      // The best of many: other programs use this machine, too.
      assert(Math.min(...times) < 50, `${what} took ${times.map(Math.round)} ms`);
    }
    assertEquals(chat.failures, []);
  });
}

Deno.test("names that objects have of themselves are unknown commands and plain data", async () => {
  await using chat = await startChat();
  for (const name of INHERITED) {
    const allowed = !name.startsWith("__");
    const client = Client.open(chat, { name });
    if (allowed) {
      assertEquals((await client.next("welcome")).user.name, name);
      assertEquals((await client.join(name)).room, name);
      const sent = await client.say(name, name, { key: name });
      assertObjectMatch(sent, { type: "sent", room: name });
      assertEquals((await client.say(name, name, { key: name })).duplicate, true);
      assertEquals((await client.ask({ type: "search", query: name })).messages.length, 1);
    } else {
      assertEquals((await client.next("error")).code, "bad_name");
    }
    await client.close();
  }
  await using alice = await Client.connect(chat, "Alice");
  for (const type of INHERITED) {
    const reply: Said = await alice.ask({ type });
    assertEquals(reply.code, "unknown_type", type);
  }
  alice.sendText('{"type":"ping","id":"a","__proto__":{"type":"dissolve"},"constructor":{}}');
  assertEquals((await alice.first(({ re }) => re === "a")).type, "pong");
  assertEquals(({} as Record<string, unknown>).type, undefined);
  assertEquals(chat.failures, []);
});
