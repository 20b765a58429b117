import { Refusal } from "../protocol/errors.ts";
import type { UserRef } from "./store.ts";
import type { Tables } from "./tables.ts";

/**
 * Refuses to make somebody a member who did not ask for it: an account that has ended, whose name
 * may be known a moment longer than it is there, or whoever has blocked who does it.
 */
export function requireInvitable(
  { users, blocks }: Pick<Tables, "users" | "blocks">,
  by: number,
  user: UserRef,
): void {
  if (users.isDeleted(user.id)) throw new Refusal("no_such_user", "that account was deleted");
  const no = users.find(user.id);
  if (no !== undefined && blocks.receiver(no, by)?.blocks) {
    throw new Refusal("blocked", `${user.name} takes no invitations from you`);
  }
}
