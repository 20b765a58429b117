import { assertEquals } from "@std/assert";
import { Unread } from "./unread.ts";

Deno.test("unread is what came after the read mark; a repeated event counts once", () => {
  const unread = new Unread();
  unread.markRead(4);
  for (const seq of [3, 5, 6, 6, 5]) unread.message(seq, seq === 6);
  assertEquals([unread.count, unread.mentions], [2, 1]);
  unread.markRead(5);
  assertEquals([unread.count, unread.mentions], [1, 1]);
  unread.markRead(2);
  assertEquals([unread.read, unread.count], [5, 1]);
});

Deno.test("the server's count stands for what was not seen one by one", () => {
  const unread = new Unread();
  unread.reset(10, 40, 7);
  unread.message(35, true);
  unread.message(41, false);
  assertEquals(unread.count, 8);
  assertEquals(unread.markRead(41), false);
  assertEquals(unread.count, 0);
});

Deno.test("when only the server can know the count, it says so", () => {
  const unread = new Unread();
  unread.reset(10, 40, 7);
  assertEquals(unread.markRead(20), true);
  assertEquals(unread.deleted(30), true);
  unread.message(50, false);
  assertEquals(unread.deleted(50), false);
  unread.reset(20, 50, 3);
  assertEquals([unread.read, unread.count], [20, 3]);
});

Deno.test("a deleted message is not unread", () => {
  const unread = new Unread();
  unread.message(1, true);
  assertEquals(unread.deleted(1), false);
  assertEquals([unread.count, unread.mentions], [0, 0]);
});

Deno.test("messages that name me are known as such also when the server counted them", () => {
  const unread = new Unread();
  unread.reset(10, 40, 7);
  unread.message(9, true);
  unread.message(35, true);
  unread.message(36, false);
  assertEquals([unread.count, unread.mentions], [7, 1]);
  unread.reset(10, 40, 7);
  assertEquals(unread.mentions, 1);
  unread.markRead(40);
  assertEquals([unread.count, unread.mentions], [0, 0]);
});

Deno.test("the server may be behind on what was read, but a log that began anew is believed", () => {
  const unread = new Unread();
  unread.reset(10, 40, 7);
  unread.markRead(40);
  unread.reset(10, 40, 7);
  assertEquals([unread.read, unread.count], [40, 0]);
  unread.reset(0, 3, 2);
  assertEquals([unread.read, unread.count], [0, 2]);
});
