import { assert, assertEquals } from "@std/assert";
import { makeSecrets, secretsInMemory } from "../../accounts/secrets.ts";
import { Tokens } from "../../accounts/tokens.ts";
import { CLOSE } from "../../protocol/errors.ts";
import { Client } from "../chat/chat_client.ts";
import { startChat, TRANSPORTS } from "../chat/chat_server.ts";
import { StandingClock } from "../chat/standing_clock.ts";
import { account } from "./administrator.ts";

const LIFE_MS = 50;

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: a connection ends with 4001 when its session's time is over, others stay`, async () => {
    const clock = new StandingClock();
    const secrets = makeSecrets(clock.now());
    await using chat = await startChat(transport, { secrets: secretsInMemory(secrets), clock });
    const { token } = await account(chat, "Alice");
    const user = await chat.store.userByName("alice");
    assert(user);
    const createdAt = clock.now();
    const expiresAt = createdAt + LIFE_MS;
    await chat.store.createSession({ id: "short", user: user.id, createdAt, expiresAt });
    const tokens = await Tokens.create(secrets, { now: () => clock.now() });
    const ref = { id: user.id, name: user.name, guest: false };
    const short = await tokens.sign({ user: ref, sessionId: "short" });
    await using stays = await Client.connect(chat, { token });
    await using goes = await Client.connect(chat, { token: short });
    clock.pass(LIFE_MS - 1);
    assertEquals((await goes.ask({ type: "ping" })).type, "pong");
    clock.pass(1);
    assertEquals((await goes.closed).code, CLOSE.unauthorized);
    assertEquals((await stays.ask({ type: "ping" })).type, "pong");
    const again = Client.open(chat, { token: short });
    assertEquals((await again.closed).code, CLOSE.unauthorized);
  });
}
