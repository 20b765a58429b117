import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import type { LogEvent } from "../../protocol/events.ts";
import { Crowd } from "./harness/crowd.ts";
import { type Nodes, startNodes } from "./harness/nodes.ts";

/**
 * The oracle of the cluster tests over real sockets, before there is a cluster: one node with
 * SQLite keeps the promises, also over kill -9, and a client that hears wrongly is found.
 */

/** By the client that hears wrongly. */
const HEARD_MIN = 100;
const LOOK_EVERY_MS = 20;

const small = (nodes: Nodes, seed: number) => ({
  nodes: () => nodes.all.map(({ ws }) => ws),
  clients: 20,
  rooms: 4,
  roomsEach: 2,
  paceMs: 150,
  seed,
});

Deno.test("one node under load, killed in the middle, keeps what the oracle asks for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using nodes = await start(folder);
    await using crowd = await Crowd.gather(small(nodes, 1));
    crowd.start();
    await crowd.isServed();
    await nodes.all[0]!.kill();
    await nodes.all[0]!.start();
    await crowd.isServed();
    const broken = await crowd.finish();
    console.log(crowd.report());
    assertEquals(broken, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** What one client takes one event in thirty for, and what the oracle says of it. */
const FAULTS: [string, (event: LogEvent) => LogEvent[], RegExp][] = [
  ["does not hear an event", () => [], /^c0 heard \d+ of \S+ after \d+$/],
  ["hears an event twice", (event) => [event, event], /^c0 heard (\d+) of .+ after \1$/],
  ["hears another event", (event) => [{ ...event, from: "nobody" }], /nobody .* for c0/],
];

for (const [fault, mishear, said] of FAULTS) {
  Deno.test(`the oracle finds a client that ${fault}`, async () => {
    await using nodes = await start();
    let heard = 0;
    await using crowd = await Crowd.gather({
      ...small(nodes, 2),
      mishear: (event) => ++heard % 30 === 0 ? mishear(event) : [event],
    });
    crowd.start();
    while (heard < HEARD_MIN) await delay(LOOK_EVERY_MS);
    const broken = await crowd.finish();
    assert(broken.some((each) => said.test(each)), `not found among ${broken.length}`);
  });
}

function start(folder?: string): Promise<Nodes> {
  const store = folder === undefined ? "memory:" : `sqlite:${folder}/hubbub.db`;
  return startNodes(1, () => ["--store", store, "--rate", "0", "--stranger-limit", "0"]);
}
