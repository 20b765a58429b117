import { assertEquals, assertGreater, assertLess } from "@std/assert";
import {
  connectionsAllowed,
  DERIVED_CONNECTIONS_MAX,
  DESCRIPTORS_WANTED,
  freeDescriptors,
} from "./descriptors.ts";

/** A system with so many descriptors left; `open` counts those in use. */
function system(limit: number) {
  const state = { open: 0, most: 0 };
  const open = (): Disposable => {
    if (state.open >= limit) throw new Error("Too many open files");
    state.open++;
    state.most = Math.max(state.most, state.open);
    return { [Symbol.dispose]: () => void state.open-- };
  };
  return { state, open };
}

Deno.test("free descriptors are counted and all given back", () => {
  const { state, open } = system(256);
  assertEquals(freeDescriptors(1000, open), 256);
  assertEquals(state, { open: 0, most: 256 });
});

Deno.test("no more descriptors are tried than asked for", () => {
  const { state, open } = system(1_000_000);
  assertEquals(freeDescriptors(100, open), 100);
  assertEquals(state, { open: 0, most: 100 });
});

Deno.test("where nothing may be opened nothing is derived from that", () => {
  const open = () => {
    throw new Deno.errors.NotCapable("read");
  };
  assertEquals(freeDescriptors(100, open), 100);
});

Deno.test("a quarter of the descriptors, at least 64, is left for other things", () => {
  assertEquals(connectionsAllowed(1000), 750);
  assertEquals(connectionsAllowed(200), 136);
  assertEquals(connectionsAllowed(10), 1);
  for (const free of [65, 100, 256, 1024, 20_000]) {
    assertGreater(connectionsAllowed(free), 0);
    assertLess(connectionsAllowed(free), free - 63);
  }
});

Deno.test("what is wanted suffices for the highest derived bound, and not for less", () => {
  assertEquals(connectionsAllowed(DESCRIPTORS_WANTED), DERIVED_CONNECTIONS_MAX);
  assertEquals(connectionsAllowed(1_000_000), DERIVED_CONNECTIONS_MAX);
  assertLess(connectionsAllowed(DESCRIPTORS_WANTED - 2), DERIVED_CONNECTIONS_MAX);
});

Deno.test("this process has descriptors", () => {
  assertGreater(freeDescriptors(50), 0);
});
