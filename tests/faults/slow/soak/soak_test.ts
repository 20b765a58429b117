import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { Client } from "../../../chat/chat_client.ts";
import { wholeHistory } from "../../../chat/history.ts";
import { Ledger } from "../../../chat/ledger.ts";
import { Dice } from "../../../chat/model_dice.ts";
import { startProcess } from "../../../chat/server_process.ts";
import { percentile } from "../vitals.ts";
import { Citizen } from "./citizen.ts";
import { figures, idleFigures, shown } from "./figures.ts";
import { misbehave } from "./hostile.ts";
import { Scene } from "./scene.ts";
import { speakText, useAccount } from "./visitors.ts";

/** An hour by the environment: HUBBUB_TEST_SOAK_SECONDS=3600. */
const SECONDS = Number(Deno.env.get("HUBBUB_TEST_SOAK_SECONDS") ?? 20);
const SEED = Number(Deno.env.get("HUBBUB_TEST_SEED") ?? 1);
/** Together 500 who come and go. */
const CITIZENS = 400, TEXTS = 25, ACCOUNTS = 15, HOSTILES = 60;
const ROOMS = Array.from({ length: 12 }, (_, index) => `soak-${index}`);
const PACE_MS = 2_000;
const STAY_MAX_MS = 40_000, AWAY_MAX_MS = 8_000;
/** One in so many visits is the last; somebody new comes instead. */
const LAST_VISIT_IN = 5;
/** Direct messages and groups are among so many. */
const NEIGHBOURS = 6;
/** Until then caches fill and code is compiled: not yet what is compared with the end. */
const WARM_SECONDS = Math.max(5, Math.min(60, SECONDS / 4));
/** A room that nobody needs is put away after a minute: too long for a short run. */
const LONG = SECONDS >= 120;
const IDLE_PATIENCE_MS = LONG ? 120_000 : 10_000;
/** Of an hour or more; a page cache of 64 MiB that fills is among it. */
const RSS_GROWTH_MAX_MIB = 128;
const HEAP_GROWTH_MAX_MIB = LONG ? 16 : 32;
/** The connections by which the server is asked for its figures. */
const DESCRIPTORS_GROWTH_MAX = 2;
const REPORTS = 10;

let named = 0;
const newName = () => `p${++named}`;

/** Everybody who takes part, until the scene is over. */
function populate(scene: Scene, ledger: Ledger, dice: Dice, people: Citizen[]): Promise<unknown> {
  const citizen = (index: number): Citizen =>
    new Citizen(scene, new Dice(dice.below(2 ** 31)), newName(), () => {
      const group = index - index % NEIGHBOURS;
      return people[Math.min(CITIZENS - 1, group + dice.below(NEIGHBOURS))]!.client.name;
    }, ledger);
  const live = async (index: number) => {
    await delay(dice.below(3_000));
    while (!scene.over) {
      const who = people[index] ??= citizen(index);
      await who.visit(1_000 + dice.below(STAY_MAX_MS));
      if (dice.once(LAST_VISIT_IN)) people[index] = citizen(index);
      if (!scene.over) await delay(dice.below(AWAY_MAX_MS));
    }
  };
  const many = (count: number, life: (index: number) => Promise<void>) =>
    Array.from({ length: count }, (_, index) => life(index));
  for (let index = people.length; index < CITIZENS; index++) people[index] = citizen(index);
  const own = () => new Dice(dice.below(2 ** 31));
  return Promise.all([
    ...many(CITIZENS, live),
    ...many(TEXTS, () => speakText(scene, own(), newName())),
    ...many(ACCOUNTS, () => useAccount(scene, own(), newName())),
    ...many(HOSTILES, () => misbehave(scene, own())),
  ]);
}

Deno.test({
  name:
    `guarded: ${SECONDS} s of 500 who come and go, hostile ones among them: nothing lost or doubled, nothing left behind (seed ${SEED})`,
  ignore: Deno.build.os !== "linux",
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const args = [
        ...["--store", `sqlite:${folder}/hubbub.db`, "--transport", "guarded"],
        ...["--trust-proxy", "127.0.0.1", "--max-per-address", "0", "--log-level", "error"],
      ];
      const runtime = [
        "--v8-flags=--expose-gc",
        `--preload=${import.meta.dirname}/collect_garbage.ts`,
      ];
      const ledger = new Ledger();
      const dice = new Dice(SEED);
      const people: Citizen[] = [];
      await using server = await startProcess(args, [], runtime);
      const fresh = await idleFigures(server, IDLE_PATIENCE_MS);
      console.log(`  fresh: ${shown(fresh)}`);

      const scene = new Scene(server, ROOMS, PACE_MS);
      const play = async (seconds: number, reports: number) => {
        scene.over = false;
        const living = populate(scene, ledger, dice, people);
        living.catch((error) => scene.fault(String(error?.stack ?? error)));
        for (let report = 1; report <= reports; report++) {
          await delay(seconds * 1_000 / reports);
          const times = scene.takeTimes();
          console.log(
            `  ${(seconds * report / reports).toFixed(0)} s: ${shown(await figures(server))}; ` +
              `${ledger.acknowledgedCount} acknowledged, ${ledger.seen} heard; an answer: half within ` +
              `${percentile(times, 0.5).toFixed(0)} ms, 99% within ${
                percentile(times, 0.99).toFixed(0)
              } ms`,
          );
        }
        scene.over = true;
        await living;
        console.log(`  ${[...scene.counts].map(([what, count]) => `${what} ${count}`).join(", ")}`);
        scene.counts.clear();
        return await idleFigures(server, IDLE_PATIENCE_MS);
      };
      const before = await play(WARM_SECONDS, 1);
      console.log(`  at start: ${shown(before)}`);
      const after = await play(SECONDS, LONG ? REPORTS : 2);
      console.log(`  at end: ${shown(after)}`);
      assertEquals([...scene.faults].map(([what, count]) => `${count} × ${what}`), []);
      assertEquals(await server.stop(), 0);
      assertEquals(server.errors(), "");

      await using again = await startProcess([...args, "--rate", "0"]);
      await using reader = await Client.connect(again);
      for (const room of ROOMS) ledger.check(room, await wholeHistory(reader, room));
      console.log(`  ${ledger.acknowledgedCount} acknowledged, ${ledger.seen} heard, all as kept`);

      assert(after.rssMiB - before.rssMiB < RSS_GROWTH_MAX_MIB, "resident memory grew");
      assert(after.heapMiB - before.heapMiB < HEAP_GROWTH_MAX_MIB, "the heap grew");
      assert(
        after.descriptors - fresh.descriptors <= DESCRIPTORS_GROWTH_MAX,
        "descriptors are left",
      );
      assertEquals(after.connections, 0);
      const { hub: _hubs, ...actors } = after.actors;
      const { hub: _before, ...expected } = fresh.actors;
      assertEquals(LONG ? after.actors : actors, LONG ? fresh.actors : expected);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
