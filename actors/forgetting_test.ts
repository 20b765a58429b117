import { assertEquals } from "@std/assert";
import { FakeCluster } from "./fake_cluster.ts";
import { type FakeChat, GRACE_MS } from "./fake_chat.ts";
import { user } from "./fake_session.ts";
import { HEARTBEAT_MS } from "./relay.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];
/** By then the one node that frees names has met the others, and has looked. */
const FORGOTTEN_MS = 150_000;
const STEP_MS = 1_000;
/** When the idle were seen last: clocks of tests begin much later. */
const LONG_AGO = 1;

async function pass(cluster: FakeCluster, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += STEP_MS) await cluster.advance(STEP_MS);
}

/**
 * Two nodes; the first frees the names of those who are gone. Each guest has said something in
 * public, so that the store holds its name; Bob and Carol are in conversations and long away.
 */
async function guests() {
  const freed: number[] = [];
  const cluster = await FakeCluster.open(2, (store) => ({
    forgetGuests: async (idleBefore, online) => {
      const count = await store.forgetGuests(idleBefore, online);
      freed.push(count);
      return count;
    },
  }));
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const talk = await here.store.openDirect(bob, carol, 1);
  const wanted = { name: "lobby", canonical: "lobby", kind: "public" } as const;
  const made = await here.store.createRoom(wanted, 1);
  if ("refused" in made) throw new Error(made.message);
  for (const guest of [alice, bob, carol]) {
    await here.store.ensureUser(guest, guest.name, LONG_AGO);
    await here.write(made.room.id, guest, "hello");
  }
  await here.write(talk.id, bob, "psst");
  for (const guest of [bob, carol]) await here.store.seen(guest.id, LONG_AGO);
  return { cluster, here, there, freed };
}

/** Who still has its name. */
async function named({ store }: FakeChat): Promise<string[]> {
  const found = await Promise.all(["alice", "bob", "carol"].map((name) => store.userByName(name)));
  return found.flatMap((each) => each ? [each.name] : []);
}

Deno.test("a node frees no name of a guest who is connected to another node alone", async () => {
  const { cluster, here, there, freed } = await guests();
  await there.connect(alice);
  await there.connect(bob);
  await pass(cluster, FORGOTTEN_MS);
  assertEquals(await named(here), ["alice", "bob"]);
  // Once, by one of the two, and it found Carol.
  assertEquals(freed, [1]);
  await cluster.close();
});

Deno.test("nor of one whose coming the other node said and nobody heard", async () => {
  const { cluster, here, there, freed } = await guests();
  await pass(cluster, 2 * HEARTBEAT_MS);
  cluster.server.fate = (_, text) => text.includes('"news"') ? "lost" : "arrives";
  await there.connect(alice);
  await there.connect(bob);
  await cluster.settle();
  cluster.server.fate = () => "arrives";
  await pass(cluster, FORGOTTEN_MS);
  assertEquals([await named(here), freed], [["alice", "bob"], [1]]);
  await cluster.close();
});

Deno.test("while a node cannot hear the others it frees no name at all", async () => {
  const { cluster, here, there, freed } = await guests();
  await there.connect(alice);
  await cluster.settle();
  cluster.server.away = true;
  await pass(cluster, FORGOTTEN_MS);
  assertEquals([await named(here), freed], [["alice", "bob", "carol"], []]);
  cluster.server.away = false;
  await pass(cluster, FORGOTTEN_MS);
  assertEquals([await named(here), freed], [["alice"], [2]]);
  await cluster.close();
});

Deno.test("who moves to another node while nobody can hear so keeps its name, until it goes", async () => {
  const { cluster, here, there } = await guests();
  const a = await here.connect(alice);
  await pass(cluster, 2 * HEARTBEAT_MS);
  cluster.server.away = true;
  await cluster.settle();
  await here.disconnect(a);
  const moved = await there.connect(alice, "json", { id: "moved" });
  assertEquals(moved.refused, undefined);
  await pass(cluster, 2 * GRACE_MS);
  cluster.server.away = false;
  await pass(cluster, FORGOTTEN_MS);
  assertEquals(await named(here), ["alice"]);
  await there.disconnect(moved);
  await pass(cluster, 2 * GRACE_MS);
  assertEquals(await named(here), []);
  await cluster.close();
});

Deno.test("who goes while the others cannot be heard has a free name soon after they can", async () => {
  const { cluster, here, there, freed } = await guests();
  await pass(cluster, FORGOTTEN_MS);
  assertEquals(freed, [3]);
  const dora = user("dora");
  await there.store.ensureUser(dora, "dora", LONG_AGO);
  const session = await there.connect(dora);
  await pass(cluster, 2 * HEARTBEAT_MS);
  cluster.server.away = true;
  await there.disconnect(session);
  await pass(cluster, 2 * GRACE_MS);
  assertEquals((await here.store.userByName("dora"))?.id, dora.id);
  cluster.server.away = false;
  await pass(cluster, FORGOTTEN_MS);
  assertEquals([await here.store.userByName("dora"), freed], [undefined, [3, 1]]);
  await cluster.close();
});
