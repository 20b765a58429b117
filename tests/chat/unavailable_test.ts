import { assertEquals } from "@std/assert";
import { openMemory } from "../../store/memory.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { Client } from "./chat_client.ts";
import { startChat, TRANSPORTS } from "./chat_server.ts";

/** A store in memory that can be away: then every question fails as one to a database does. */
async function awayStore() {
  const store = await openMemory();
  const away = { isAway: false };
  const refused = () => Promise.reject(new StoreError("unreachable", "nobody answers"));
  const shown = new Proxy<Store>(store, {
    get(target, name: keyof Store) {
      const value = target[name];
      if (typeof value !== "function") return value;
      return away.isAway && name !== "close" ? refused : value.bind(target);
    },
  });
  return { store: shown, away };
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: whoever comes while the store is away is told unavailable and when to try again`, async () => {
    const { store, away } = await awayStore();
    await using server = await startChat(transport, { store });
    const { token } = await first(server);
    away.isAway = true;
    for (const options of [{ name: "Bob" }, {}, { token }]) {
      const client = Client.open(server, options);
      assertEquals((await client.closed).code, 1013);
      const [said] = client.said;
      assertEquals([said?.type, said?.code, said?.retry_ms], ["error", "unavailable", 1_000]);
    }
    away.isAway = false;
    await using bob = await Client.connect(server, "Bob");
    assertEquals(bob.name, "Bob");
  });
}

async function first(server: Parameters<typeof Client.connect>[0]) {
  await using alice = await Client.connect(server, "Alice");
  return { token: String(alice.welcome["token"]) };
}
