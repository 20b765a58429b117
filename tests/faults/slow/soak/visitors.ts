import { delay } from "@std/async/delay";
import { Client, TextClient } from "../../../chat/chat_client.ts";
import type { Dice } from "../../../chat/model_dice.ts";
import { type Ask, rest } from "../../rest.ts";
import type { Scene } from "./scene.ts";

/** Comes with the simplest client there is, says some lines, and goes; until the scene is over. */
export async function speakText(scene: Scene, dice: Dice, name: string): Promise<void> {
  while (!scene.over) {
    const room = dice.pick(scene.rooms);
    await using client = new TextClient({ ws: scene.ws() }, `?name=${name}&room=${room}`);
    // Its name may be held for the moment after it left.
    await Promise.race([client.opened, client.closed]);
    for (let said = dice.below(10); said >= 0 && !scene.over; said--) {
      client.send("as plain\nas it gets");
      await delay(scene.paceMs);
    }
    scene.count("text");
  }
}

const EXCUSES = new Set([429, 503]);

/** Logs in, talks, reads over HTTP, logs out, and is put out by it; until the scene is over. */
export async function useAccount(scene: Scene, dice: Dice, name: string): Promise<void> {
  const headers = scene.address(dice);
  const password = "correct horse battery";
  const ask = async (path: string, how: Ask, expected: number) => {
    // A kept-alive connection may end in the moment in which it is used again.
    const answer = await rest(scene.server, path, { ...how, headers }).catch(() => undefined);
    if (!answer) return undefined;
    const { status, json } = answer;
    scene.count(`HTTP ${status}`);
    // Too many of one address, or a machine that is busy with hashing, are answers, too.
    if (status === expected) return json;
    if (!EXCUSES.has(status)) scene.fault(`${path}: ${status} ${json.code}`);
    return undefined;
  };
  let known = false;
  while (!scene.over) {
    await delay(scene.paceMs * (1 + dice.below(4)));
    known ||= await ask("/api/accounts", { body: { name, password } }, 201) !== undefined;
    if (!known) continue;
    const token = (await ask("/api/sessions", { body: { name, password } }, 201))?.token;
    if (typeof token !== "string") continue;
    // A busy machine may keep a client waiting for longer than it has patience.
    await visit(token).catch(() => scene.count("late"));
  }

  async function visit(token: string): Promise<void> {
    await using client = await Client.connect({ ws: scene.ws() }, { token });
    const room = dice.pick(scene.rooms);
    await client.join(room);
    await client.say(room, "from an account");
    await ask("/api/rooms", { token }, 200);
    await ask(`/api/rooms/${room}/messages?limit=50`, { token }, 200);
    await ask("/api/search?query=account", { token }, 200);
    await ask(`/api/rooms/${room}/messages`, { token, body: { content: "over HTTP" } }, 201);
    const ticket = (await ask("/api/tickets", { token, body: {} }, 201))?.ticket;
    if (typeof ticket === "string") {
      const other = new WebSocket(`${scene.ws()}?format=json&ticket=${ticket}`);
      await new Promise((resolve) => other.onmessage = other.onclose = resolve);
      other.close();
    }
    await ask("/api/sessions/current", { method: "DELETE", token }, 204);
    const { code } = await client.closed;
    if (code !== 4001) scene.fault(`a session that ended was closed with ${code}`);
  }
}
