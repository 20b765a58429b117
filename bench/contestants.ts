import type { CodecName } from "./load/scenario.ts";
import type { Launch } from "./server_process.ts";
import { ask, exists, NPM_PACKAGES } from "./versions.ts";

/** A server that takes part. */
export interface Contestant {
  readonly id: string;
  readonly label: string;
  /**
   * Two are no chat servers: the `ceiling` shows what the generator can take, the `floor` what the
   * platform costs by itself. Neither is anybody's peer.
   */
  readonly kind: "hubbub" | "peer" | "floor" | "ceiling";
  readonly codec: CodecName;
  /** `scratch` is a folder of this run alone. */
  launch(scratch: string): Launch;
}

export interface LeftOut {
  readonly label: string;
  readonly why: string;
}

const PEERS_FOLDER = `${import.meta.dirname}/peers`;
const REPOSITORY = `${import.meta.dirname}/..`;

const TRANSPORTS = ["native", "guarded"] as const;
const STORES = ["normal", "full", "memory"] as const;
const CODECS = ["text", "json"] as const;

/**
 * The limits of rate and of connections an address: off, or counted and never met, for what counting
 * costs. With the server's own the bench would measure what it may send.
 */
const LIMITS = {
  off: ["--rate", "0", "--max-per-address", "0"],
  counted: ["--rate", "1000000", "--max-per-address", "18000"],
};

/** Every way to run Hubbub that the bench knows, such as `json-normal-guarded[-counted]`. */
export const VARIANTS: readonly string[] = CODECS.flatMap((codec) =>
  STORES.flatMap((store) =>
    TRANSPORTS.flatMap((transport) =>
      ["", "-counted"].map((limits) => `${codec}-${store}-${transport}${limits}`)
    )
  )
);

/** Those that run unless others are asked for. */
export const DEFAULT_VARIANTS: readonly string[] = [
  "text-normal-native",
  "text-normal-guarded",
  "json-normal-native",
  "json-normal-guarded",
  "text-memory-native",
  "text-full-native",
];

export function hubbub(variant: string): Contestant {
  const [codec, store, transport, counted] = variant.split("-");
  if (!VARIANTS.includes(variant)) {
    throw new Error(`expected one of ${VARIANTS.join(", ")}, got ${variant}`);
  }
  const where = store === "memory" ? "memory:" : `SQLite ${store}`;
  return {
    id: variant,
    label: `Hubbub ${codec}, ${where}, ${transport}${counted ? ", limits counted" : ""}`,
    kind: "hubbub",
    codec: codec as CodecName,
    launch: (scratch) => ({
      program: Deno.execPath(),
      args: [
        ...["run", "-A", `${REPOSITORY}/main.ts`, "--port", "0", "--transport", transport!],
        ...["--store", store === "memory" ? "memory:" : `sqlite:${scratch}/hubbub.db`],
        ...["--durability", store === "full" ? "full" : "normal"],
        ...LIMITS[counted ? "counted" : "off"],
        ...["--max-connections", "18000"],
      ],
      cwd: scratch,
    }),
  };
}

const FLOOR: Contestant = {
  id: "floor",
  label: "Deno and ws, batches alone",
  kind: "floor",
  codec: "text",
  launch: (scratch) => ({
    program: Deno.execPath(),
    args: ["run", "-A", `${PEERS_FOLDER}/floor.ts`],
    cwd: scratch,
  }),
};

export const FLOOD: Contestant = {
  id: "flood",
  label: "a flood, not a chat",
  kind: "ceiling",
  codec: "text",
  launch: (scratch) => ({
    program: Deno.execPath(),
    args: ["run", "-A", "--no-config", `${PEERS_FOLDER}/flood.mjs`],
    cwd: scratch,
  }),
};

function peer(
  id: string,
  label: string,
  program: string,
  args: readonly string[],
  cwd: string,
): Contestant {
  const codec = id === "socketio" ? "socketio" : "text";
  return { id, label, kind: "peer", codec, launch: () => ({ program, args, cwd }) };
}

/** What runs beside Hubbub; the floor, too, though it is nobody's peer. */
export const PEER_IDS = ["bun", "gorilla", "ws", "socketio", "deno", "floor"] as const;

/** Which of the peers are installed in `cache`, and which are not. */
export async function findPeers(
  cache: string,
): Promise<{ present: Contestant[]; leftOut: LeftOut[] }> {
  const present: Contestant[] = [];
  const leftOut: LeftOut[] = [{ label: "uWebSockets.js", why: "no package registry ships it" }];
  const install = "run `deno task bench:install`";

  // Node resolves imports from where a file lies, so the peers lie beside their packages.
  const peers = `${cache}/peers`;
  await Deno.mkdir(peers, { recursive: true });
  for (const file of ["bun", "ws", "socketio"]) {
    await Deno.copyFile(`${PEERS_FOLDER}/${file}.mjs`, `${peers}/${file}.mjs`);
  }

  const bunPackage = Object.keys(NPM_PACKAGES).find((name) => name.startsWith("@oven/"))!;
  const bun = `${cache}/node_modules/${bunPackage}/bin/bun`;
  const bunVersion = await ask(bun, "--version");
  if (bunVersion === undefined) leftOut.push({ label: "Bun publish", why: install });
  else present.push(peer("bun", `Bun ${bunVersion}, publish`, bun, ["bun.mjs"], peers));

  const gorilla = `${cache}/gorilla-hub`;
  if (!await exists(gorilla)) {
    leftOut.push({ label: "Go hub on gorilla/websocket", why: install });
  } else {
    const version = (await ask("go", "env", "GOVERSION"))?.slice(2) ?? "";
    present.push(peer("gorilla", `Go ${version}, gorilla hub`, gorilla, [], cache));
  }

  const node = await ask("node", "--version");
  for (const [id, name, label] of [["ws", "ws", "ws"], ["socketio", "socket.io", "Socket.IO"]]) {
    const version = NPM_PACKAGES[name!]!;
    if (node === undefined) leftOut.push({ label: label!, why: "node is missing" });
    else if (!await exists(`${cache}/node_modules/${name}`)) {
      leftOut.push({ label: label!, why: install });
    } else {
      const title = `${label} ${version}, Node ${node.slice(1)}`;
      present.push(peer(id!, title, "node", [`${id}.mjs`], peers));
    }
  }

  const args = ["run", "-A", "--no-config", `${PEERS_FOLDER}/deno.mjs`];
  present.push(peer("deno", "Plain Deno, no batches", Deno.execPath(), args, cache));
  present.push(FLOOR);
  return { present, leftOut };
}
