import { delay } from "@std/async/delay";
import type { Dice } from "../../chat/model_dice.ts";
import { isPublic, type Participant } from "./participant.ts";
import { directRoom } from "./testimony.ts";

export interface TalkOptions {
  readonly dice: Dice;
  /** Time between two things that one participant does, on average. */
  readonly paceMs: number;
  /** Whom it may write to, if anybody. */
  readonly others: readonly string[];
  isOver(): boolean;
}

const EMOJI = ["👍", "🎉", "❤️"];
/** Own messages that may still be edited or deleted. */
const RECENT = 10;
const AWAY_MAX_MS = 500;
/** Messages at once, without waiting for one another. */
const BURST_MAX = 4;

/** What people do, at random, until it is over. What was begun to be said is finished elsewhere. */
export async function talk(me: Participant, options: TalkOptions): Promise<void> {
  const { dice, paceMs, isOver } = options;
  while (!isOver()) {
    await delay(dice.below(2 * paceMs));
    if (isOver()) return;
    await act(me, options);
  }
}

async function act(me: Participant, { dice, others }: TalkOptions): Promise<void> {
  const room = dice.pick([...me.present]);
  const thrown = dice.below(100);
  if (thrown < 55) return void me.say(room);
  if (thrown < 62) {
    for (let burst = 1 + dice.below(BURST_MAX); burst > 0; burst--) void me.say(room);
    return;
  }
  if (thrown < 70 && others.length > 0) return void me.say(directRoom(me.name, dice.pick(others)));
  if (thrown < 80) {
    const noted = dice.pick(me.noted.slice(-RECENT));
    if (noted) await me.change(noted, thrown < 77 ? "edit" : "delete");
    return;
  }
  if (thrown < 90) {
    const event = dice.pick(me.heard.get(room)?.slice(-RECENT) ?? []);
    if (event?.type !== "message") return;
    const emoji = dice.pick(EMOJI);
    await me.tell(room, { type: "react", seq: event.seq, emoji, on: !dice.once(4) });
    return;
  }
  if (thrown < 95) {
    await me.tell(room, { type: "read", seq: me.last(room) });
    return;
  }
  if (thrown < 97) return await me.hangUp();
  if (!isPublic(room) || !await me.leave(room)) return;
  await delay(dice.below(AWAY_MAX_MS));
  me.enter(room);
}
