import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import {
  ActorStopped,
  AskTimeout,
  type Failure,
  NotTaken,
  type RestartPolicy,
  type Self,
} from "./actor.ts";
import { ActorSystem } from "./system.ts";
import { FakeClock } from "./fake_clock.ts";

const RESTART: RestartPolicy = { most: 3, withinMs: 1_000, backoffMs: 10, backoffMaxMs: 25 };

function setUp() {
  const clock = new FakeClock();
  const failures: Failure[] = [];
  const system = new ActorSystem("test", { clock, onFailure: (failure) => failures.push(failure) });
  return { clock, failures, system };
}

/** Lets every actor that has something to do do it. */
async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** An actor that writes down what it gets and fails at "fail". */
function scribe(notes: string[]) {
  return async (self: Self<string>) => {
    notes.push("start");
    try {
      for await (const note of self.inbox) {
        if (note === "fail") throw new Error("told to fail");
        notes.push(note);
      }
    } finally {
      notes.push("end");
    }
  };
}

Deno.test("an actor handles what it was told before it is stopped, then releases what it owns", async () => {
  const { system } = setUp();
  const notes: string[] = [];
  const actor = system.spawn("scribe", scribe(notes), { bound: 5 });
  assert(actor.alive && actor.tell("a") && actor.tell("b"));
  assertEquals(await actor.stop(), { kind: "stopped" });
  assertEquals(notes, ["start", "a", "b", "end"]);
  assertFalse(actor.alive || actor.tell("c"), "a stopped actor takes nothing");
});

Deno.test("stopping twice is stopping once", async () => {
  const { system } = setUp();
  const notes: string[] = [];
  const actor = system.spawn("scribe", scribe(notes), { bound: 5 });
  await Promise.all([actor.stop(), actor.stop()]);
  await actor.stop();
  assertEquals(notes, ["start", "end"]);
});

Deno.test("a full mailbox refuses, and tells when it takes again", async () => {
  const { system } = setUp();
  const gate = Promise.withResolvers<void>();
  const actor = system.spawn<number>("slow", async (self) => {
    await gate.promise;
    for await (const _ of self.inbox.batches());
  }, { bound: 1 });
  assert(actor.tell(1));
  assertFalse(actor.tell(2));
  const told = actor.tellWhenFits(3);
  gate.resolve();
  assert(await told);
  await actor.stop();
  assertFalse(await actor.tellWhenFits(4), "a stopped actor never has room");
});

Deno.test("what waits for room in a full mailbox comes before what is told it later", async () => {
  const { system } = setUp();
  const gate = Promise.withResolvers<void>();
  const heard: string[] = [];
  const busy = system.spawn<string>("busy", async (self) => {
    await gate.promise;
    for await (const batch of self.inbox.batches()) heard.push(...batch);
  }, { bound: 1 });
  const teller = system.spawn<string>("teller", async (self) => {
    for await (const word of self.inbox.batches()) void busy.tellWhenFits(word.join());
  }, { bound: 5 });
  busy.tell("before");
  await turns();
  teller.tell("came");
  await turns();
  // Both have their turn in one phase, the teller first.
  teller.tell("went");
  gate.resolve();
  await turns();
  assertEquals(heard, ["before", "came", "went"]);
  await system.stop();
});

Deno.test("without a policy an actor that throws ends as failed", async () => {
  const { system, failures } = setUp();
  const actor = system.spawn("scribe", scribe([]), { bound: 5 });
  actor.tell("fail");
  const ending = await actor.stopped;
  assertEquals(ending.kind, "failed");
  assertEquals(failures.map(({ actor, final }) => ({ actor, final })), [
    { actor: "scribe", final: true },
  ]);
});

Deno.test("with a policy it starts again after its backoff, with a clean state and its mail", async () => {
  const { system, clock, failures } = setUp();
  const notes: string[] = [];
  const actor = system.spawn("scribe", scribe(notes), { bound: 5, restart: RESTART });
  actor.tell("fail");
  actor.tell("kept");
  await turns();
  assertEquals(notes, ["start", "end"], "it must not start before its backoff is over");
  assertEquals(system.inspect()[0]?.state, "restarting");
  clock.advance(RESTART.backoffMs);
  await turns();
  assertEquals(notes, ["start", "end", "start", "kept"]);
  assertEquals(system.inspect()[0], {
    name: "scribe",
    parent: "test",
    depth: 0,
    bound: 5,
    handled: 2,
    restarts: 1,
    lastError: "Error: told to fail",
    state: "running",
  });
  assertEquals(failures[0]?.final, false);
  await actor.stop();
});

Deno.test("the backoff doubles up to its most, and restarts too often end it", async () => {
  const { system, clock, failures } = setUp();
  const notes: string[] = [];
  const actor = system.spawn("scribe", scribe(notes), { bound: 9, restart: RESTART });
  const started = () => notes.filter((note) => note === "start").length;
  for (const [restart, waitMs] of [10, 20, 25].entries()) {
    actor.tell("fail");
    await turns();
    clock.advance(waitMs - 1);
    await turns();
    assertEquals(started(), restart + 1, `restart ${restart} came before ${waitMs} ms`);
    clock.advance(1);
    await turns();
    assertEquals(started(), restart + 2);
  }
  actor.tell("fail");
  const ending = await actor.stopped;
  assertEquals(ending.kind === "failed" && ending.restarts, 3);
  assertEquals(failures.at(-1)?.final, true);
});

