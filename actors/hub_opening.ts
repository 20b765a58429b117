import type { Member, Room, UserId } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { HubMessage } from "./hub_messages.ts";
import { GROUP_MEMBERS_MAX, type HubOptions } from "./hub_options.ts";

/** The switchboard is in the same process and waits for nothing. */
const WATCH_TIMEOUT_MS = 10_000;

/** What a hub starts with. */
export interface Opening {
  readonly room: Room;
  /** Of a group or direct room. */
  readonly members: readonly Member[];
  /** Those of them who are online; the hub is told of every change from then on. */
  readonly online: readonly UserId[];
}

/** Throws what the store says, or that the switchboard did not answer. */
export async function openingOf(
  { store, switchboard, room: id }: HubOptions,
  hub: Ref<HubMessage>,
): Promise<Opening> {
  const room = await store.room(id);
  if (!room) throw new Error(`room ${id} is not in the store`);
  if (room.kind === "public") return { room, members: [], online: [] };
  const members = await store.members(id, GROUP_MEMBERS_MAX);
  const users = members.map((member) => member.user.id);
  try {
    // Before anything is answered: the first to ask would be told that everybody is away.
    const online = await switchboard.ask<readonly UserId[]>(
      (reply) => ({ type: "watch", hub, users, reply }),
      WATCH_TIMEOUT_MS,
    );
    return { room, members, online };
  } catch (error) {
    void switchboard.tellWhenFits({ type: "unwatch", hub });
    throw error;
  }
}
