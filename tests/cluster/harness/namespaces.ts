import { runProgram } from "../../../backends/program.ts";

/**
 * Two hosts of the test's own on this machine: `store` for the servers behind the nodes, `node` for
 * one node. Two links join them, so that either can go down by itself; a third and a fourth join
 * each with the test.
 *
 *     test ──────────── store
 *      │                ║ ║  redis, mysql
 *      └─────────────── node
 */
export interface Namespaces extends AsyncDisposable {
  /** Puts a program into a host. */
  readonly inStore: readonly string[];
  readonly inNode: readonly string[];
  /** Where the test, and nodes beside it, reach the servers. */
  readonly store: string;
  /** Where the node in the namespace listens. */
  readonly node: string;
  /** Where the node reaches the servers, each over a link of its own. */
  readonly redis: string;
  readonly mysql: string;
  /** The link swallows what is sent over it, in both directions, and tells neither end. */
  cut(link: Link): Promise<void>;
  mend(link: Link): Promise<void>;
}

export type Link = "redis" | "mysql";

/** Links take their addresses from this network, which is nobody's but the test's. */
const NETWORK = "10.231";
/** As many sets of links have a place in it. */
const MARKS = 4_096;

/** Whether this machine allows it; says why not. */
export async function canMakeNamespaces(): Promise<boolean> {
  try {
    await using _hosts = await makeNamespaces();
    return true;
  } catch (error) {
    console.error(`skipped, no network namespaces here: ${(error as Error).message.trim()}`);
    return false;
  }
}

/** Rejects where it is not allowed. */
export async function makeNamespaces(): Promise<Namespaces> {
  // Not the process's: files of tests that run beside each other share it.
  const mark = crypto.getRandomValues(new Uint16Array(1))[0]! % MARKS;
  const store = `hbs${mark}`, node = `hbn${mark}`;
  const made: string[] = [];
  // A namespace goes some time after it is deleted; with the test's end of a link goes the link.
  const ends = [`hb${mark}s`, `hb${mark}n`] as const;
  const remove = async () => {
    for (const end of ends) await ip("link", "delete", end).catch(() => {});
    for (const name of made) await ip("netns", "delete", name).catch(() => {});
  };
  try {
    for (const name of [store, node]) {
      await ip("netns", "add", name);
      made.push(name);
      await ip("-n", name, "link", "set", "lo", "up");
    }
    const address = addresses(mark);
    await link(["", ends[0], address(0, 1)], [store, "test", address(0, 2)]);
    await link(["", ends[1], address(1, 1)], [node, "test", address(1, 2)]);
    await link([node, "redis", address(2, 1)], [store, "redis", address(2, 2)]);
    await link([node, "mysql", address(3, 1)], [store, "mysql", address(3, 2)]);
    return {
      inStore: ["ip", "netns", "exec", store],
      inNode: ["ip", "netns", "exec", node],
      store: address(0, 2),
      node: address(1, 2),
      redis: address(2, 2),
      mysql: address(3, 2),
      cut: async (link) => void await ip("-n", store, "link", "set", link, "down"),
      mend: async (link) => void await ip("-n", store, "link", "set", link, "up"),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Four links of four addresses each. */
function addresses(mark: number): (link: number, end: 1 | 2) => string {
  const base = mark * 16;
  return (link, end) => {
    const at = base + link * 4 + end;
    return `${NETWORK}.${at >> 8}.${at & 255}`;
  };
}

/** Namespace, name of the device there, its address. */
type End = readonly [namespace: string, device: string, address: string];

/** The first end is in the namespace of the test when it names none. */
async function link([oneIn, one, oneAt]: End, [otherIn, other, otherAt]: End): Promise<void> {
  const from = oneIn === "" ? [] : ["-n", oneIn];
  await ip(
    ...[...from, "link", "add", one, "type", "veth"],
    ...["peer", "name", other, "netns", otherIn],
  );
  await ip(...from, "address", "add", `${oneAt}/30`, "dev", one);
  await ip("-n", otherIn, "address", "add", `${otherAt}/30`, "dev", other);
  await ip(...from, "link", "set", one, "up");
  await ip("-n", otherIn, "link", "set", other, "up");
}

function ip(...args: readonly string[]): Promise<string> {
  return runProgram("ip", ...args);
}
