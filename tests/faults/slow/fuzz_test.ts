import { assert, assertEquals } from "@std/assert";
import { Client } from "../../chat/chat_client.ts";
import { TRANSPORTS } from "../../chat/chat_server.ts";
import { Dice } from "../../chat/model_dice.ts";
import { startProcess } from "../../chat/server_process.ts";
import { mutate } from "./mutation.ts";

/** More or others by the environment: HUBBUB_FUZZ_FRAMES, HUBBUB_FUZZ_SEED. */
const FRAMES = Number(Deno.env.get("HUBBUB_FUZZ_FRAMES") ?? 100_000);
const SEED = Number(Deno.env.get("HUBBUB_FUZZ_SEED") ?? 1);
const BATCH = 200;

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: ${FRAMES} mutated frames end nothing and are answered with named errors (seed ${SEED})`, async () => {
    await using server = await startProcess([
      "--store",
      "memory:",
      "--rate",
      "0",
      "--transport",
      transport,
      // A busy machine holds up the event loop, which is a warning.
      "--log-level",
      "error",
    ]);
    await using witness = await Client.connect(server, "Witness");
    const dice = new Dice(SEED);
    await using client = await Client.connect(server, "Fuzz");
    const codes = new Map<string, number>();
    for (let sent = 0; sent < FRAMES; sent += BATCH) {
      for (let count = 0; count < BATCH; count++) client.sendText(mutate(dice));
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
