import { delay } from "@std/async/delay";
import type { Dice } from "../../chat/model_dice.ts";
import type { Participant } from "./participant.ts";
import type { RoomKey } from "./testimony.ts";

export interface Group {
  readonly room: RoomKey;
  readonly owner: Participant;
  readonly members: readonly Participant[];
}

export interface UpheavalOptions {
  readonly dice: Dice;
  /** Between two changes, on average. */
  readonly paceMs: number;
  isOver(): boolean;
}

const RETRY_MS = 100;
const ROLES = ["moderator", "member"];

/**
 * A group's owner puts one member after the other out, at random, and invites them again, or gives
 * them a role. In the end everybody belongs to it.
 */
export async function upheave(
  { room, owner, members }: Group,
  { dice, paceMs, isOver }: UpheavalOptions,
): Promise<void> {
  while (!isOver()) {
    await delay(dice.below(2 * paceMs));
    if (isOver()) break;
    const user = dice.pick(members).name;
    if (dice.once(3)) {
      await owner.tell(room, { type: "role", user, role: dice.pick(ROLES) });
      continue;
    }
    await owner.tell(room, { type: "kick", user });
    await delay(dice.below(2 * paceMs));
    await invite(owner, room, user);
  }
  // Who was to be put out by an order that nobody answered may be out only now.
  for (const { name } of members) await invite(owner, room, name);
}

async function invite(owner: Participant, room: RoomKey, user: string): Promise<void> {
  while (!await isMember(owner, room, user)) await delay(RETRY_MS);
}

async function isMember(owner: Participant, room: RoomKey, user: string): Promise<boolean> {
  const answer = await owner.tell(room, { type: "invite", user });
  return answer.type === "ok" || (answer.type === "error" && answer.code === "conflict");
}
