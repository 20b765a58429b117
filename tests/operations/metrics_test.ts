import { assertEquals, assertMatch } from "@std/assert";
import { CLOSE } from "../../protocol/errors.ts";
import { openMemory } from "../../store/memory.ts";
import { type Store, StoreError } from "../../store/store.ts";
import { Client, TextClient } from "../chat/chat_client.ts";
import { type ChatServer, startChat, TRANSPORTS } from "../chat/chat_server.ts";
import { until } from "../patience.ts";
import { account, administrator } from "./administrator.ts";

const REMOTE = "203.0.113.9";
const LOOPBACK = [{ address: "127.0.0.0", prefixBits: 8, family: "ipv4" as const }];

async function status(
  { http }: ChatServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const response = await fetch(http + path, { headers });
  await response.body?.cancel();
  return response.status;
}

/** Every series of a scrape. */
async function scrape({ http }: ChatServer): Promise<Map<string, number>> {
  const response = await fetch(`${http}/metrics`);
  assertMatch(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split("\n").filter((line) => /^[a-z]/.test(line));
  return new Map(lines.map((line) => {
    const at = line.lastIndexOf(" ");
    return [line.slice(0, at), Number(line.slice(at + 1))];
  }));
}

Deno.test("whether the store takes what is written is in the metrics", async () => {
  const whole = await openMemory();
  let isAway = false;
  const store = new Proxy(whole, {
    get(target, name: keyof Store) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      if (isAway && (name === "append" || name === "probe")) {
        return () => Promise.reject(new StoreError("io", "away"));
      }
      return method.bind(target);
    },
  });
  await using chat = await startChat("native", { store });
  await using alice = await Client.connect(chat, "Alice");
  await alice.join("lobby");
  const up = async () => {
    const series = await scrape(chat);
    return [series.get("hubbub_store_up"), series.get("hubbub_store_lost_total")];
  };
  assertEquals(await up(), [1, 0]);
  isAway = true;
  assertEquals((await alice.say("lobby", "x")).code, "unavailable");
  assertEquals((await alice.say("lobby", "x")).code, "unavailable");
  assertEquals(await up(), [0, 1]);
  isAway = false;
  assertEquals((await alice.say("lobby", "x")).type, "sent");
  assertEquals(await up(), [1, 1]);
  // Where nobody writes, who asks whether it is ready finds out.
  isAway = true;
  assertEquals(await status(chat, "/readyz"), 503);
  assertEquals(await up(), [0, 2]);
});

