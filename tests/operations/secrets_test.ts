import { assertEquals } from "@std/assert";
import { makeSecrets, rotateSecrets, secretsInMemory } from "../../accounts/secrets.ts";
import { SECRETS_READ_EVERY_MS } from "../../accounts/secrets_watch.ts";
import { TOKEN_IDLE_MS, Tokens } from "../../accounts/tokens.ts";
import { systemClock } from "../../actors/clock.ts";
import { Client } from "../chat/chat_client.ts";
import { startChat } from "../chat/chat_server.ts";

const USER = { id: "0123456789abcdef", name: "Zoë", guest: true };

Deno.test("a running server takes tokens of a key that was made meanwhile, and of the former", async () => {
  const before = makeSecrets(0);
  const keeper = secretsInMemory(before);
  const known = Promise.withResolvers<void>();
  let looks = 0;
  const secrets = {
    ...keeper,
    async readSecrets() {
      const there = await keeper.readSecrets();
      // When it looks again, what it saw the last time is known.
      if (there.length > 1 && ++looks === 2) known.resolve();
      return there;
    },
  };
  const clock = {
    ...systemClock,
    after: (ms: number, run: () => void) =>
      systemClock.after(ms === SECRETS_READ_EVERY_MS ? 5 : ms, run),
  };
  await using chat = await startChat("native", { secrets, clock });
  const after = await rotateSecrets(keeper, 1, TOKEN_IDLE_MS);
  await known.promise;
  for (const each of [before, after]) {
    const tokens = await Tokens.create(each, { now: () => Date.now() });
    await using client = await Client.connect(chat, { token: await tokens.sign({ user: USER }) });
    assertEquals(client.name, USER.name);
  }
});
