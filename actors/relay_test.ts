import { assertEquals } from "@std/assert";
import { FakeCluster } from "./fake_cluster.ts";
import { user } from "./fake_session.ts";

const [alice, bob] = [user("alice"), user("bob")];

Deno.test("what is said on one node is seen on the other, once and in order", async () => {
  const cluster = await FakeCluster.open(2);
  const [here, there] = [cluster.node(0), cluster.node(1)];
  const [a, b] = [await here.connect(alice), await there.connect(bob)];
  const [ours, theirs] = [await here.hub("lobby"), await there.hub("lobby")];
  await here.enter(ours, a);
  await there.enter(theirs, b);
  here.say(ours, a, "x");
  await cluster.settle();
  there.say(theirs, b, "y");
  await cluster.settle();
  assertEquals(a.news(), ["sent 1", "1 x", "2 y"]);
  assertEquals(b.news(), ["1 x", "sent 2", "2 y"]);
  await cluster.close();
});
