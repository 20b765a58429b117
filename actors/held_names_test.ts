import { assertEquals } from "@std/assert";
import { FakeClock } from "./fake_clock.ts";
import { FakeSession, user } from "./fake_session.ts";
import { HeldNames } from "./held_names.ts";

/** More than are kept in one go. */
const GUESTS = 600;

Deno.test("a name that is released while others are kept is not taken again", async () => {
  const owners = new Map<string, string>();
  const names = new HeldNames({
    clock: new FakeClock(),
    claims: {
      claim(key, owner) {
        owners.set(key, owner);
        return Promise.resolve(true);
      },
      release(key) {
        owners.delete(key);
        return Promise.resolve();
      },
    },
    elsewhere: () => false,
    lost: () => {},
    onFailure: (error) => {
      throw error;
    },
  });
  const guests = Array.from({ length: GUESTS }, (_, i) => new FakeSession(user(`ada${i}`)));
  for (const guest of guests) assertEquals(await names.claim(guest), undefined);
  const last = guests.at(-1) as FakeSession;
  // The first of them are asked for; the last is gone before it comes to it.
  names.keep();
  names.release(last.user.id, last.canonicalName);
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(owners.size, GUESTS - 1);
  assertEquals(owners.has(`name:${last.canonicalName}`), false);
  names.stop();
});
