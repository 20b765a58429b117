import { delay } from "@std/async/delay";
import type { WireMessage } from "../../../protocol/events.ts";
import { Dice } from "../../chat/model_dice.ts";
import { PATIENCE_MS } from "../../patience.ts";
import { isPublic, Participant } from "./participant.ts";
import type { History, RoomKey } from "./testimony.ts";

const PAGE = 200;
const LOOK_EVERY_MS = 20;

/**
 * What somebody who comes to each node last is told: all the logs from the beginning, and the
 * histories of the public rooms.
 */
export async function finalHistories(
  nodes: readonly string[],
  heads: ReadonlyMap<RoomKey, number>,
): Promise<{ late: Participant[]; histories: History[] }> {
  const rooms = [...heads.keys()].filter(isPublic);
  const late: Participant[] = [];
  const histories: History[] = [];
  for (const [index, node] of nodes.entries()) {
    const one = new Participant({
      name: `late${index}`,
      rooms,
      nodes: () => [node],
      start: 0,
      dice: new Dice(index),
    });
    late.push(one);
    const untilMs = performance.now() + PATIENCE_MS;
    const isDone = () => one.isIn && rooms.every((room) => one.last(room) >= heads.get(room)!);
    while (!isDone() && performance.now() < untilMs) await delay(LOOK_EVERY_MS);
    for (const room of rooms) {
      histories.push({ source: `on node ${index}`, room, messages: await read(one, room) });
    }
    await one.end();
  }
  return { late, histories };
}

async function read(who: Participant, room: RoomKey): Promise<WireMessage[]> {
  const messages: WireMessage[] = [];
  for (let more = true; more;) {
    const after = messages.at(-1)?.seq ?? 0;
    const page = await who.tell(room, { type: "history", after, limit: PAGE });
    if (page.type !== "history") {
      who.complaints.push(`history of ${room} got ${JSON.stringify(page)}`);
      return messages;
    }
    messages.push(...page.messages);
    more = page.more && page.messages.length > 0;
  }
  return messages;
}