for (const transport of TRANSPORTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${transport}: ${name}`, run);

  test("what people do is in the metrics: in, out, refused, come and gone", async () => {
    await using chat = await startChat(transport);
    await using alice = await Client.connect(chat, "Alice");
    await using bob = await Client.connect(chat, "Bob");
    for (const each of [alice, bob]) await each.join("lobby");
    for (const content of ["one", "two", "three"]) await alice.say("lobby", content);
    await bob.next("message", ({ content }) => content === "three");
    await bob.ask({ type: "edit", room: "lobby", seq: 1, content: "not mine" });
    await bob.ask({ type: "nonsense" });
    const carol = await Client.connect(chat, "Carol");
    await carol.close();
    // One that took the name of another is refused after the handshake.
    const thief = Client.open(chat, { name: "Alice" });
    assertEquals((await thief.closed).code, CLOSE.nameTaken);

    const expected = {
      hubbub_connections: 2,
      hubbub_connections_opened_total: 3,
      'hubbub_commands_received_total{type="message"}': 3,
      'hubbub_commands_received_total{type="join"}': 2,
      "hubbub_deliveries_total": 6,
      hubbub_hub_turn_events_sum: 3,
      // The edit was refused only when it was to be committed.
      hubbub_commit_rows_sum: 4,
      'hubbub_refusals_total{code="forbidden"}': 1,
      'hubbub_refusals_total{code="unknown_type"}': 1,
      'hubbub_handshakes_refused_total{reason="name_taken"}': 1,
      'hubbub_actors{kind="hub"}': 1,
      'hubbub_actors{kind="reader"}': 2,
      hubbub_unhandled_rejections_total: 0,
      hubbub_failures_total: 0,
    };
    let series = await scrape(chat);
    // Who has heard of the end of a connection hears of it before the server has put it away.
    const isGone = () =>
      series.get("hubbub_connections") === 2 && series.get('hubbub_actors{kind="reader"}') === 2;
    await until("two to be left", async () => isGone() || (series = await scrape(chat), isGone()));
    const got = Object.fromEntries(Object.keys(expected).map((name) => [name, series.get(name)]));
    assertEquals(got, expected);
    const closed = [...series].filter(([name]) => name.startsWith("hubbub_connections_closed"));
    assertEquals(closed.map(([, count]) => count), [1]);
  });

  test("a handshake that is none, and one from a foreign page, are counted by reason", async () => {
    await using chat = await startChat(transport);
    assertEquals(await status(chat, "/ws"), 426);
    const { hostname, port } = new URL(chat.http);
    using tcp = await Deno.connect({ hostname, port: Number(port) });
    const key = btoa("0123456789abcdef");
    await tcp.write(new TextEncoder().encode(
      `GET /ws HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
        `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n` +
        `Origin: https://evil.example\r\n\r\n`,
    ));
    const answer = new Uint8Array(12);
    await tcp.read(answer);
    assertEquals(new TextDecoder().decode(answer), "HTTP/1.1 403");
    const series = await scrape(chat);
    assertEquals(series.get('hubbub_handshakes_refused_total{reason="not_a_handshake"}'), 1);
    assertEquals(series.get('hubbub_handshakes_refused_total{reason="origin"}'), 1);
  });

  test("text clients count like all others", async () => {
    await using chat = await startChat(transport);
    await using alice = new TextClient(chat, "?name=Alice");
    await alice.opened;
    alice.send("hello");
    await alice.line("Alice: hello");
    const series = await scrape(chat);
    assertEquals(series.get('hubbub_commands_received_total{type="message"}'), 1);
    assertEquals(series.get("hubbub_deliveries_total"), 1);
  });
}

Deno.test("the metrics are for this machine and for administrators", async () => {
  await using chat = await startChat("guarded");
  const someone = `Bearer ${(await account(chat, "Someone")).token}`;
  const admin = `Bearer ${(await administrator(chat)).token}`;
  // A proxy on this machine that nobody named speaks for strangers.
  for (const header of ["x-forwarded-for", "forwarded", "x-real-ip", "via"]) {
    assertEquals(await status(chat, "/metrics", { [header]: "127.0.0.1" }), 401, header);
  }
  const remote = { "x-forwarded-for": REMOTE };
  assertEquals(await status(chat, "/metrics"), 200);
  assertEquals(await status(chat, "/metrics", { ...remote, authorization: someone }), 403);
  assertEquals(await status(chat, "/metrics", { ...remote, authorization: admin }), 200);
});

Deno.test("behind a trusted proxy it is the client's address that counts", async () => {
  await using chat = await startChat("guarded", { trustedProxies: LOOPBACK });
  assertEquals(await status(chat, "/metrics", { "x-forwarded-for": REMOTE }), 401);
  assertEquals(await status(chat, "/metrics", { "x-forwarded-for": "127.0.0.1" }), 200);
  // What it does not say is nobody's claim to be from here.
  for (const header of ["x-real-ip", "forwarded", "via"]) {
    assertEquals(await status(chat, "/metrics", { [header]: REMOTE }), 401, header);
  }
  assertEquals(await status(chat, "/metrics", { "x-forwarded-for": "unknown" }), 401);
});

Deno.test("with a limit the actors are so many of each kind, and the kinds are of all", async () => {
  await using chat = await startChat("native");
  const { token } = await administrator(chat);
  const clients = await Promise.all(
    Array.from({ length: 5 }, (_, index) => Client.connect(chat, `Guest${index}`)),
  );
  const response = await fetch(`${chat.http}/api/actors?limit=2`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { kinds, actors } = await response.json();
  const count = (kind: string) =>
    actors.filter(({ name }: { name: string }) => name.startsWith(kind)).length;
  assertEquals([count("reader"), count("writer"), count("archive")], [2, 2, 1]);
  const readers = kinds.find(({ kind }: { kind: string }) => kind === "reader");
  assertEquals(readers.count, 5);
  for (const client of clients) await client.close();
});
