import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { DatabaseSync } from "node:sqlite";
import { Metrics } from "../../metrics/metrics.ts";
import { openMemory } from "../../store/memory.ts";
import type { Store } from "../../store/store.ts";
import { Witness } from "../../witness.ts";
import { Client } from "../chat/chat_client.ts";
import { startChat } from "../chat/chat_server.ts";
import { startProcess } from "../chat/server_process.ts";
import { PATIENCE_MS, until } from "../patience.ts";

/** The program, which makes mistakes when it is told to. */
const startTroubled = (args: readonly string[]) =>
  startProcess(args, [], [`--preload=${import.meta.dirname}/make_trouble.ts`]);

Deno.test("a rejection that nobody handles is logged and counted, and the server serves on", async () => {
  await using server = await startTroubled(["--store", "memory:"]);
  await using alice = await Client.connect(server, "Alice");
  await alice.join("lobby");
  server.signal("SIGUSR1");
  await server.says(/level=error .*msg="unhandled rejection" error="Error: nobody handles this"/);
  assertEquals((await alice.say("lobby", "still here")).type, "sent");
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  assertMatch(metrics, /^hubbub_unhandled_rejections_total 1$/m);
});

Deno.test("an event loop that is held is a line that says for how long", async () => {
  await using server = await startTroubled(["--store", "memory:"]);
  server.signal("SIGUSR2");
  const [, lagMs] = await server.says(/level=warning .*msg="event loop was held" lagMs=(\d+)/);
  assert(Number(lagMs) >= 200 && Number(lagMs) < PATIENCE_MS, `${lagMs} ms`);
});

/** A store whose commits hold the event loop, as a full disk cache does. */
async function slowStore(holdMs: number): Promise<Store> {
  const store = await openMemory();
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        const until = performance.now() + (name === "append" ? holdMs : 0);
        while (performance.now() < until);
        return value.apply(target, args);
      };
    },
  });
}

Deno.test("who held the event loop is known by name", async () => {
  const held: (string | undefined)[] = [];
  class Listening extends Witness {
    override lagged(lagMs: number, actor: string | undefined): void {
      super.lagged(lagMs, actor);
      if (lagMs > 300) held.push(actor);
    }
  }
  const witness = new Listening(new Metrics());
  await using chat = await startChat("native", { store: await slowStore(700), witness });
  await using alice = await Client.connect(chat, "Alice");
  await alice.join("lobby");
  await alice.say("lobby", "slowly");
  // A machine that stands still holds it, too, and then it may be anybody's turn.
  await until("a line about the archive", () => held.includes("archive"));
});

Deno.test("a hub that fails again and again ends the process with a line and code 70", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/hubbub.db`;
    await using server = await startTroubled(["--store", `sqlite:${path}`]);
    await using alice = await Client.connect(server, "Alice");
    await alice.join("lobby");
    await alice.say("lobby", "first");
    {
      // The next event is after a gap that the store cannot fill, and then the room is gone.
      using database = new DatabaseSync(path);
      database.exec(`
        PRAGMA busy_timeout = 5000;
        CREATE TRIGGER lose_room AFTER INSERT ON messages
          BEGIN DELETE FROM rooms WHERE id = NEW.room; END;
        UPDATE rooms SET seq = seq + 5;
      `);
    }
    alice.send({ type: "message", room: "lobby", content: "into the gap" });
    assertEquals((await deadline(server.ended, PATIENCE_MS)).code, 70);
    assertMatch(server.errors(), /msg="actor starts again" actor="hub lobby"/);
    assertMatch(server.errors(), /^hubbub: hub lobby failed too often and was given up: /m);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
