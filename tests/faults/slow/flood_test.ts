import { assert, assertEquals, assertLess } from "@std/assert";
import { startEchoProcess } from "../../wire/echo_process.ts";
import { RawClient } from "../../wire/raw_client.ts";
import { frameBytes, joinBytes, OPCODE } from "../../wire/raw_frame.ts";

const MIB = 1024 * 1024;
/** Garbage that is not collected yet is no leak. */
const MEMORY_GROWTH_MAX_BYTES = 150 * MIB;

const { text, continuation, ping } = OPCODE;
const first = frameBytes(text, "", { fin: false });

/** What a client sends over and over, how much of it at most, and the code that ends it. */
const FLOODS = [
  {
    what: "513 MiB of one fragmented text",
    piece: frameBytes(continuation, "x".repeat(MIB), { fin: false }),
    pieces: 513,
    code: 1009,
  },
  {
    what: "a million fragments of one byte",
    piece: joinBytes(
      ...Array.from({ length: 1_000 }, () => frameBytes(continuation, "x", { fin: false })),
    ),
    pieces: 1_000,
    code: 1008,
  },
  {
    what: "a million pings",
    piece: joinBytes(...Array.from({ length: 1_000 }, () => frameBytes(ping, ""))),
    pieces: 1_000,
    code: 1008,
  },
];

for (const { what, piece, pieces, code } of FLOODS) {
  Deno.test(`guarded: ${what} from 20 clients ends with ${code}, memory is flat, others are served`, async () => {
    await using server = await startEchoProcess("guarded");
    const before = await server.memoryBytes();
    using other = await RawClient.open(server.port);
    const codes = Promise.all(Array.from({ length: 20 }, async () => {
      using client = await RawClient.open(server.port);
      const closed = client.readClose();
      try {
        await client.write(first);
        for (let sent = 0; sent < pieces; sent++) await client.write(piece);
      } catch {
        // The server has ended the connection; the code says why.
      }
      return (await closed).code;
    }));
    let floodEnded = false;
    codes.finally(() => floodEnded = true);
    let peak = before;
    while (!floodEnded) {
      await other.text("still served");
      assertEquals(await other.readText(), "still served");
      peak = Math.max(peak, await server.memoryBytes());
    }
    assertEquals(new Set(await codes), new Set([code]));
    assertLess(peak - before, MEMORY_GROWTH_MAX_BYTES);
    assert(peak >= before);
  });
}

/** Deno answers pings by itself and tells nobody: they cannot be counted, only borne. */
Deno.test("native: a hundred thousand pings from two clients, one of whom reads nothing, are borne: memory is bounded, others are served", async () => {
  await using server = await startEchoProcess("native");
  using other = await RawClient.open(server.port);
  using deaf = await RawClient.open(server.port);
  using reading = await RawClient.open(server.port);
  const before = await server.memoryBytes();
  const piece = joinBytes(...Array.from({ length: 500 }, () => frameBytes(ping, "x".repeat(100))));
  // What it does not read is held in the kernel, which then takes no more of it.
  let stuck = false;
  const flooding = (async () => {
    for (let sent = 0; sent < 100 && !stuck; sent++) await deaf.write(piece);
  })().catch(() => {});
  let answered = 0;
  const answers = (async () => {
    while (answered < 50_000 && await reading.readFrame()) answered++;
  })();
  const writing = (async () => {
    for (let sent = 0; sent < 100; sent++) await reading.write(piece);
  })();
  let peak = before;
  let done = false;
  void answers.then(() => done = true);
  while (!done) {
    await other.text("still served");
    assertEquals(await other.readText(), "still served");
    peak = Math.max(peak, await server.memoryBytes());
  }
  await writing;
  assertEquals(answered, 50_000);
  assertLess(peak - before, MEMORY_GROWTH_MAX_BYTES);
  stuck = true;
  deaf.destroy();
  await flooding;
});
