import { assert, assertEquals } from "@std/assert";
import { makeSecrets, secretsInMemory } from "../../accounts/secrets.ts";
import { Tokens } from "../../accounts/tokens.ts";
import { CLOSE } from "../../protocol/errors.ts";
import { Client } from "../chat/chat_client.ts";
import { startChat, TRANSPORTS } from "../chat/chat_server.ts";
import { account } from "./administrator.ts";

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: a connection ends with 4001 when its session's time is over, others stay`, async () => {
    const secrets = makeSecrets(Date.now());
    await using chat = await startChat(transport, { secrets: secretsInMemory(secrets) });
    const { token } = await account(chat, "Alice");
    const user = await chat.store.userByName("alice");
    assert(user);
    const createdAt = Date.now();
    const expiresAt = createdAt + 700;
    await chat.store.createSession({ id: "short", user: user.id, createdAt, expiresAt });
    const tokens = await Tokens.create(secrets, { now: () => Date.now() });
    const ref = { id: user.id, name: user.name, guest: false };
    const short = await tokens.sign({ user: ref, sessionId: "short" });
    await using stays = await Client.connect(chat, { token });
    await using goes = await Client.connect(chat, { token: short });
    assertEquals((await goes.closed).code, CLOSE.unauthorized);
    assert(Date.now() >= expiresAt, "it ended before its time");
    assertEquals((await stays.ask({ type: "ping" })).type, "pong");
    const again = Client.open(chat, { token: short });
    assertEquals((await again.closed).code, CLOSE.unauthorized);
  });
}
