import { assertEquals } from "@std/assert";
import { BadNetwork } from "./bad_network.ts";

Deno.test("a cable that is cut while a call is being put through is cut for that one, too", async () => {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using network = new BadNetwork(server.addr.port);
  for (let calls = 0; calls < 20; calls++) {
    using client = await Deno.connect({ hostname: "127.0.0.1", port: network.port });
    // At another moment of the way each time.
    for (let turns = 0; turns < calls; turns++) await Promise.resolve();
    network.isDown = true;
    network.cut();
    assertEquals(await client.read(new Uint8Array(1)).catch(() => null), null);
    network.isDown = false;
  }
});
