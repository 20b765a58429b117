import { assert, assertEquals } from "@std/assert";
import { StoreError } from "../store/store.ts";
import { FakeCluster } from "./fake_cluster.ts";
import { type FakeSession, user } from "./fake_session.ts";
import { GAP_PATIENCE_MS } from "./gap_reader.ts";
import { HEADS_EVERY_MS } from "./head_check.ts";

const [alice, bob, carol] = [user("alice"), user("bob"), user("carol")];

/** Two nodes of which the second hears nothing of what is written; Alice writes on the first. */
async function deaf(change: Parameters<typeof FakeCluster.open>[1] = () => ({})) {
  const cluster = await FakeCluster.open(2, change);
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const hear = () => cluster.server.fate = () => "arrives";
  cluster.server.fate = (_, text) => text.includes('"rows"') ? "lost" : "arrives";
  return { cluster, here, there, hear };
}

/** The same, with the hub of the lobby on both, and Alice in it. */
async function deafLobby(change?: Parameters<typeof deaf>[0]) {
  const nodes = await deaf(change);
  const { here, there } = nodes;
  const [ours, theirs] = [await here.hub("lobby"), await there.hub("lobby")];
  const a = await here.connect(alice);
  await here.enter(ours, a);
  return { ...nodes, ours, theirs, a };
}

Deno.test("who saw more on another node gets what follows, once, and nothing again", async () => {
  const { cluster, here, there, hear, ours, theirs, a } = await deafLobby();
  const b = await there.connect(bob);
  for (const content of ["x", "y", "z"]) here.say(ours, a, content);
  await cluster.settle();
  there.join(theirs, b, { since: 2 });
  there.say(theirs, b, "w", "w");
  await cluster.settle();
  assertEquals(b.news(), [], "the node has not caught up");
  hear();
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), ["joined join 3", "3 z", "sent w 4", "4 w"]);
  await cluster.close();
});

Deno.test("the answer to a join is never below what its client has", async () => {
  const { cluster, here, there, ours, theirs, a } = await deafLobby();
  const b = await there.connect(bob);
  here.say(ours, a, "x");
  await cluster.settle();
  there.join(theirs, b, { since: 1 });
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), ["joined join 1"]);
  await cluster.close();
});

Deno.test("who claims to have seen what nobody wrote is not waited for", async () => {
  const { cluster, there } = await deaf();
  const theirs = await there.hub("lobby");
  const b = await there.connect(bob);
  there.join(theirs, b, { since: 1_000_000 });
  await cluster.settle();
  assertEquals(b.news(), ["joined join 0"]);
  await cluster.close();
});

Deno.test("when the store cannot say where the log ends, the join is refused and may be asked again", async () => {
  let fails = false;
  const { cluster, here, there, ours, theirs, a } = await deafLobby((store) => ({
    heads: (rooms) => fails ? Promise.reject(new StoreError("other", "away")) : store.heads(rooms),
  }));
  const b = await there.connect(bob);
  here.say(ours, a, "x");
  await cluster.settle();
  fails = true;
  there.join(theirs, b, { since: 1 });
  there.say(theirs, b, "y", "y");
  await cluster.settle();
  assertEquals(b.news(), ["error join unavailable", "error y unavailable"]);
  fails = false;
  there.join(theirs, b, { since: 1 });
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), ["joined join 1"]);
  await cluster.close();
});

Deno.test("who ends while waiting is forgotten, and the hub may end", async () => {
  const { cluster, here, there, ours, theirs, a } = await deafLobby();
  const b = await there.connect(bob);
  here.say(ours, a, "x");
  await cluster.settle();
  there.join(theirs, b, { since: 1 });
  theirs.tell({ type: "gone", session: b });
  await cluster.advance(GAP_PATIENCE_MS);
  assertEquals(b.news(), []);
  await cluster.close();
});

Deno.test("a hub that fails while somebody waits lets them in after its restart", async () => {
  const { cluster, here, there, ours, theirs, a } = await deafLobby();
  const [b, c] = [await there.connect(bob), await there.connect(carol)];
  await there.enter(theirs, c);
  here.say(ours, a, "x");
  here.say(ours, a, "y");
  await cluster.settle();
  there.join(theirs, b, { since: 1 });
  await cluster.settle();
  there.fail(theirs, c);
  await cluster.settle();
  await there.restart();
  await cluster.settle();
  assertEquals(b.news(), ["joined join 2", "2 y"]);
  await cluster.close();
});

Deno.test("who was just invited on another node is a member here, too", async () => {
  const { cluster, here, there } = await deaf();
  await here.group("team", alice, carol);
  const [ours, theirs] = [await here.hub("team"), await there.hub("team")];
  const [a, b, c] = [
    await here.connect(alice),
    await there.connect(bob),
    await there.connect(carol),
  ];
  here.command(ours, a, { type: "invite", user: "bob", id: "invite" }, bob);
  await cluster.settle();
  assertEquals(c.news(), []);
  there.join(theirs, b);
  there.say(theirs, b, "hello", "hello");
  await cluster.advance(GAP_PATIENCE_MS);
  const heard = b.news();
  assert(heard.includes("sent hello 4"), heard.join("; "));
  assert(!heard.some((news) => news.startsWith("error")), heard.join("; "));
  await cluster.close();
});

Deno.test("somebody who belongs to a group nowhere is refused, and nobody waits for them", async () => {
  const { cluster, here, there } = await deaf();
  await here.group("team", alice);
  const theirs = await there.hub("team");
  const b = await there.connect(bob);
  there.join(theirs, b);
  await cluster.settle();
  assertEquals(b.news(), ["error join not_member"]);
  await cluster.close();
});

Deno.test("what a conversation's welcome counts is not sent again by a node that is behind", async () => {
  const { cluster, here, there, hear } = await deaf();
  const [ours] = [await here.hub([alice, bob])];
  const a = await here.connect(alice);
  const [first, second]: FakeSession[] = [await there.connect(bob), await there.connect(carol)];
  assert(first && second);
  here.say(ours, a, "x");
  await cluster.settle();
  const theirs = await there.hub([alice, bob]);
  first.lines();
  here.say(ours, a, "y");
  await cluster.settle();
  // The welcome of this one says that there are two.
  const b = await there.connect(bob);
  hear();
  here.say(ours, a, "z");
  await cluster.advance(GAP_PATIENCE_MS);
  const heard = b.news().filter((each) => each !== "alice online");
  assertEquals(heard, ["3 z"]);
  there.join(theirs, b, { since: 3 });
  await cluster.advance(HEADS_EVERY_MS);
  assertEquals(b.news(), ["joined join 3"]);
  await cluster.close();
});
