import { assert, assertEquals } from "@std/assert";
import {
  agreeOnSecrets,
  makeSecrets,
  rotateSecrets,
  type Secrets,
  secretsInMemory,
  signingKey,
  SIGNS_AFTER_MS,
} from "./secrets.ts";

const DAY_MS = 24 * 3600_000;
const LIFE_MS = 30 * DAY_MS;

const ids = (secrets: Secrets) => secrets.map(({ id }) => id);

Deno.test("a new key goes in front and old ones stay as long as a token of theirs may live", async () => {
  const [first] = makeSecrets(0);
  const keeper = secretsInMemory([first]);
  const [second] = await rotateSecrets(keeper, 10 * DAY_MS, LIFE_MS);
  const three = await rotateSecrets(keeper, 20 * DAY_MS, LIFE_MS);
  assertEquals(ids(three), [three[0].id, second.id, first.id]);
  assertEquals(await agreeOnSecrets(keeper, 20 * DAY_MS), three);
  // The first key signed its last token just after day 10, the second just after day 20.
  const tooSoon = await rotateSecrets(secretsInMemory(three), 40 * DAY_MS + 1, LIFE_MS);
  assertEquals(ids(tooSoon), [tooSoon[0].id, ...ids(three)]);
  const onDay45 = await rotateSecrets(keeper, 45 * DAY_MS, LIFE_MS);
  assertEquals(ids(onDay45), [onDay45[0].id, three[0].id, second.id]);
});

Deno.test("a new key signs when every server has had the time to read it", async () => {
  const nowMs = 10 * DAY_MS;
  const [first] = makeSecrets(0);
  const keeper = secretsInMemory([first]);
  const secrets = await rotateSecrets(keeper, nowMs, LIFE_MS);
  assertEquals(signingKey(secrets, nowMs + SIGNS_AFTER_MS - 1), first);
  assertEquals(signingKey(secrets, nowMs + SIGNS_AFTER_MS), secrets[0]);
  // Two in a row: the second does not hurry the first.
  const hasty = await rotateSecrets(keeper, nowMs + SIGNS_AFTER_MS - 1, LIFE_MS);
  assertEquals(signingKey(hasty, nowMs + SIGNS_AFTER_MS), secrets[0]);
  assertEquals(ids(hasty).length, 3);
});

Deno.test("the only key signs at once, also when the clock stands before it was made", () => {
  const [only] = makeSecrets(DAY_MS);
  for (const nowMs of [0, DAY_MS, 2 * DAY_MS]) assert(signingKey([only], nowMs) === only);
});
