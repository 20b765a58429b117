import { RESUME_MAX } from "../protocol/limits.ts";
import type { LogRow, Room, Standing, Store } from "../store/store.ts";
import type { JoinMessage } from "./hub_messages.ts";

interface AdmissionOptions {
  readonly store: Store;
  readonly joinHistory: number;
}

/** Most events it gets first, and its reply. */
export function rowsOf({ joinHistory }: AdmissionOptions, join: JoinMessage, upTo: number): number {
  const { since, history = joinHistory } = join;
  return 1 + (since === undefined ? history : Math.min(RESUME_MAX, Math.max(0, upTo - since)));
}

/**
 * What a join needs from the store: where the user stands and the events it gets first, none above
 * `upTo`. With `since` all after it, but at most the newest RESUME_MAX; else the last messages.
 */
export async function admissionOf(
  options: AdmissionOptions,
  room: Room,
  join: JoinMessage,
  upTo: number,
): Promise<{ standing: Standing; rows: readonly LogRow[] }> {
  const { store } = options;
  const [standing, rows] = await Promise.all([
    store.standing(room.id, join.session.user.id),
    join.since === undefined ? lastMessages() : missed(join.since),
  ]);
  return { standing, rows };

  async function lastMessages(): Promise<readonly LogRow[]> {
    const limit = join.history ?? options.joinHistory;
    if (limit === 0 || upTo === 0) return [];
    return (await store.history(room.id, { before: upTo + 1, limit })).rows;
  }

  function missed(since: number): Promise<readonly LogRow[]> {
    return since >= upTo ? Promise.resolve([]) : store.since(room.id, since, upTo, RESUME_MAX);
  }
}
