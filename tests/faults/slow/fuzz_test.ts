import { assert, assertEquals } from "@std/assert";
import { EXAMPLES } from "../../../protocol/examples.ts";
import { Client } from "../../chat/chat_client.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { startProcess } from "../../chat/server_process.ts";

/** More or others by the environment: HUBBUB_FUZZ_FRAMES, HUBBUB_FUZZ_SEED. */
const FRAMES = Number(Deno.env.get("HUBBUB_FUZZ_FRAMES") ?? 100_000);
const SEED = Number(Deno.env.get("HUBBUB_FUZZ_SEED") ?? 1);
const BATCH = 200;

const VALID = Object.values(EXAMPLES.commands).map((command) => JSON.stringify(command));
const PIECES = ['"', "\\", "{", "[", "]", "}", ",", "\n", "\0", "😀", "\\ud800", "1e999", "null"];

/** The same numbers for the same seed (Mulberry32): from 0 to below `below`. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

function mutate(roll: (below: number) => number): string {
  const pick = (from: readonly string[]) => from[roll(from.length)] ?? "";
  let frame = pick(VALID);
  for (let changes = roll(3); changes >= 0; changes--) {
    const at = roll(frame.length + 1);
    switch (roll(4)) {
      case 0:
        frame = frame.slice(0, at) + frame.slice(at + 1 + roll(4));
        break;
      case 1:
        frame = frame.slice(0, at) + pick(PIECES) + frame.slice(at);
        break;
      case 2:
        frame = frame.slice(0, at) + String.fromCharCode(roll(0x10000)) + frame.slice(at + 1);
        break;
      default:
        frame = frame.slice(0, at) + pick(VALID).slice(roll(40));
    }
  }
  return frame;
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: ${FRAMES} mutated frames end nothing and are answered with named errors (seed ${SEED})`, async () => {
    await using server = await startProcess([
      "--store",
      "memory:",
      "--rate",
      "0",
      "--transport",
      transport,
      "--log-level",
      "warning",
    ]);
    await using witness = await Client.connect(server, "Witness");
    const roll = dice(SEED);
    await using client = await Client.connect(server, "Fuzz");
    const codes = new Map<string, number>();
    for (let sent = 0; sent < FRAMES; sent += BATCH) {
      for (let count = 0; count < BATCH; count++) client.sendText(mutate(roll));
      await client.sync();
      for (const { code } of client.all("error")) codes.set(code, (codes.get(code) ?? 0) + 1);
      client.forget();
    }
    assert((codes.get("bad_json") ?? 0) > FRAMES / 20, JSON.stringify([...codes]));
    assert((codes.get("bad_command") ?? 0) > 0 && (codes.get("unknown_type") ?? 0) > 0);
    assertEquals(codes.get("internal") ?? 0, 0);
    assertEquals((await witness.ask({ type: "ping" })).type, "pong");
    // No unhandled rejection, no actor that started again.
    assertEquals(server.errors(), "");
    assertEquals(await server.stop(), 0);
  });
}
