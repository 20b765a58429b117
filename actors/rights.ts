import type { Party } from "../protocol/rules.ts";
import type { Standing } from "../store/store.ts";

/** A standing as the rules see it at the moment. */
export function party(standing: Standing, nowMs: number): Party {
  return {
    role: standing.role,
    banned: standing.banned,
    muted: standing.mutedUntil > nowMs,
  };
}
