import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { until } from "../../patience.ts";
import { Cluster, type ClusterOptions } from "./cluster.ts";
import { Crowd, type CrowdOptions } from "./crowd.ts";
import { DATABASE_PROGRAMS } from "../../../backends/database.ts";
import { missingPrograms } from "../../../backends/program.ts";
import { REDIS_PROGRAMS } from "../../../backends/redis.ts";

/** HUBBUB_TEST_CLUSTER=full: what the promises are about. Otherwise small enough for every run. */
export const FULL = Deno.env.get("HUBBUB_TEST_CLUSTER") === "full";
const SIZE = FULL
  ? { clients: 300, rooms: 30, roomsEach: 2, paceMs: 2_000 }
  : { clients: 36, rooms: 6, roomsEach: 2, paceMs: 350 };
/** Of load before the fault. */
const LOAD_MS = FULL ? 10_000 : 2_500;
/** How long what is taken away stays away. */
export const OUTAGE_MS = FULL ? 20_000 : 6_000;
/** Another run by HUBBUB_TEST_SEED; a failing one says its own. */
export const SEED = Number(Deno.env.get("HUBBUB_TEST_SEED") ?? 20_261_121);

const isSkipped = missingPrograms(...DATABASE_PROGRAMS, ...REDIS_PROGRAMS).length > 0;

export interface Stage {
  readonly cluster: Cluster;
  readonly crowd: Crowd;
  readonly seed: number;
}

/**
 * Three nodes under random load, and something that is done to them meanwhile: in the end everybody
 * must have heard the same, and what was acknowledged must be there.
 */
export function scenario(
  promise: string,
  happens: (stage: Stage) => Promise<void>,
  options: ClusterOptions = {},
): void {
  Deno.test({
    name: promise,
    ignore: isSkipped,
    fn: () => play(promise, happens, options),
  });
}

/** For scenarios that need more than a cluster: called inside a test of their own. */
export async function play(
  promise: string,
  happens: (stage: Stage) => Promise<void>,
  options: ClusterOptions = {},
  load: Partial<CrowdOptions> = {},
): Promise<void> {
  await using cluster = await Cluster.start(options);
  await using crowd = await Crowd.gather({
    ...SIZE,
    nodes: cluster.addresses,
    seed: SEED,
    ...load,
  });
  const { seed } = crowd.options;
  crowd.start();
  let broken: string[];
  try {
    await delay(LOAD_MS);
    await happens({ cluster, crowd, seed });
    await crowd.isServed();
    broken = await crowd.finish();
  } catch (error) {
    console.log(`${crowd.report()}\n${tail(cluster.nodes.errors())}`);
    throw error;
  }
  console.log(`${promise}: ${crowd.report()}`);
  if (broken.length > 0) console.log(tail(cluster.nodes.errors()));
  assertEquals(broken.slice(0, 40), [], `${broken.length} broken; seed ${seed}`);
  assert(crowd.acknowledged > SIZE.clients, `only ${crowd.acknowledged} were acknowledged`);
}

export { isSkipped };

/** Asserts that messages are acknowledged through the whole outage. */
export async function goesOn({ crowd }: Pick<Stage, "crowd">): Promise<void> {
  for (let part = 0; part < 2; part++) {
    const before = crowd.acknowledged;
    await delay(OUTAGE_MS / 2);
    await until(
      `${SIZE.clients / 4} messages to be acknowledged meanwhile`,
      () => crowd.acknowledged - before > SIZE.clients / 4,
    );
  }
}

/** Every node is ready again, and everybody is served. */
export async function isWhole({ cluster, crowd }: Stage): Promise<void> {
  for (const index of cluster.all.keys()) await cluster.becomes(index, 200);
  await crowd.isServed();
}

function tail(log: string): string {
  return log.slice(-6_000);
}
