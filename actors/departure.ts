import { type ErrorCode, Refusal } from "../protocol/errors.ts";
import type { Conversation, Store } from "../store/store.ts";
import { errand, type Errander, type ErrandOptions } from "./errand.ts";
import type { Rooms } from "./rooms.ts";

export interface DepartureOptions extends ErrandOptions {
  /** Read only. */
  readonly store: Pick<Store, "conversations" | "members">;
}

/** It is otherwise by now: what is left to do is done where the account ends, without a word. */
const SETTLED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "banned",
  "conflict",
  "forbidden",
  "no_such_room",
  "no_such_user",
  "not_member",
]);

/**
 * Leaves what a user belongs to, before its account ends, in the rooms' own way: it stands in their
 * logs, and their hubs know it on every node. What it owns goes to the highest in rank who is there
 * for longest; a group without another member ends. May be done again when it failed.
 */
export async function depart(
  options: DepartureOptions,
  me: Errander,
  addressGroup: string,
): Promise<void> {
  const run = async (tell: (rooms: Rooms) => Promise<void> | undefined) => {
    await errand(options, me, addressGroup, tell).catch((error) => {
      if (!(error instanceof Refusal && SETTLED.has(error.code))) throw error;
    });
  };
  for (const conversation of await options.store.conversations(me.user.id)) {
    await leave(conversation, options, me, run);
  }
}

async function leave(
  { room: { id, name: room, kind }, role }: Conversation,
  { store }: DepartureOptions,
  { user }: Errander,
  run: (tell: (rooms: Rooms) => Promise<void> | undefined) => Promise<void>,
): Promise<void> {
  if (kind === "direct") return;
  if (role === "owner") {
    // The owner is the first of them.
    const heir = (await store.members(id, 2)).find((member) => member.user.id !== user.id)?.user;
    if (heir) {
      const command = { type: "role", room, user: heir.name, role: "owner", id: "errand" } as const;
      await run((rooms) => rooms.send(command, heir));
    } else if (kind === "group") {
      return await run((rooms) => rooms.send({ type: "dissolve", room, id: "errand" }));
    }
  }
  if (kind === "group") await run((rooms) => rooms.leave({ type: "leave", room, id: "errand" }));
}
