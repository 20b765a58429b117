import { TRANSPORTS } from "./chat_server.ts";
import { Dice } from "./model_dice.ts";
import { step } from "./model_steps.ts";
import { World } from "./model_world.ts";

/** More by the environment: HUBBUB_TEST_MODEL_RUNS=500. One of them: HUBBUB_TEST_MODEL_SEED=7. */
const RUNS = Number(Deno.env.get("HUBBUB_TEST_MODEL_RUNS") ?? 4);
const SEED = Deno.env.get("HUBBUB_TEST_MODEL_SEED");
const STEPS = 60;

const seeds = SEED === undefined
  ? Array.from({ length: RUNS }, (_, index) => index)
  : [Number(SEED)];

Deno.test(`whatever ${RUNS} random runs do, everybody sees what a plain model says`, async () => {
  let steps = 0;
  for (const seed of seeds) steps += await run(seed);
  console.log(`  ${steps} steps in ${seeds.length} runs`);
});

async function run(seed: number): Promise<number> {
  const dice = new Dice(seed);
  const done: string[] = [];
  try {
    await using world = await World.begin(dice.pick(TRANSPORTS), dice.pick([5, 60_000]));
    while (done.length < STEPS) done.push(await step(world, dice, done.length));
    await world.agrees();
    await world.restart();
    await world.agrees();
    return done.length;
  } catch (error) {
    const how = `seed ${seed}, after ${done.length} steps: ${done.slice(-8).join(", ")}`;
    throw new Error(`HUBBUB_TEST_MODEL_SEED=${seed} repeats it (${how})`, { cause: error });
  }
}
