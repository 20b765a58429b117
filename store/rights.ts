import { type Action, CARE, type Party } from "../protocol/rules.ts";
import type { Act } from "./change_log.ts";
import type { UserId } from "./store.ts";
import type { Tables } from "./tables.ts";

/**
 * Somebody as the rules see them for what is being done. Whether they are an administrator is asked
 * here, in the transaction, and remembered nowhere: who is one no more is none on every node.
 */
export function partyOf(
  { people, users }: Pick<Tables, "people" | "users">,
  { room, at }: Act,
  { id, no }: { readonly id: UserId; readonly no: number },
  action: Action,
): Party {
  const party = people.party(room.id, no, at);
  if (room.kind !== "public" || !CARE.has(action)) return party;
  return { ...party, admin: users.isAdmin(id) };
}
