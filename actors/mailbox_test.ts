import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { Mailbox } from "./mailbox.ts";

/** The next batch, or undefined at the end. */
async function next<T>(batches: AsyncIterator<T>): Promise<T | undefined> {
  const { done, value } = await batches.next();
  return done ? undefined : value;
}

Deno.test("a mailbox refuses what is over its bound and takes in again what fits", async () => {
  const mailbox = new Mailbox<number>(2);
  assert(mailbox.offer(1) && mailbox.offer(2));
  assertFalse(mailbox.offer(3), "a third item was taken over a bound of 2");
  assertEquals(await next(mailbox.batches()), [1, 2]);
  assert(mailbox.offer(4));
});

Deno.test("a mailbox bound is a whole number from 1", () => {
  for (const bound of [0, -1, 1.5, NaN]) assertThrows(() => new Mailbox(bound), RangeError);
});

Deno.test("everything offered in a turn of the event loop is one batch, in order", async () => {
  const mailbox = new Mailbox<number>(10);
  const batches = mailbox.batches();
  const first = next(batches);
  mailbox.offer(1);
  await Promise.resolve();
  // A microtask later is still the same turn: waking here would have found a batch of one.
  mailbox.offer(2);
  queueMicrotask(() => mailbox.offer(3));
  assertEquals(await first, [1, 2, 3]);
});

Deno.test("a consumer that is busy finds all that came meanwhile", async () => {
  const mailbox = new Mailbox<string>(10);
  const batches = mailbox.batches();
  mailbox.offer("a");
  assertEquals(await next(batches), ["a"]);
  mailbox.offer("b");
  await new Promise((resolve) => setTimeout(resolve, 1));
  mailbox.offer("c");
  assertEquals(await next(batches), ["b", "c"]);
});

Deno.test("closing refuses what comes and lets the consumer take what is queued", async () => {
  const mailbox = new Mailbox<number>(10);
  mailbox.offer(1);
  mailbox.close();
  mailbox.close();
  assertFalse(mailbox.offer(2));
  const batches = mailbox.batches();
  assertEquals(await next(batches), [1]);
  assertEquals(await next(batches), undefined);
});

Deno.test("closing ends a consumer that waits", async () => {
  const mailbox = new Mailbox<number>(1);
  const waiting = next(mailbox.batches());
  await Promise.resolve();
  mailbox.close();
  assertEquals(await waiting, undefined);
});

Deno.test("items are taken one at a time in order", async () => {
  const mailbox = new Mailbox<number>(5);
  for (let item = 1; item <= 3; item++) mailbox.offer(item);
  mailbox.close();
  assertEquals(await Array.fromAsync(mailbox), [1, 2, 3]);
  assertEquals(mailbox.taken, 3);
});

Deno.test("a mailbox has one consumer at a time, and another one after it", async () => {
  const mailbox = new Mailbox<number>(5);
  const batches = mailbox.batches();
  assertThrows(() => mailbox.batches(), Error, "one consumer");
  await batches.return?.();
  mailbox.offer(1);
  assertEquals(await next(mailbox.batches()), [1]);
});

Deno.test("what is put back comes first, even over the bound", async () => {
  const mailbox = new Mailbox<number>(2);
  const batches = mailbox.batches();
  mailbox.offer(1);
  mailbox.offer(2);
  const taken = await next(batches) ?? [];
  mailbox.offer(3);
  mailbox.offer(4);
  mailbox.putBack(taken);
  assertEquals(await next(batches), [1, 2, 3, 4]);
  assertEquals(mailbox.taken, 4, "items that were put back count once");
});

Deno.test("space is announced to all who wait for it, and at the end", async () => {
  const mailbox = new Mailbox<number>(1);
  await mailbox.space();
  mailbox.offer(1);
  let told = 0;
  const waiting = [mailbox.space(), mailbox.space()].map((space) => space.then(() => told++));
  await Promise.resolve();
  assertEquals(told, 0, "space was announced while there was none");
  await next(mailbox.batches());
  await Promise.all(waiting);
  mailbox.offer(2);
  const last = mailbox.space();
  mailbox.close();
  await last;
});

Deno.test("draining takes everything at once, for a consumer that ends", () => {
  const mailbox = new Mailbox<number>(5);
  mailbox.offer(1);
  mailbox.offer(2);
  assertEquals(mailbox.drain(), [1, 2]);
  assertEquals(mailbox.depth, 0);
});

Deno.test("a consumer that throws leaves the mailbox to the next one", async () => {
  const mailbox = new Mailbox<number>(5);
  mailbox.offer(1);
  await assertRejects(
    async () => {
      for await (const batch of mailbox.batches()) throw new Error(`cannot take ${batch}`);
    },
    Error,
    "cannot take 1",
  );
  mailbox.offer(2);
  assertEquals(await next(mailbox.batches()), [2]);
});
