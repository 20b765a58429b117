import { assertEquals } from "@std/assert";
import type { Answer } from "./line.ts";
import { type Asker, peopleDiffer } from "./people.ts";

interface Shown {
  readonly name: string;
  readonly online: boolean;
}

const ann = { name: "ann", online: true };
const bob = { name: "bob", online: true };

/** What is found when ann is shown the truth, and bob this. */
function found(...shown: readonly Shown[]): Promise<string[]> {
  const asker = (name: string, people: readonly Shown[]): Asker => ({
    name,
    present: new Set(["r1", "@ann @bob"]),
    tell: (room) => {
      const members = people.map((each) => ({ ...each, role: "member" as const }));
      const answer: Answer = { type: "members", room, members, count: members.length };
      return Promise.resolve(answer);
    },
  });
  return peopleDiffer([asker("ann", [bob, ann]), asker("bob", shown)], 0);
}

Deno.test("nothing is found where everybody is shown who is there", async () => {
  assertEquals(await found(ann, bob), []);
});

const FAULTS: Record<string, readonly Shown[]> = {
  "somebody who is not shown": [bob],
  "somebody who is shown and not there": [ann, bob, { name: "cleo", online: true }],
  "somebody who is shown as offline": [ann, { ...bob, online: false }],
  "somebody who is shown twice": [ann, bob, bob],
};

for (const [fault, shown] of Object.entries(FAULTS)) {
  Deno.test(`who asks who is there finds ${fault}`, async () => {
    assertEquals((await found(...shown)).length, 1);
  });
}
