import type { Member, Room, UserId, UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { HubMessage } from "./hub_messages.ts";
import { GROUP_MEMBERS_MAX, type HubOptions } from "./hub_options.ts";
import type { OpeningPeople } from "./switchboard_messages.ts";

/** The switchboard is in the same process and waits for nothing. */
const PEOPLE_TIMEOUT_MS = 10_000;

/** What a hub starts with. */
export interface Opening {
  /** Not dissolved when its people here have yet to hear of that. */
  readonly room: Room;
  /** The event behind which the log goes on for its people here. */
  readonly from: number;
  /** Of a group or direct room. */
  readonly members: readonly Member[];
  /** Those who belonged to it before the log goes on; it says why they do not any more. */
  readonly former: readonly UserRef[];
  /** Those of them who are online; the hub is told of every change from then on. */
  readonly online: readonly UserId[];
}

/**
 * Throws what the store says, or that the switchboard did not answer.
 *
 * @param before it was here before, and failed: it has its sessions join again.
 */
export async function openingOf(
  { store, switchboard, room: id }: HubOptions,
  hub: Ref<HubMessage>,
  before: boolean,
): Promise<Opening> {
  const room = await store.room(id);
  if (!room) throw new Error(`room ${id} is not in the store`);
  const { kind, seq } = room;
  if (kind === "public") return { room, from: seq, members: [], former: [], online: [] };
  const members = await store.members(id, GROUP_MEMBERS_MAX);
  try {
    // Before anything is answered: the first to ask would be told that everybody is away.
    const { online, resume } = await switchboard.ask<OpeningPeople>(
      (reply) => ({ type: "opening", hub, room, members, before, reply }),
      PEOPLE_TIMEOUT_MS,
    );
    const from = Math.min(seq, ...resume.map(({ from }) => from));
    const belong = new Set(members.map(({ user }) => user.id));
    const former = resume.filter(({ user, from }) => from < seq && !belong.has(user.id));
    const { dissolvedAt: _, ...alive } = room;
    return {
      room: from < seq ? alive : room,
      from,
      members,
      former: former.map(({ user }) => user),
      online,
    };
  } catch (error) {
    void switchboard.tellWhenFits({ type: "unwatch", hub });
    throw error;
  }
}
