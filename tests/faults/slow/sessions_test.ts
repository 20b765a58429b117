import { assertEquals } from "@std/assert";
import { CLOSE } from "../../../protocol/errors.ts";
import { Client } from "../../chat/chat_client.ts";
import { type ChatServer, startChat } from "../../chat/chat_server.ts";
import { StandingClock } from "../../chat/standing_clock.ts";
import { rest } from "../rest.ts";

async function register(
  chat: ChatServer,
  name: string,
  password = "correct horse",
): Promise<string> {
  const { json } = await rest(chat, "/api/accounts", { body: { name, password } });
  assertEquals(typeof json.token, "string", JSON.stringify(json));
  return json.token;
}

Deno.test("logging out, a new password and deletion close the sockets of those sessions at once", async () => {
  // Looking at all connections every few seconds would find them, too: this clock lets no time pass.
  await using chat = await startChat("guarded", { clock: new StandingClock() });
  const body = { name: "Alice", password: "correct horse" };
  const first = await register(chat, body.name);
  const logIn = async (password = body.password): Promise<string> =>
    (await rest(chat, "/api/sessions", { body: { ...body, password } })).json.token;
  const connect = (token: string) => Client.connect(chat, { token });
  const ended = async (client: Client) =>
    assertEquals((await client.closed).code, CLOSE.unauthorized);

  const second = await logIn();
  const [one, two, three] = [await connect(first), await connect(first), await connect(second)];
  const out = await rest(chat, "/api/sessions/current", { method: "DELETE", token: first });
  assertEquals(out.status, 204);
  await Promise.all([ended(one), ended(two)]);
  assertEquals((await three.ask({ type: "ping" })).type, "pong");
  const back = Client.open(chat, { token: first });
  assertEquals((await back.next("error")).code, "unauthorized");
  await ended(back);

  const third = await logIn();
  const four = await connect(third);
  const changed = await rest(chat, "/api/accounts/me/password", {
    token: third,
    body: { old: body.password, new: "battery staple" },
  });
  assertEquals(changed.status, 204);
  await ended(three);
  assertEquals((await four.ask({ type: "ping" })).type, "pong");

  const five = await connect(await logIn("battery staple"));
  const gone = await rest(chat, "/api/accounts/me", {
    method: "DELETE",
    token: third,
    body: { password: "battery staple" },
  });
  assertEquals(gone.status, 204);
  await Promise.all([ended(four), ended(five)]);
  assertEquals(chat.failures, []);
});
