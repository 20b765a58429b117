import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Client } from "../../chat/chat_client.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { startProcess } from "../../chat/server_process.ts";
import { RawClient } from "../../wire/raw_client.ts";
import { closePayload, OPCODE } from "../../wire/raw_frame.ts";
import { rest } from "../rest.ts";

/** What the program says when it has stopped by itself. Its deadline ends it without a word. */
const STOPPED = 'msg="server stopped"';

for (const transport of TRANSPORTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${transport}: ${name}`, run);
  const args = ["--store", "memory:", "--transport", transport];

  test("SIGTERM with peers that are stuck tells the others 1001 and ends within its deadline", async () => {
    await using server = await startProcess([...args, "--rate", "0"]);
    const port = Number(new URL(server.http).port);
    await using talker = await Client.connect(server, "Talker");
    await talker.join("lobby");
    // One that does not read and has much to read; one that answers no close; half a request.
    using deaf = await RawClient.open(port, "/ws?name=Deaf");
    using mute = await RawClient.open(port, "/ws?name=Mute");
    for (let count = 0; count < 25; count++) {
      const long = Array.from({ length: 20 }, () => talker.say("lobby", "x".repeat(4_000)));
      for (const sent of await Promise.all(long)) assertEquals(sent.type, "sent");
    }
    using half = await RawClient.connect(port);
    await half.write(
      "POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
    );
    assertEquals((await talker.ask({ type: "ping" })).type, "pong");
    const stopped = server.stop();
    const close = await talker.closed;
    assertEquals(close.code, 1001);
    assertEquals(await stopped, 0);
    assertStringIncludes(server.errors(), STOPPED);
    assertEquals((await mute.readClose()).code, 1001);
    deaf.destroy();
  });

  test("no token, password, ticket or message is in the log, and hostile fields are clean lines", async () => {
    await using server = await startProcess([...args, "--log-level", "debug"]);
    const port = Number(new URL(server.http).port);
    const password = "correct horse";
    const { json } = await rest(server, "/api/accounts", { body: { name: "Alice", password } });
    const token = json.token as string;
    const { ticket } = (await rest(server, "/api/tickets", { token, body: {} })).json;
    const secrets = [password, token, ticket as string, "what was said", "%1b[31m", "wrong horse"];
    {
      await using alice = await Client.connect(server, { token });
      await alice.join("lobby");
      assertEquals((await alice.say("lobby", "what was said")).type, "sent");
    }
    await rest(server, "/api/sessions", { body: { name: "Alice", password: "wrong horse" } });
    // Over a connection of one's own: fetch would not send these.
    for (
      const [path, headers] of [
        [`/ws?ticket=${ticket}`, {}],
        [`/ws?token=${token}`, {}],
        [`/ws?name=a%1b[31m%0Ab`, {}],
        [`/ws?room=${encodeURIComponent("\u202e\u001b[2J\r\nfake line")}`, {}],
        ["/ws", { "Sec-WebSocket-Protocol": `hubbub.json, bearer.${token}x` }],
        ["/ws", { Cookie: `hubbub=${token}x` }],
        ["/ws", { Authorization: `Bearer ${token}x` }],
        ["/ws", { Origin: "https://evil.example/\u001b[31m" }],
      ] as const
    ) {
      using raw = await RawClient.connect(port);
      await raw.handshake(path, headers).catch(() => {});
      await raw.send(OPCODE.close, closePayload(1000)).catch(() => {});
      await raw.readToEnd();
    }
    assertEquals(await server.stop(), 0);
    const log = server.errors();
    assert(log.split("\n").length > 5, log);
    for (const secret of secrets) assert(!log.includes(secret), `${secret} is in ${log}`);
    // deno-lint-ignore no-control-regex -- what must not be there
    assert(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/.test(log), log);
    for (const line of log.trimEnd().split("\n")) assert(!/^fake|^b/.test(line), line);
  });
}
