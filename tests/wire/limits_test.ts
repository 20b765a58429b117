import { assertEquals, assertLess } from "@std/assert";
import { DEFAULT_BRAKES } from "../../transport/brakes.ts";
import { CONTROL_FRAMES_PER_SECOND_MAX } from "../../transport/control_frame_limit.ts";
import { MAX_FRAME_BYTES, serveEcho } from "./echo_server.ts";
import { until } from "../patience.ts";
import { RawClient } from "./raw_client.ts";
import { frameBytes, joinBytes, OPCODE } from "./raw_frame.ts";

const { text, continuation, ping, pong } = OPCODE;

/** What only the guarded transport bounds. */
Deno.test("guarded: a frame over the limit is refused by its header, before it is held", async () => {
  await using server = await serveEcho("guarded");
  for (const claimedLength of [MAX_FRAME_BYTES + 1, 2 ** 30, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    using client = await RawClient.open(server.port);
    await client.send(text, "", { claimedLength });
    assertEquals([claimedLength, (await client.readClose()).code], [claimedLength, 1009]);
  }
  assertEquals(server.served.flatMap(({ texts }) => texts), []);
});

Deno.test("guarded: fragments count together against the limit", async () => {
  await using server = await serveEcho("guarded");
  using client = await RawClient.open(server.port);
  await client.send(text, "x".repeat(MAX_FRAME_BYTES / 2), { fin: false });
  await client.send(continuation, "x".repeat(MAX_FRAME_BYTES / 2), { fin: false });
  await client.send(continuation, "x");
  assertEquals((await client.readClose()).code, 1009);
});

Deno.test("guarded: too many fragments end with 1008, empty ones too", async () => {
  await using server = await serveEcho("guarded");
  for (const payload of ["x", ""]) {
    using client = await RawClient.open(server.port);
    const more = frameBytes(continuation, payload, { fin: false });
    const fragments = Array.from({ length: DEFAULT_BRAKES.maxFragments }, () => more);
    await client.write(joinBytes(frameBytes(text, payload, { fin: false }), ...fragments));
    assertEquals((await client.readClose()).code, 1008);
  }
});

Deno.test("guarded: a frame that comes byte by byte for ever ends with 1008", async () => {
  await using server = await serveEcho("guarded", { brakes: { maxBufferedReads: 8 } });
  using client = await RawClient.open(server.port);
  client.tcp.setNoDelay(true);
  const closed = client.readClose();
  const [head, ...rest] = Array.from(frameBytes(text, "x".repeat(100)), (b) => new Uint8Array([b]));
  for (const byte of [head as Uint8Array, ...rest.slice(0, 40)]) {
    await client.write(byte).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assertEquals((await closed).code, 1008);
});

for (const [what, opcode] of [["pings", ping], ["pongs", pong]] as const) {
  Deno.test(`guarded: a flood of ${what} is cut with 1008, a keep-alive is not`, async () => {
    await using server = await serveEcho("guarded");
    using client = await RawClient.open(server.port);
    const { alive: before } = await server.connection(0);
    await client.send(opcode, "one");
    await until("a sign of life", () => (server.served[0]?.alive ?? 0) === before + 1);
    const one = frameBytes(opcode, "");
    const flood = Array.from({ length: CONTROL_FRAMES_PER_SECOND_MAX * 10 }, () => one);
    await client.write(joinBytes(...flood)).catch(() => {});
    assertEquals((await client.readClose()).code, 1008);
    assertLess(server.served[0]?.alive ?? 0, CONTROL_FRAMES_PER_SECOND_MAX + 1);
  });
}

Deno.test("guarded: a ping from the server is answered and reported as a sign of life", async () => {
  await using server = await serveEcho("guarded");
  using client = await RawClient.open(server.port);
  const served = await server.connection(0);
  assertEquals(served.socket.ping(), true);
  assertEquals((await client.readFrame())?.opcode, ping);
  await client.send(pong);
  await until("a sign of life", () => served.alive === 1);
});
