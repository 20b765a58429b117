import type { Database } from "./database.ts";
import type { People } from "./people.ts";
import type { RoomId, UserId } from "./store.ts";
import type { Users } from "./users.ts";

/** What a deleted account is called; the name is reserved (protocol/names.ts). */
export const DELETED_NAME = "deleted";

/** Has a conversation that others see too: what keeps a guest's name for it. */
export const CONVERSES = `EXISTS (SELECT 1 FROM people AS p JOIN rooms AS r ON r.id = p.room
  WHERE p.user = users.no AND p.role > 0 AND r.kind <> 'public' AND r.dissolved_at IS NULL)`;

/** How names become free again and accounts end. */
export class Departures {
  readonly #users: Users;
  readonly #people: People;
  readonly #namedGuests;
  readonly #freeName;
  readonly #release;
  readonly #owned;
  readonly #dissolve;
  readonly #endAccount;
  readonly #clear;

  constructor(db: Database, users: Users, people: People) {
    this.#users = users;
    this.#people = people;
    this.#namedGuests = db.prepare<{ no: number; id: UserId }>(
      `SELECT no, id FROM users INDEXED BY users_named_guests WHERE guest = 1 AND canonical IS NOT NULL
         AND (seen_at < ? OR NOT ${CONVERSES})`,
    );
    this.#freeName = db.prepare("UPDATE users SET canonical = NULL WHERE no = ?");
    this.#release = db.prepare(
      `UPDATE users SET canonical = NULL
       WHERE id = ? AND guest = 1 AND canonical IS NOT NULL AND NOT ${CONVERSES}`,
    );
    this.#owned = db.prepare<{ room: RoomId; kind: string }>(
      `SELECT p.room, r.kind FROM people AS p JOIN rooms AS r ON r.id = p.room
       WHERE p.user = ? AND p.role > 0 AND p.role = 3 AND r.dissolved_at IS NULL`,
    );
    this.#dissolve = db.prepare(
      "UPDATE rooms SET dissolved_at = ?, canonical = NULL WHERE id = ?",
    );
    this.#endAccount = db.prepare(
      `UPDATE users SET name = '${DELETED_NAME}', canonical = NULL, password_hash = NULL,
         admin = 0, deleted_at = ? WHERE no = ?`,
    );
    this.#clear = [
      "UPDATE people SET role = 0 WHERE user = ? AND role > 0",
      "DELETE FROM blocks WHERE user = ?",
      "DELETE FROM sessions WHERE user = ?",
    ].map((sql) => db.prepare(sql));
  }

  forgetGuests(idleBefore: number, online: ReadonlySet<UserId>): number {
    const idle = this.#namedGuests.all(idleBefore).filter(({ id }) => !online.has(id));
    for (const { no } of idle) this.#freeName.run(no);
    return idle.length;
  }

  releaseName(id: UserId): boolean {
    return this.#release.run(id) > 0;
  }

  /**
   * Ends an account. Its rooms go to whoever comes next; a group without another member ends.
   * Nothing is written to the logs: whoever wants the others told appends `leave` first.
   */
  deleteUser(id: UserId, at: number): void {
    const no = this.#users.find(id);
    if (no === undefined) return;
    for (const { room, kind } of this.#owned.all(no)) {
      const heir = this.#people.heir(room, no);
      if (heir !== undefined) this.#people.setRole(room, heir, "owner");
      else if (kind === "group") this.#dissolve.run(at, room);
    }
    this.#endAccount.run(at, no);
    for (const statement of this.#clear) statement.run(no);
  }
}
