import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { Dice } from "../../../chat/model_dice.ts";
import { RawClient } from "../../../wire/raw_client.ts";
import { closePayload, frameBytes, joinBytes, OPCODE } from "../../../wire/raw_frame.ts";
import { mutate } from "../mutation.ts";
import type { Scene } from "./scene.ts";

/** Longer than a heartbeat and its answer may take, and than any other patience of the server. */
const CUT_WITHIN_MS = 75_000;
/** Between two of them. */
const PAUSE_MAX_MS = 4_000;
const { text, binary, continuation, ping, close } = OPCODE;

/** What is done once, over one connection; it has to have ended by then, whoever ends it. */
type Mischief = (scene: Scene, dice: Dice) => Promise<void>;

async function open(scene: Scene, dice: Dice, query = "format=json"): Promise<RawClient> {
  const client = await RawClient.open(scene.port, `/ws?${query}`, scene.address(dice));
  client.patienceMs = 2 * CUT_WITHIN_MS;
  return client;
}

/** The code that it was closed with is one of these; 1006: cut without a word. */
async function cut(scene: Scene, what: string, client: RawClient, codes: number[]): Promise<void> {
  const { code } = await deadline(client.readClose(), CUT_WITHIN_MS)
    .catch(() => ({ code: "never" as const }));
  if (scene.over) return;
  scene.count(`${what} ${code}`);
  if (code === "never" || !codes.includes(code)) scene.fault(`${what} ended with ${code}`);
}

/** Writes for as long as it is let. */
async function flood(client: RawClient, piece: Uint8Array, times: number): Promise<void> {
  try {
    for (let sent = 0; sent < times; sent++) await client.write(piece);
  } catch {
    // It was cut.
  }
}

const say = (command: Record<string, unknown>) => frameBytes(text, JSON.stringify(command));

/** A room where nobody else is. */
const FLOODED = "flooded";
const times = (count: number, frame: Uint8Array) => joinBytes(...Array(count).fill(frame));
const MESSAGES = times(100, say({ type: "message", room: FLOODED, content: "flood" }));
const PINGS = times(500, frameBytes(ping, "x".repeat(100)));
const BEGINNING = frameBytes(text, "", { fin: false });
const FRAGMENTS = [0, 1, 20_000].map((bytes) =>
  times(50, frameBytes(continuation, "x".repeat(bytes), { fin: false }))
);

