import { assert } from "@std/assert";
import { Pace, ROWS_AT_A_TIME } from "./pace.ts";

const READS = 100;
/** A round trip is two ways, each of which may be noticed some reads late. */
const READS_PER_ROUND_TRIP_MAX = 10;

Deno.test("who writes is heard between the parts of what another asks for at once", async () => {
  await using far = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [near, accepted] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: far.addr.port }),
    far.accept(),
  ]);
  const echoing = accepted.readable.pipeTo(accepted.writable);
  const word = new Uint8Array([1]);
  let roundTrips = 0;
  let reads = true;
  const talking = (async () => {
    for (; reads; roundTrips++) {
      await near.write(word);
      await near.read(word);
    }
  })();

  const pace = new Pace({ room: () => undefined });
  const asked = Array.from(
    { length: READS },
    () => pace.run(ROWS_AT_A_TIME, () => Promise.resolve()),
  );
  await Promise.all(asked);
  const heard = roundTrips;

  reads = false;
  await talking;
  near.close();
  await echoing;
  assert(heard >= READS / READS_PER_ROUND_TRIP_MAX, `${heard} round trips in ${READS} reads`);
});
