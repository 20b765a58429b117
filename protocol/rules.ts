import type { Role } from "./commands.ts";
import type { RoomKind } from "./events.ts";

/**
 * Who may do what to whom in which kind of room: the one place. Pure, so that the hub, the store's
 * transaction and the tests ask the same question. docs/protocol.md prints it as a table.
 */

export const ACTIONS = [
  /** Join, history, search, members, read marks. */
  "read",
  /** Messages and typing. */
  "write",
  "edit",
  "delete",
  "react",
  "set",
  "dissolve",
  "leave",
  "invite",
  "kick",
  "ban",
  "unban",
  "mute",
  "role",
] as const;
export type Action = typeof ACTIONS[number];

/** What an administrator of the server may do in every public room, whoever owns it. */
export const CARE: ReadonlySet<string> = new Set<Action>([
  "delete",
  "set",
  "dissolve",
  "kick",
  "ban",
  "unban",
  "mute",
  "role",
]);

/** What the rules need to know of somebody in a room. */
export interface Party {
  readonly role?: Role | undefined;
  /** An administrator of the server: above the owner in public rooms, nothing in all others. */
  readonly admin?: boolean | undefined;
  readonly banned: boolean;
  readonly muted: boolean;
}

export type Verdict =
  | { readonly code: "forbidden" | "banned" | "muted" | "not_member" | "conflict"; why: string }
  | undefined;

const RANK: Record<Role, number> = { owner: 3, moderator: 2, member: 1 };
const ADMIN_RANK = 4;
const no = (code: NonNullable<Verdict>["code"], why: string): Verdict => ({ code, why });

const MODERATION: ReadonlySet<Action> = new Set(["kick", "ban", "unban", "mute"]);

/**
 * Undefined when `actor` may do it, else why not. `target` is the user it is done to. `self`: actor
 * and target are the same user; for `edit` and `delete`, the actor is the message's author.
 * `newRole` only for `role`.
 */
export function verdict(
  action: Action,
  kind: RoomKind,
  actor: Party,
  target?: Party,
  self = false,
  newRole?: Role,
): Verdict {
  const rank = (party: Party | undefined): number =>
    party?.admin && kind === "public" ? ADMIN_RANK : party?.role ? RANK[party.role] : 0;
  const cares = rank(actor) === ADMIN_RANK && CARE.has(action);
  if (actor.banned && !cares) return no("banned", "you are banned from this room");
  if (kind !== "public" && !actor.role) {
    return no("not_member", "you are not a member of this room");
  }
  switch (action) {
    case "read":
      return undefined;
    case "write":
    case "react":
      return actor.muted ? no("muted", "you are muted in this room") : undefined;
    case "edit":
      if (actor.muted) return no("muted", "you are muted in this room");
      return self ? undefined : no("forbidden", "only its author may edit a message");
    case "delete":
      return self || (kind !== "direct" && rank(actor) >= RANK.moderator)
        ? undefined
        : no("forbidden", "only its author, a moderator or the owner may delete a message");
    case "leave":
      if (kind === "direct") return no("forbidden", "a direct conversation cannot be left");
      return undefined;
  }
  if (kind === "direct") return no("forbidden", "a direct conversation has no " + action);
  switch (action) {
    case "invite":
      if (kind === "public") return no("forbidden", "anyone may join a public room by themselves");
      if (rank(actor) < RANK.moderator) {
        return no("forbidden", "only the owner and moderators may invite");
      }
      if (target?.banned) return no("conflict", "that user is banned; unban first");
      return target?.role ? no("conflict", "that user is a member already") : undefined;
    case "set":
      return rank(actor) >= RANK.moderator
        ? undefined
        : no("forbidden", "only its owner and moderators may change a room");
    case "dissolve":
      return rank(actor) >= RANK.owner
        ? undefined
        : no("forbidden", "only its owner may dissolve a room");
  }
  if (self && action !== "role") {
    // From before they were an administrator, and nobody else could lift it.
    if (cares && (action === "unban" || action === "mute")) return undefined;
    return no("forbidden", `you cannot ${action} yourself`);
  }
  if (MODERATION.has(action)) {
    if (rank(actor) < RANK.moderator) {
      return no("forbidden", `only the owner and moderators may ${action}`);
    }
    if (rank(actor) <= rank(target)) {
      return no("forbidden", `you cannot ${action} someone of your own rank or above`);
    }
    if (kind === "group" && !target?.role && (action === "kick" || action === "mute")) {
      return no("not_member", "that user is not a member of this group");
    }
    return undefined;
  }
  // role: the owner gives any role to a member, and in a public room, where who merely joined is
  // listed as one, to anyone; giving "owner" hands the room over.
  if (rank(actor) < RANK.owner) return no("forbidden", "only the owner may give roles");
  if (self && actor.role === "owner") {
    return no("conflict", "the owner keeps the role until another gets it");
  }
  if (target?.banned) return no("conflict", "that user is banned; unban first");
  if (kind !== "public" && !target?.role) {
    return no("not_member", "that user is not a member of this room");
  }
  return newRole === undefined ? no("conflict", "no role was named") : undefined;
}
