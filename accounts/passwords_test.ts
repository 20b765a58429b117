import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { Refusal } from "../protocol/errors.ts";
import { derive, PasswordHasher, type ScryptCost, WAIT_MAX_MS } from "./passwords.ts";

const CHEAP: ScryptCost = { lnN: 4, r: 8, p: 1 };

Deno.test("the right password is found right, and no other", async () => {
  const hasher = new PasswordHasher(CHEAP);
  const hash = await hasher.hash("correct horse");
  assertMatch(hash, /^\$scrypt\$ln=4,r=8,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  assertNotEquals(await hasher.hash("correct horse"), hash, "every hash has a salt of its own");
  assertEquals(await hasher.verify("correct horse", hash), { right: true, outdated: false });
  for (const wrong of ["Correct horse", "correct horse ", "", "x".repeat(256)]) {
    assertEquals((await hasher.verify(wrong, hash)).right, false, wrong);
  }
  assertEquals((await hasher.verify("correct horse", undefined)).right, false);
});

Deno.test("a password is the same however its letters are composed", async () => {
  const hasher = new PasswordHasher(CHEAP);
  const hash = await hasher.hash("caf\u00e9 au lait");
  assert((await hasher.verify("cafe\u0301 au lait", hash)).right);
});

Deno.test("a hash of another cost is verified at its own and found outdated", async () => {
  const hash = await new PasswordHasher({ lnN: 5, r: 4, p: 2 }).hash("correct horse");
  const hasher = new PasswordHasher(CHEAP);
  assertEquals(await hasher.verify("correct horse", hash), { right: true, outdated: true });
  assertEquals(await hasher.verify("wrong", hash), { right: false, outdated: false });
});

Deno.test("a known answer of RFC 7914 is met", async () => {
  // Section 12, the second: the first 32 of its 64 bytes.
  const hasher = new PasswordHasher({ lnN: 10, r: 8, p: 16 });
  const salt = btoa("NaCl").replace(/=+$/, "");
  const expected = "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162";
  const hash = Uint8Array.fromHex(expected).toBase64({ omitPadding: true });
  const { right } = await hasher.verify("password", `$scrypt$ln=10,r=8,p=16$${salt}$${hash}`);
  assert(right);
});

Deno.test("log-ins beyond the queue are told to come back, the others get their turn", async () => {
  const hasher = new PasswordHasher(CHEAP);
  const hash = await hasher.hash("correct horse");
  const all = await Promise.allSettled(
    Array.from({ length: 50 }, () => hasher.verify("correct horse", hash)),
  );
  const refused = all.filter((each) => each.status === "rejected").map((each) => each.reason);
  assertEquals(refused.length, 50 - 33);
  for (const reason of refused) assert(reason instanceof Refusal && reason.code === "busy");
  assert((await hasher.verify("correct horse", hash)).right, "and then it is free again");
});

Deno.test("who has waited too long is told to come back, whoever came later gets the turn", async () => {
  let nowMs = 0;
  const letGo: (() => void)[] = [];
  const hasher = new PasswordHasher(CHEAP, {
    monotonic: () => nowMs,
    compute: async (...about) => {
      await new Promise<void>((resolve) => letGo.push(resolve));
      return await derive(...about);
    },
  });
  const outcome = (password: string) =>
    hasher.hash(password).then(() => "hashed", (error) => error instanceof Refusal && error.code);
  const [running, early, alsoEarly] = ["running", "early", "also early"].map(outcome);
  nowMs = WAIT_MAX_MS / 2;
  const late = outcome("late");
  nowMs = WAIT_MAX_MS + 1;
  assertEquals(letGo.length, 1, "one at a time");
  letGo.shift()?.();
  assertEquals(await Promise.all([running, early, alsoEarly]), ["hashed", "busy", "busy"]);
  letGo.shift()?.();
  assertEquals(await late, "hashed");
  const next = outcome("the next finds it free");
  letGo.shift()?.();
  assertEquals(await next, "hashed");
});

Deno.test("a hash that is none is an error, not a wrong password", async () => {
  const hasher = new PasswordHasher(CHEAP);
  await assertRejects(() => hasher.verify("x", "plain text"), Error, "unknown form");
  await assertRejects(() => hasher.verify("x", "$scrypt$ln=4,r=8,p=1$AAAA$AAAA"), Error, "cut");
});

Deno.test("hashing holds up nobody: the event loop turns meanwhile", async () => {
  const hasher = new PasswordHasher();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const hash = await hasher.hash("correct horse");
  clearInterval(timer);
  assertMatch(hash, /^\$scrypt\$ln=15,r=8,p=3\$/);
  // Computed on the event loop, it would not turn once in the third of a second that it takes.
  assertGreater(turns, 2);
});
