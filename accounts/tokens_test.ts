import { assert, assertEquals, assertRejects } from "@std/assert";
import { SignJWT, UnsecuredJWT } from "jose";
import { Refusal } from "../protocol/errors.ts";
import { makeSecrets, type Secrets } from "./secrets.ts";
import { type Claims, TOKEN_IDLE_MS, Tokens } from "./tokens.ts";

const HOUR_MS = 3600_000;
const START = Date.UTC(2026, 0, 1);
const GUEST: Claims = {
  user: { id: "0123456789abcdef", name: "Zoë 李", guest: true },
};
const ACCOUNT: Claims = {
  user: { id: "fedcba9876543210", name: "alice", guest: false },
  sessionId: "row",
};

function refused(promise: Promise<unknown>, message: string): Promise<Refusal> {
  return assertRejects(() => promise, Refusal, message);
}

Deno.test("a token says who its guest or its account's session is", async () => {
  const tokens = await Tokens.create(makeSecrets(0), { now: () => START });
  for (const claims of [GUEST, ACCOUNT]) {
    assertEquals(await tokens.verify(await tokens.sign(claims)), claims);
  }
});

Deno.test("a token expires when nobody has used it for 30 days; an hour of a wrong clock is borne", async () => {
  let now = START;
  const tokens = await Tokens.create(makeSecrets(0), { now: () => now });
  const token = await tokens.sign(GUEST);
  for (const sane of [START - HOUR_MS, START + HOUR_MS, START + TOKEN_IDLE_MS + HOUR_MS / 2]) {
    now = sane;
    assertEquals(await tokens.verify(token), GUEST);
  }
  now = START + TOKEN_IDLE_MS + 2 * HOUR_MS;
  assertEquals((await refused(tokens.verify(token), "expired")).code, "unauthorized");
});

Deno.test("after a rotation the new key signs and the old one still verifies until it is gone", async () => {
  const [old] = makeSecrets(0);
  const [fresh] = makeSecrets(1);
  const before = await Tokens.create([old], { now: () => START });
  const after = await Tokens.create([fresh, old], { now: () => START });
  const later = await Tokens.create([fresh], { now: () => START });
  const oldToken = await before.sign(ACCOUNT);
  assertEquals(await after.verify(oldToken), ACCOUNT);
  assertEquals(await later.verify(await after.sign(ACCOUNT)), ACCOUNT);
  await refused(later.verify(oldToken), "not one of this server's");
});

Deno.test("what this server did not sign is nobody's token", async () => {
  const secrets: Secrets = makeSecrets(0);
  const tokens = await Tokens.create(secrets, { now: () => START });
  const good = await tokens.sign(ACCOUNT);
  const [head, body, signature = ""] = good.split(".");
  const kid = secrets[0].id;
  const sign = (payload: Record<string, unknown>, header = {}, key = secrets[0].secret) =>
    new SignJWT(payload).setProtectedHeader({ alg: "HS256", kid, ...header })
      .setSubject("x").setExpirationTime(new Date(START + HOUR_MS)).sign(key);
  const flipped = signature.startsWith("A") ? `B${signature.slice(1)}` : `A${signature.slice(1)}`;
  const cases: Record<string, string> = {
    empty: "",
    noise: "a.b.c",
    long: `${good}${"x".repeat(4000)}`,
    "signature cut": `${head}.${body}.`,
    "signature changed": `${head}.${body}.${flipped}`,
    "none for an algorithm": new UnsecuredJWT({ name: "a", guest: true }).setSubject("x").encode(),
    "another's key": await sign({ name: "a", guest: true }, {}, makeSecrets(0)[0].secret),
    "another algorithm": await sign({ name: "a", guest: true }, { alg: "HS512" }),
    "unknown key": await sign({ name: "a", guest: true }, { kid: "nobody" }),
    "prototype for a key": await sign({ name: "a", guest: true }, { kid: "__proto__" }),
    "no name": await sign({ guest: true }),
    "account without session": await sign({ name: "a", guest: false }),
    "guest with session": await sign({ name: "a", guest: true, sid: "row" }),
    "session of another type": await sign({ name: "a", guest: false, sid: 7 }),
  };
  for (const [what, token] of Object.entries(cases)) {
    const { code } = await refused(tokens.verify(token), "not one of this server's");
    assertEquals(code, "unauthorized", what);
  }
  const noExpiry = await new SignJWT({ name: "a", guest: true }).setSubject("x")
    .setProtectedHeader({ alg: "HS256", kid }).sign(secrets[0].secret);
  await refused(tokens.verify(noExpiry), "not one of this server's");
  assert(good.length < 512);
});
