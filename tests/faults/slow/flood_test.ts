import { assert, assertEquals, assertLess } from "@std/assert";
import { startEchoProcess } from "../../wire/echo_process.ts";
import { frameBytes, joinBytes, OPCODE, RawClient } from "../../wire/raw_client.ts";

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
