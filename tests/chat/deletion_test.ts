import { assert, assertEquals, assertObjectMatch } from "@std/assert";
import { until } from "../patience.ts";
import { Client } from "./chat_client.ts";
import { type ChatServer, startChat } from "./chat_server.ts";

/** What becomes of rooms and conversations when an account is deleted. */

const PASSWORD = "correct horse battery";

async function ask(
  chat: ChatServer,
  method: string,
  path: string,
  body: Readonly<Record<string, string>>,
  token?: string,
): Promise<Response> {
  return await fetch(`${chat.http}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? undefined : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });
}

/** The token of the new account; undefined: the name is somebody else's. */
async function tryRegister(chat: ChatServer, name: string): Promise<string | undefined> {
  const answer = await ask(chat, "POST", "/api/accounts", { name, password: PASSWORD });
  return (await answer.json()).token;
}

async function register(chat: ChatServer, name: string): Promise<string> {
  const token = await tryRegister(chat, name);
  assert(token);
  return token;
}

async function remove(chat: ChatServer, token: string): Promise<void> {
  const answer = await ask(chat, "DELETE", "/api/accounts/me", { password: PASSWORD }, token);
  await answer.body?.cancel();
  assertEquals(answer.status, 204);
}

Deno.test("whoever deletes the account has left its groups: the others hear it, and one of them owns them", async () => {
  await using chat = await startChat();
  const token = await register(chat, "Ann");
  await using ann = await Client.connect(chat, { token });
  await using ben = await Client.connect(chat, "Ben");
  await using cleo = await Client.connect(chat, "Cleo");
  await ann.ask({ type: "create", room: "team", kind: "group", members: ["Ben", "Cleo"] });
  await ann.ask({ type: "create", room: "hall", kind: "public" });
  for (const each of [ben, cleo]) await each.join("team");
  await remove(chat, token);
  assertEquals((await ann.closed).code, 4001);
  for (const each of [ben, cleo]) {
    assertObjectMatch(await each.next("member", ({ change }) => change === "role"), {
      room: "team",
      user: "Ben",
      role: "owner",
    });
    assertObjectMatch(await each.next("member", ({ change }) => change === "left"), {
      room: "team",
      user: "Ann",
    });
  }
  const { members, count } = await cleo.ask({ type: "members", room: "team" });
  assertEquals(
    [count, members.map(({ name, role }: { name: string; role: string }) => [name, role])],
    [2, [["Ben", "owner"], ["Cleo", "member"]]],
  );
  assertEquals((await ben.ask({ type: "set", room: "team", topic: "on we go" })).type, "ok");
  assertEquals(chat.failures, []);
});

Deno.test("the name of a group that ended with its last member's account is free at once", async () => {
  await using chat = await startChat();
  const token = await register(chat, "Ann");
  await using ann = await Client.connect(chat, { token });
  await ann.ask({ type: "create", room: "team", kind: "group" });
  await ann.join("team");
  await remove(chat, token);
  await ann.closed;
  await using ben = await Client.connect(chat, "Ben");
  assertEquals((await ben.ask({ type: "create", room: "team", kind: "group" })).type, "created");
  assertObjectMatch(await ben.join("team"), { type: "joined", room: "team", role: "owner" });
  assertEquals((await ben.say("team", "mine")).type, "sent");
});

Deno.test("who talked to somebody who is gone talks to whoever is called so by now", async () => {
  await using chat = await startChat();
  const token = await register(chat, "Ann");
  await using ann = await Client.connect(chat, { token });
  await using ben = await Client.connect(chat, "Ben");
  await ben.join("@Ann");
  await ben.say("@Ann", "hello");
  await ann.say("@Ben", "goodbye");
  await remove(chat, token);
  await ann.closed;
  assertEquals((await ben.say("@Ann", "Ann?")).code, "no_such_user");
  // The name is hers for the moment in which she might have come back.
  let anew: string | undefined;
  await until(
    "the name to be free",
    async () => (anew = await tryRegister(chat, "Ann")) !== undefined,
  );
  await using second = await Client.connect(chat, { token: anew ?? "" });
  assertObjectMatch(await ben.say("@Ann", "who are you?"), { type: "sent", seq: 1 });
  assertObjectMatch(await second.next("message"), { room: "@Ben", content: "who are you?" });
});