const HOSTILE: Readonly<Record<string, Mischief>> = {
  /** Asks for more than it reads, which is nothing. */
  async "reads nothing"(scene, dice) {
    using client = await open(scene, dice);
    const room = dice.pick(scene.rooms);
    const asks = Array.from({ length: 10 }, () => say({ type: "history", room, limit: 200 }));
    await client.write(joinBytes(say({ type: "join", room }), ...asks));
    for (let asked = 0; asked < 20 && !scene.over; asked++) {
      await delay(500);
      if (!await client.write(joinBytes(...asks)).then(() => true, () => false)) return;
    }
  },
  async "floods with messages"(scene, dice) {
    using client = await open(scene, dice, `format=json&room=${FLOODED}`);
    const closed = cut(scene, "a flood of messages", client, [1008, 1013, 1006]);
    await flood(client, MESSAGES, 100);
    await closed;
  },
  async "floods with pings"(scene, dice) {
    using client = await open(scene, dice);
    const closed = cut(scene, "a flood of pings", client, [1008, 1006]);
    await flood(client, PINGS, 100);
    await closed;
  },
  async "fragments without end"(scene, dice) {
    using client = await open(scene, dice);
    const closed = cut(scene, "fragments", client, [1008, 1009, 1006]);
    await flood(client, BEGINNING, 1);
    await flood(client, dice.pick(FRAGMENTS), 100);
    await closed;
  },
  async "breaks frames"(scene, dice) {
    using client = await open(scene, dice);
    const [broken, code] = dice.pick(
      [
        [frameBytes(text, "hi", { masked: false }), 1002],
        [frameBytes(text, "hi", { rsv: 1 + dice.below(7) }), 1002],
        [frameBytes(3 + dice.below(5), "hi"), 1002],
        [frameBytes(text, new Uint8Array([0x61, 0xff])), 1007],
        [frameBytes(binary, "hi"), 1003],
        [frameBytes(close, closePayload(1005)), 1002],
        [frameBytes(text, "", { claimedLength: 2 ** 40 }), 1009],
      ] as const,
    );
    await client.write(joinBytes(broken, say({ type: "ping" }))).catch(() => {});
    await cut(scene, "a broken frame", client, [code]);
  },
  async "says nonsense"(scene, dice) {
    using client = await open(scene, dice);
    const reading = client.readToEnd();
    for (let said = 0; said < 200 && !scene.over; said++) {
      if (!await client.text(mutate(dice)).then(() => true, () => false)) break;
      await delay(20);
    }
    await client.send(close, closePayload(1000)).catch(() => {});
    await reading;
  },
  /** Comes in and is never heard of again. */
  async "falls silent"(scene, dice) {
    using client = await open(scene, dice);
    await client.write(say({ type: "join", room: dice.pick(scene.rooms) }));
    const silent = cut(scene, "silence", client, [4008]);
    await overOr(scene, silent);
  },
  async "resets"(scene, dice) {
    using client = await open(scene, dice);
    await client.write(say({ type: "join", room: dice.pick(scene.rooms), history: 200 }));
    // Closing with unread data makes the kernel send a reset.
    await delay(dice.below(300));
  },
  async "does not end its headers"(scene) {
    using client = await RawClient.connect(scene.port);
    client.patienceMs = CUT_WITHIN_MS;
    await client.write("GET /ws HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    const startMs = performance.now();
    if (!await overOr(scene, client.readToEnd())) return;
    // How long it took, in steps of five seconds.
    scene.count(`headers cut within ${5 * Math.ceil((performance.now() - startMs) / 5_000)} s`);
  },
  async "promises a huge body"(scene) {
    using client = await RawClient.connect(scene.port);
    await client.write(
      `POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${10 ** 12}\r\n\r\n`,
    );
    await flood(client, new Uint8Array(65_536), 100);
  },
  async "shows a bad token"(scene, dice) {
    const protocol = { "Sec-WebSocket-Protocol": "hubbub.json, bearer.worthless" };
    using client = await RawClient.open(scene.port, "/ws", { ...protocol, ...scene.address(dice) });
    await cut(scene, "a bad token", client, [4001]);
  },
  async "comes from a foreign page"(scene, dice) {
    using client = await RawClient.connect(scene.port);
    const { status } = await client.handshake("/ws", {
      Origin: "https://evil.example",
      ...scene.address(dice),
    });
    if (status !== 403) scene.fault(`a foreign page got ${status}`);
  },
};

/** False when the scene was over before; rejects as this does. */
async function overOr(scene: Scene, ending: Promise<unknown>): Promise<boolean> {
  let ended = false;
  const done = ending.finally(() => ended = true);
  // It is waited for below, or nobody needs it any more.
  done.catch(() => {});
  while (!scene.over && !ended) await delay(200);
  if (ended) await done;
  return ended;
}

/** Does such things, one after the other, until the scene is over. */
export async function misbehave(scene: Scene, dice: Dice): Promise<void> {
  while (!scene.over) {
    const what = dice.pick(Object.keys(HOSTILE));
    try {
      await HOSTILE[what]!(scene, dice);
      scene.count(what);
    } catch (error) {
      // 429 and 503 are answers, too.
      if (!/expected 101, got (429|503)/.test(String(error))) scene.fault(`${what}: ${error}`);
    }
    await delay(dice.below(PAUSE_MAX_MS));
  }
}
