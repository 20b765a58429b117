import type { Party } from "../protocol/rules.ts";
import type { LogRow, Room, Standing, UserId } from "../store/store.ts";

/** Somebody of whom nothing is known yet. */
export const UNKNOWN: Standing = { banned: false, mutedUntil: 0, read: 0 };

/** A standing as the rules see it at the moment. */
export function party(standing: Standing, nowMs: number): Party {
  return {
    role: standing.role,
    banned: standing.banned,
    muted: standing.mutedUntil > nowMs,
  };
}

/**
 * The standing of `user` after what the log says; doing it twice changes nothing. Handing the room
 * over makes its former owner a moderator, in the same event. Coming and going are not looked at.
 */
export function standingAfter(
  standing: Standing,
  user: UserId,
  { change, userId, role, untilMs }: Extract<LogRow, { type: "member" }>,
): Standing {
  if (change === "role" && role) {
    if (userId === user) return { ...standing, role };
    const handedOver = role === "owner" && standing.role === "owner";
    return handedOver ? { ...standing, role: "moderator" } : standing;
  }
  if (userId !== user || (change !== "muted" && change !== "unmuted")) return standing;
  return { ...standing, mutedUntil: untilMs ?? 0 };
}

/** Where a conversation begins for who had none of it before: who is invited has read all until then. */
export function beginning(
  { kind, read }: { readonly kind: Room["kind"]; readonly read: number },
): number {
  return kind === "direct" ? 0 : Math.max(0, read - 1);
}
