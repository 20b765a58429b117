import { assertEquals } from "@std/assert";
import { FakeClock } from "../actors/fake_clock.ts";
import { Readiness } from "./readiness.ts";

function setUp(keys?: { up: boolean }) {
  const clock = new FakeClock();
  const store: boolean[] = [];
  const readiness = new Readiness({ clock, keys, onStore: (up) => store.push(up) });
  return { clock, store, readiness };
}

Deno.test("a server is ready while its store can be written, and says why it is not", async () => {
  const { clock, store, readiness } = setUp();
  assertEquals(await readiness.trouble(() => Promise.resolve()), undefined);
  const failed = () => Promise.reject(new Error("full"));
  assertEquals(await readiness.trouble(failed), "the store cannot be written");
  const late = readiness.trouble(() => new Promise(() => {}));
  clock.advance(2_000);
  assertEquals(await late, "the store does not answer");
  assertEquals(store, [true, false, false]);
  readiness.stop();
  assertEquals(await readiness.trouble(() => Promise.resolve()), "stopping");
});

Deno.test("a node of several is ready once it can hear the others and ask for names, and says all that it lacks", async () => {
  const keys = { up: false };
  const { readiness } = setUp(keys);
  const probe = () => Promise.resolve();
  assertEquals(await readiness.trouble(probe), "Redis has not answered yet");
  readiness.bus({ up: true });
  assertEquals(await readiness.trouble(probe), "Redis is away for names");
  keys.up = true;
  assertEquals(await readiness.trouble(probe), undefined);
  readiness.bus({ up: false, why: "gone" });
  const failed = () => Promise.reject(new Error("full"));
  assertEquals(
    await readiness.trouble(failed),
    "Redis is away: gone; the store cannot be written",
  );
});
