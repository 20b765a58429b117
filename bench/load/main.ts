/**
 * The load generator, a process of its own: reads a scenario as JSON from its first argument, loads
 * the server that it names and prints the result as one line of JSON. Only loopback.
 */
import { runFanOut } from "./fan_out.ts";
import { runGathering } from "./gathering.ts";
import type { Result, Scenario } from "./scenario.ts";

function run(scenario: Scenario): Promise<Result> {
  const { work } = scenario;
  return work.kind === "fan-out" ? runFanOut(scenario, work) : runGathering(scenario, work);
}

if (import.meta.main) {
  const [argument] = Deno.args;
  if (argument === undefined) throw new Error("expected a scenario in JSON as the first argument");
  try {
    console.log(JSON.stringify(await run(JSON.parse(argument) as Scenario)));
    Deno.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}
