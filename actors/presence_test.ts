import { assert, assertEquals } from "@std/assert";
import { type UserRef } from "../store/store.ts";
import { FakeChat, GRACE_MS } from "./fake_chat.ts";
import { FakeRef } from "./fake_ref.ts";
import { FakeSession, user } from "./fake_session.ts";
import type { HubMessage } from "./hub_messages.ts";
import { USER_SESSIONS_MAX } from "./presence.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];
/** Two users who share a direct conversation, the first of them there. */
async function peers() {
  const chat = await FakeChat.open();
  const room = await chat.store.openDirect(alice, bob, chat.clock.now());
  await chat.write(room.id, alice, "hello");
  return { chat, a: await chat.connect(alice) };
}

const another: UserRef = { id: "another", name: "Alice", guest: true };

Deno.test("a name is held while its user is online and for its grace, then free", async () => {
  const chat = await FakeChat.open();
  const first = await chat.connect(alice);
  const [second] = [await chat.connect(alice, "json", { id: "second" })];
  assertEquals([first.refused, second.refused], [undefined, undefined], "one user, two devices");
  assertEquals((await chat.connect(another)).refused?.code, "name_taken");
  await chat.disconnect(first);
  await chat.advance(2 * GRACE_MS);
  assertEquals((await chat.connect(another)).refused?.code, "name_taken", "one device is left");
  await chat.disconnect(second);
  await chat.advance(GRACE_MS - 1);
  assertEquals((await chat.connect(another)).refused?.code, "name_taken");
  await chat.advance(1);
  assertEquals((await chat.connect(another)).refused, undefined);
  await chat.close();
});

Deno.test("one user has so many connections at most", async () => {
  const chat = await FakeChat.open();
  const sessions = [];
  for (let device = 0; device <= USER_SESSIONS_MAX; device++) {
    sessions.push(await chat.connect(alice, "json", { id: `${device}` }));
  }
  assertEquals(sessions.filter(({ refused }) => refused).length, 1);
  assertEquals(sessions.at(-1)?.refused?.code, "busy");
  const [first] = sessions;
  assert(first);
  await chat.disconnect(first);
  assertEquals((await chat.connect(alice)).refused, undefined);
  await chat.close();
});

Deno.test("peers hear once that somebody came, and once that it has gone for its grace", async () => {
  const { chat, a } = await peers();
  const stranger = await chat.connect(carol);
  const devices = [await chat.connect(bob), await chat.connect(bob, "json", { id: "phone" })];
  assertEquals(a.news(), ["bob online"]);
  for (const device of devices) await chat.disconnect(device);
  await chat.advance(GRACE_MS - 1);
  const back = await chat.connect(bob);
  await chat.advance(2 * GRACE_MS);
  assertEquals(a.news(), [], "a reconnect must not flicker");
  await chat.disconnect(back);
  await chat.advance(GRACE_MS);
  assertEquals(a.news(), ["bob offline"]);
  assertEquals(stranger.news(), []);
  await chat.close();
});

Deno.test("a grace that ends while its user comes and goes is not the end of the new one", async () => {
  const { chat, a } = await peers();
  const first = await chat.connect(bob);
  await chat.disconnect(first);
  await chat.advance(GRACE_MS - 1);
  a.lines();
  // The first grace ends behind these in the mailbox.
  const second = new FakeSession(bob);
  chat.board.tell({ type: "connect", session: second, reply() {} });
  chat.board.tell({ type: "disconnect", session: second });
  chat.clock.advance(1);
  await chat.advance(GRACE_MS - 1);
  assertEquals(a.news(), [], "the new grace was cut short");
  await chat.advance(1);
  assertEquals(a.news(), ["bob offline"]);
  const timers = chat.clock.pending;
  await chat.advance(5 * GRACE_MS);
  assertEquals([a.news(), chat.clock.pending], [[], timers]);
  await chat.close();
});

Deno.test("who comes back within its grace has a whole one the next time", async () => {
  const { chat, a } = await peers();
  for (let time = 0; time < 3; time++) {
    await chat.disconnect(await chat.connect(bob));
    await chat.advance(GRACE_MS - 1);
  }
  assertEquals(a.news(), ["bob online"]);
  await chat.advance(1);
  assertEquals(a.news(), ["bob offline"]);
  await chat.close();
});

Deno.test("a guest's name is free in the store after its grace; one with a conversation keeps it", async () => {
  const chat = await FakeChat.open();
  await chat.group("team", bob);
  await chat.settle();
  for (const guest of [alice, bob]) {
    await chat.store.ensureUser(guest, guest.name, chat.clock.now());
    await chat.disconnect(await chat.connect(guest));
  }
  assertEquals((await chat.store.userByName("alice"))?.id, "alice");
  await chat.advance(GRACE_MS);
  assertEquals(await chat.store.userByName("alice"), undefined);
  assertEquals((await chat.store.userByName("bob"))?.id, "bob");
  await chat.close();
});

Deno.test("an unknown session that ends is nobody's end", async () => {
  const chat = await FakeChat.open();
  const known = await chat.connect(alice);
  await chat.disconnect(new FakeSession(alice));
  await chat.disconnect(new FakeSession(bob));
  await chat.advance(2 * GRACE_MS);
  assertEquals((await chat.connect(another)).refused?.code, "name_taken");
  await chat.disconnect(known);
  await chat.close();
});

Deno.test("who watches is told who is there, who comes and who goes, and nothing after that", async () => {
  const chat = await FakeChat.open();
  const a = await chat.connect(alice);
  const hub = new FakeRef<HubMessage>();
  for (const user of ["alice", "bob"]) chat.board.tell({ type: "watch", hub, user });
  await chat.settle();
  assertEquals(hub.take(), [
    { type: "presence", user: "alice", online: true },
    { type: "attached", session: a, heads: undefined, there: true },
  ]);
  const b = await chat.connect(bob);
  await chat.disconnect(b);
  await chat.advance(GRACE_MS);
  assertEquals(hub.take(), [
    { type: "presence", user: "bob", online: true },
    { type: "attached", session: b, heads: new Map() },
    { type: "gone", session: b },
    { type: "presence", user: "bob", online: false },
  ]);
  chat.board.tell({ type: "unwatch", hub, user: "bob" });
  await chat.connect(bob);
  chat.board.tell({ type: "unwatch", hub });
  await chat.disconnect(a);
  await chat.advance(GRACE_MS);
  assertEquals(hub.told, []);
  await chat.close();
});
