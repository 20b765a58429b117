import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { setImmediate } from "node:timers";
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

Deno.test("who waits for room is let in in turn, before who comes later, and refused at the end", async () => {
  const mailbox = new Mailbox<number>(2);
  mailbox.offer(1);
  const answers: [number, boolean][] = [];
  for (const item of [2, 3, 4, 5]) {
    void mailbox.offerWhenFits(item).then((isTaken) => answers.push([item, isTaken]));
  }
  await Promise.resolve();
  assertEquals(answers, [[2, true]], "who had to wait was answered while there was no room");
  const batches = mailbox.batches();
  assertEquals(await next(batches), [1, 2]);
  assertFalse(mailbox.offer(6), "a later one slipped in");
  assertEquals(await next(batches), [3, 4]);
  mailbox.offer(7);
  void mailbox.offerWhenFits(8).then((isTaken) => answers.push([8, isTaken]));
  mailbox.close();
  assertEquals(await next(batches), [5, 7]);
  assertEquals(await next(batches), undefined);
  assertEquals(answers, [[2, true], [3, true], [4, true], [5, true], [8, false]]);
  assertFalse(await mailbox.offerWhenFits(9));
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

/** Lets the event loop turn once. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

Deno.test("what came in together goes on together, and in the same turn of the event loop", async () => {
  const mouths = [1, 2, 3].map(() => new Mailbox<number>(10, undefined, "outside"));
  const hub = new Mailbox<number>(10);
  const archive = new Mailbox<number>(10);
  const stored: number[][] = [];
  const consumers = [
    ...mouths.map(async (mouth) => {
      for await (const batch of mouth.batches()) {
        for (const item of batch) {
          await Promise.resolve();
          hub.offer(item);
        }
      }
    }),
    (async () => {
      for await (const batch of hub.batches()) for (const item of batch) archive.offer(item);
    })(),
    archive.each((batch) => {
      stored.push(batch);
      return false;
    }),
  ];
  mouths.forEach((mouth, i) => mouth.offer(i));
  await Promise.resolve();
  mouths[0]?.offer(3);
  assertEquals(stored, [], "woken before the turn's input was complete");
  await turn();
  await turn();
  assertEquals(stored.map((batch) => batch.toSorted()), [[0, 1, 2, 3]]);
  for (const mailbox of [...mouths, hub, archive]) mailbox.close();
  await Promise.all(consumers);
});

Deno.test("two who tell each other without end leave the event loop its turns", async () => {
  const ping = new Mailbox<number>(10);
  const pong = new Mailbox<number>(10);
  let told = 0;
  const consumers = [
    ping.each(() => !pong.offer(++told)),
    pong.each(() => !ping.offer(++told)),
  ];
  ping.offer(0);
  let turns = 0;
  for (; turns < 100 && told < 200; turns++) await turn();
  assert(told >= 200 && turns >= 10, `told ${told} times in ${turns} turns`);
  ping.close();
  pong.close();
  await Promise.all(consumers);
});

Deno.test("a brief consumer is called with each batch until it says that it is done", async () => {
  const mailbox = new Mailbox<number>(10);
  const batches: number[][] = [];
  mailbox.offer(1);
  mailbox.offer(2);
  const done = mailbox.each((batch) => {
    batches.push(batch);
    return batch.includes(3);
  });
  await turn();
  mailbox.offer(3);
  mailbox.offer(4);
  await done;
  mailbox.offer(5);
  assertEquals(batches, [[1, 2], [3, 4]]);
  assertEquals(await next(mailbox.batches()), [5], "what came later is left to the next consumer");
});

Deno.test("a brief consumer that waits is not called before it is through", async () => {
  const mailbox = new Mailbox<number>(10);
  const batches: number[][] = [];
  const { promise: slow, resolve } = Promise.withResolvers<boolean>();
  const done = mailbox.each((batch) => {
    batches.push(batch);
    return batches.length === 1 ? slow : false;
  });
  mailbox.offer(1);
  await turn();
  mailbox.offer(2);
  await turn();
  assertEquals(batches, [[1]]);
  mailbox.offer(3);
  resolve(false);
  await turn();
  assertEquals(batches, [[1], [2, 3]]);
  mailbox.close();
  await done;
});

Deno.test("a brief consumer's failure is the mailbox's end for it, at once or later", async () => {
  for (
    const fail of [() => Promise.reject(new Error("no")), () => {
      throw new Error("no");
    }]
  ) {
    const mailbox = new Mailbox<number>(10);
    mailbox.offer(1);
    await assertRejects(() => mailbox.each(fail), Error, "no");
    mailbox.offer(2);
    assertEquals(await next(mailbox.batches()), [2]);
  }
});
