import { delay } from "@std/async/delay";
import { hearFirst } from "../../../backends/program.ts";
import { Dice } from "../../chat/model_dice.ts";
import { until } from "../../patience.ts";
import type { Cluster } from "./cluster.ts";
import type { Node } from "./nodes.ts";
import type { Proxy } from "./tcp_proxy.ts";

/** The lines around one node. */
export interface Lines {
  /** Its clients come through this. */
  readonly front: Proxy;
  readonly mysql: Proxy;
  readonly redis: Proxy;
}

export interface HavocOptions {
  readonly cluster: Cluster;
  /** By a node's index. */
  readonly lines: readonly Lines[];
  readonly seed: number;
  readonly seconds: number;
}

/** So many things are broken at a time. */
const HANDS = 3;
/** How long what is broken stays so, and how long a hand rests then. */
const BROKEN_MAX_MS = 4_000;
const REST_MAX_MS = 1_500;

interface Trouble {
  readonly name: string;
  /** Nothing is done to it twice at once. */
  readonly victim: string;
  begin(): unknown;
  /** In the middle of it. */
  worsen?(): unknown;
  mend?(): unknown;
}

/**
 * Breaks one thing on top of another, at random: nodes, Redis and MySQL are killed and frozen, lines
 * are cut and swallow everything, clients are thrown out. Resolves when all is mended; answers how
 * often what was done.
 */
export async function havoc(options: HavocOptions): Promise<Map<string, number>> {
  const troubles = allTroubles(options);
  const done = new Map<string, number>();
  const busy = new Set<string>();
  const untilMs = performance.now() + options.seconds * 1_000;
  const hand = async (dice: Dice) => {
    while (performance.now() < untilMs) {
      const { name, victim, begin, worsen, mend } = dice.pick(
        troubles.filter((each) => !busy.has(each.victim)),
      );
      busy.add(victim);
      done.set(name, (done.get(name) ?? 0) + 1);
      const halfMs = dice.below(BROKEN_MAX_MS) / 2;
      await begin();
      await delay(halfMs);
      await worsen?.();
      await delay(halfMs);
      await mend?.();
      busy.delete(victim);
      await delay(dice.below(REST_MAX_MS));
    }
  };
  await Promise.all(
    Array.from({ length: HANDS }, (_, index) => hand(new Dice(options.seed + 40_000 + index))),
  );
  return done;
}

function allTroubles({ cluster, lines }: HavocOptions): Trouble[] {
  const { database, redis } = cluster;
  const throwOut = async (kind: string) =>
    void await hearFirst(redis, `CLIENT KILL TYPE ${kind}\r\n`);
  return [
    ...cluster.all.flatMap((node, index) => ofNode(node, lines[index]!)),
    ...[{ name: "MySQL", server: database }, { name: "Redis", server: redis }].flatMap(
      ({ name, server }): Trouble[] => [
        {
          name: `${name} killed`,
          victim: name,
          begin: () => server.kill(),
          mend: () => server.start(),
        },
        {
          name: `${name} frozen`,
          victim: name,
          begin: () => server.freeze(),
          mend: () => server.thaw(),
        },
      ],
    ),
    {
      name: "nodes thrown out of Redis",
      victim: "Redis",
      begin: () => throwOut("pubsub"),
      worsen: () => throwOut("normal"),
      mend: () => throwOut("pubsub"),
    },
  ];
}

function ofNode(node: Node, { front, mysql, redis }: Lines): Trouble[] {
  const { name } = node;
  return [
    { name: "node killed", victim: name, begin: () => node.kill(), mend: () => comesBack(node) },
    { name: "node drained", victim: name, begin: () => node.drain(), mend: () => comesBack(node) },
    {
      // Its clients give it up and say on another what they said here; then it goes on with it.
      name: "node frozen",
      victim: name,
      begin: () => node.freeze(),
      worsen: () => front.cut(),
      mend() {
        front.heal();
        node.thaw();
      },
    },
    { name: "clients cut", victim: name, begin: () => front.cut(), mend: () => front.heal() },
    { name: "clients stalled", victim: name, begin: () => front.stall(), mend: () => front.heal() },
    ...Object.entries({ MySQL: mysql, Redis: redis }).flatMap(([server, line]): Trouble[] => {
      const victim = `${name} to ${server}`;
      const mend = () => line.heal();
      return [
        { name: `line to ${server} cut`, victim, begin: () => line.cut(), mend },
        { name: `line to ${server} stalled`, victim, begin: () => line.stall(), mend },
      ];
    }),
  ];
}

/** A node that finds no database does not start, and says so: whoever started it tries again. */
async function comesBack(node: Node): Promise<void> {
  await until(`${node.name} to start`, () => node.start().then(() => true, () => false));
}
