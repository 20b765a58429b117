import { assert, assertEquals, assertRejects } from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { makeSecrets, rotateSecrets, secretsInMemory, SIGNS_AFTER_MS } from "./secrets.ts";
import { SECRETS_READ_EVERY_MS, watchSecrets } from "./secrets_watch.ts";
import { type Claims, TOKEN_IDLE_MS, Tokens } from "./tokens.ts";

const GUEST: Claims = { user: { id: "0123456789abcdef", name: "Zoë", guest: true } };
const START = Date.UTC(2026, 0, 1);

/** A server's tokens, and a time that runs when a test says so. */
async function server(keeper = secretsInMemory(makeSecrets(0))) {
  let due: (() => void) | undefined;
  const failures: unknown[] = [];
  const now = { ms: START };
  const tokens = await Tokens.create(makeSecrets(0), { now: () => now.ms });
  const stop = watchSecrets({
    keeper,
    tokens,
    after(ms, run) {
      assertEquals(ms, SECRETS_READ_EVERY_MS);
      due = run;
      return () => due = undefined;
    },
    onFailure: (error) => failures.push(error),
  });
  return {
    tokens,
    now,
    failures,
    stop,
    isWatching: () => due !== undefined,
    /** The next look, and all that it sets off. */
    async look() {
      const run = due;
      due = undefined;
      run?.();
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

Deno.test("running servers know a new key before any of them signs with it, and the old one after", async () => {
  const keeper = secretsInMemory(makeSecrets(0));
  const [one, two] = [await server(keeper), await server(keeper)];
  await one.look();
  await two.look();
  const before = await one.tokens.sign(GUEST);
  await rotateSecrets(keeper, START, TOKEN_IDLE_MS);
  await one.look();
  // The other has not looked yet: what the first signs is good there all the same.
  assertEquals(await two.tokens.verify(await one.tokens.sign(GUEST)), GUEST);
  await two.look();
  for (const { now } of [one, two]) now.ms += SIGNS_AFTER_MS;
  const after = await one.tokens.sign(GUEST);
  const kid = (token: string) => JSON.parse(atob(token.split(".")[0] ?? "")).kid;
  assert(kid(after) !== kid(before));
  for (const token of [before, after]) assertEquals(await two.tokens.verify(token), GUEST);
});

Deno.test("keys that cannot be read, or are gone, leave those that are known; it looks again", async () => {
  const secrets = makeSecrets(0);
  let answer = () => Promise.reject(new Error("away"));
  const keeper = { ...secretsInMemory(secrets), readSecrets: () => answer() };
  const { tokens, failures, look } = await server(keeper);
  const token = await tokens.sign(GUEST);
  await look();
  assertEquals(failures.length, 1);
  answer = () => Promise.resolve([] as never);
  await look();
  assertEquals(failures.length, 1);
  assertEquals(await tokens.verify(token), GUEST);
  answer = () => Promise.resolve(secrets as never);
  await look();
  await assertRejects(() => tokens.verify(token), Refusal, "not one of this server's");
});

Deno.test("who stops looks no more, and a look that is under way then changes nothing", async () => {
  const { promise, resolve } = Promise.withResolvers<ReturnType<typeof makeSecrets>>();
  const keeper = { ...secretsInMemory(makeSecrets(0)), readSecrets: () => promise };
  const { tokens, look, stop, isWatching } = await server(keeper);
  const token = await tokens.sign(GUEST);
  await look();
  stop();
  resolve(makeSecrets(0));
  await look();
  assertEquals([await tokens.verify(token), isWatching()], [GUEST, false]);
});