Deno.test("restarts long ago do not count", async () => {
  const { system, clock } = setUp();
  const actor = system.spawn("scribe", scribe([]), { bound: 9, restart: RESTART });
  for (let restart = 0; restart < 10; restart++) {
    actor.tell("fail");
    await turns();
    clock.advance(RESTART.withinMs);
    await turns();
  }
  assertEquals(system.inspect()[0]?.restarts, 10);
  await actor.stop();
});

Deno.test("stopping an actor that waits for its restart does not wait for the backoff", async () => {
  const { system, clock } = setUp();
  const notes: string[] = [];
  const actor = system.spawn("scribe", scribe(notes), { bound: 5, restart: RESTART });
  actor.tell("fail");
  await turns();
  actor.tell("last words");
  assertEquals((await actor.stop()).kind, "stopped");
  assertEquals(notes, ["start", "end", "start", "last words", "end"]);
  assertEquals(clock.pending, 0);
});

Deno.test("ask answers, and leaves no timer", async () => {
  const { system, clock } = setUp();
  const actor = system.spawn<(answer: number) => void>("oracle", async (self) => {
    for await (const answer of self.inbox) answer(42);
  }, { bound: 5 });
  assertEquals(await actor.ask<number>((reply) => reply, 1_000), 42);
  assertEquals(clock.pending, 0);
  await actor.stop();
});

Deno.test("ask rejects when no answer comes in time, when it is not taken, and when the actor stops", async () => {
  const { system, clock } = setUp();
  const actor = system.spawn<() => void>("mute", async (self) => {
    for await (const _ of self.inbox.batches());
  }, { bound: 1 });
  const late = actor.ask((reply) => () => reply(1), 50);
  await assertRejects(() => actor.ask((reply) => () => reply(1), 50), NotTaken);
  await turns();
  clock.advance(50);
  await assertRejects(() => late, AskTimeout, "mute did not answer within 50 ms");
  const abandoned = actor.ask((reply) => () => reply(1), 50);
  await actor.stop();
  await assertRejects(() => abandoned, ActorStopped);
  await assertRejects(() => actor.ask((reply) => () => reply(1), 50), ActorStopped);
  assertEquals(clock.pending, 0);
});

Deno.test("children stop with their parent, and when it starts again", async () => {
  const { system, clock } = setUp();
  const notes: string[] = [];
  const parent = system.spawn<string>("parent", async (self) => {
    self.spawn("child", scribe(notes), { bound: 1 });
    for await (const message of self.inbox) if (message === "fail") throw new Error("told to");
  }, { bound: 5, restart: RESTART });
  await turns();
  assertEquals(system.inspect().map(({ name, parent }) => `${parent}/${name}`), [
    "test/parent",
    "parent/child",
  ]);
  parent.tell("fail");
  await turns();
  assertEquals(notes, ["start", "end"], "the child of a failed parent lives on");
  clock.advance(RESTART.backoffMs);
  await turns();
  assertEquals(notes, ["start", "end", "start"]);
  await parent.stop();
  assertEquals(notes, ["start", "end", "start", "end"]);
  assertEquals(system.inspect(), []);
});

Deno.test("stopping the system stops everyone", async () => {
  const { system } = setUp();
  const notes: string[] = [];
  for (let count = 0; count < 3; count++) {
    system.spawn(`scribe ${count}`, scribe(notes), { bound: 1 });
  }
  await system.stop();
  assertEquals(notes.filter((note) => note === "end").length, 3);
});

Deno.test("ten thousand actors started and stopped leave nothing behind", async () => {
  const { system, clock } = setUp();
  let living = 0;
  const actors = Array.from(
    { length: 10_000 },
    (_, index) =>
      system.spawn<number>(`actor ${index}`, async (self) => {
        living++;
        try {
          for await (const _ of self.inbox.batches());
        } finally {
          living--;
        }
      }, { bound: 4 }),
  );
  for (const actor of actors) actor.tell(1);
  await turns(1);
  assertEquals(living, 10_000);
  assertEquals(system.inspect().length, 10_000);
  await Promise.all(actors.map((actor) => actor.stop()));
  assertEquals({ living, known: system.inspect().length, timers: clock.pending }, {
    living: 0,
    known: 0,
    timers: 0,
  });
});

Deno.test("the longest turn is known by its actor's name, a brief actor's is its predecessor's", async () => {
  const { clock, system } = setUp();
  const worker = (ms: number) => async (self: Self<string>) => {
    for await (const _ of self.inbox.batches()) clock.advance(ms);
  };
  const slow = system.spawn("slow", worker(30), { bound: 5 });
  const quick = system.spawn("quick", worker(5), { bound: 5 });
  const brief = system.spawn("brief", worker(50), { bound: 5, brief: true });
  await turns();
  for (const actor of [slow, quick]) actor.tell("work");
  await turns();
  assertEquals(system.takeLongestTurn(), "slow");
  for (const actor of [slow, quick, brief]) actor.tell("work");
  await turns();
  assertEquals(system.takeLongestTurn(), "quick");
  await system.stop();
});
