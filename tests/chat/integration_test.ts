import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";

/** What the first example of docs/integration.md exports. */
interface Example {
  ask(method: string, path: string, options?: { token?: string; body?: unknown }): Promise<
    { token: string }
  >;
  Bot: new (token: string, seen: Record<string, number>, told: (event: Event) => void) => Bot;
}

interface Event {
  readonly type: string;
  readonly room: string;
  readonly seq: number;
  readonly content?: string;
}

interface Bot {
  readonly socket: WebSocket;
  readonly ended: Promise<unknown>;
  say(command: unknown): Promise<{ type: string }>;
}

const PAGE = new URL("../../docs/integration.md", import.meta.url);

/** The example as it stands there, with another server's address. */
async function example(http: string): Promise<Example> {
  const [, code] = /```js\n([^]*?)```/.exec(await Deno.readTextFile(PAGE)) ?? [];
  const here = code?.replace('"http://127.0.0.1:8080"', JSON.stringify(http)) ?? "";
  return await import(`data:text/javascript,${encodeURIComponent(here)}`);
}

Deno.test("the bot of the integrator's guide hears everything once and in order, whenever it comes back", async () => {
  await using chat = await startChat();
  const { ask, Bot } = await example(chat.http);
  const account = (name: string) =>
    ask("POST", "/api/accounts", { body: { name, password: "long enough" } });
  const { token } = await account("desk");
  const agent = (await account("agent")).token;
  await using visitor = await Client.connect(chat, "Zoë");

  const seen: Record<string, number> = {};
  const heard: string[] = [];
  const tell = (event: Event) => heard.push(`${event.room} ${event.seq} ${event.content ?? ""}`);
  const write = (room: string, content: string) =>
    ask("POST", `/api/rooms/${room}/messages`, { token: agent, body: { content, key: content } });
  const bots: Bot[] = [];
  const start = () => {
    const bot = new Bot(token, seen, tell);
    bots.push(bot);
    return new Promise<Bot>((open) => bot.socket.addEventListener("open", () => open(bot)));
  };
  const end = async (bot: Bot) => {
    bot.socket.close();
    await bot.ended;
  };

  const first = await start();
  for (const room of ["t1", "t2"]) {
    const made = { type: "create", room, kind: "group", members: ["agent", "Zoë"] };
    assertEquals((await first.say(made)).type, "created");
  }
  await write("t1", "one");
  await visitor.say("t2", "two");
  await first.say({ type: "ping" });
  await end(first);
  for (let n = 0; n < 20; n++) await write("t1", `missed ${n}`);
  await write("t1", "missed 0");
  const second = await start();
  // While it catches up, as after it.
  await write("t1", "three");
  await write("t2", "four");
  await second.say({ type: "ping" });
  while (heard.length < 2 * 3 + 24) await second.say({ type: "ping" });
  await end(second);

  for (const room of ["t1", "t2"]) {
    const seqs = heard.filter((line) => line.startsWith(`${room} `)).map((line) =>
      Number(line.split(" ")[1])
    );
    assertEquals(seqs, seqs.map((_, index) => index + 1), room);
    assertEquals(seen[room], seqs.length);
  }
  assertEquals(heard.at(-1)?.split(" ").at(-1), "four");
  const unread = await assertRejects(() => ask("GET", "/api/rooms/nothing/messages", { token }));
  assertEquals((unread as Error & { code: string }).code, "no_such_room");
  assertEquals(chat.failures, []);
});
