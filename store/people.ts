import type { Role } from "../protocol/commands.ts";
import type { Party } from "../protocol/rules.ts";
import type { Database } from "./database.ts";
import {
  memberOf,
  type MemberRecord,
  RANKS,
  standingOf,
  type StandingRecord,
} from "./people_rows.ts";
import type { Member, RoomId, Standing, UserId } from "./store.ts";
import type { LogEnd, PeopleTable } from "./tables.ts";

const STANDING = "p.role, p.banned, p.muted_until AS mutedUntil, p.read";

/** What users are in rooms: roles, bans, mutes and read marks. */
export class People implements PeopleTable {
  readonly #standing;
  readonly #standingOf;
  readonly #members;
  readonly #count;
  readonly #owner;
  readonly #heir;
  readonly #join;
  readonly #role;
  readonly #ban;
  readonly #mute;
  readonly #ordinal;
  readonly #mark;

  constructor(db: Database) {
    this.#standing = db.prepare<StandingRecord>(
      `SELECT ${STANDING} FROM people AS p WHERE p.room = ? AND p.user = ?`,
    );
    this.#standingOf = db.prepare<StandingRecord>(
      `SELECT ${STANDING} FROM users AS u JOIN people AS p ON p.user = u.no
       WHERE u.id = ? AND p.room = ?`,
    );
    this.#members = db.prepare<MemberRecord>(
      `SELECT u.id, u.name, u.guest, p.role, p.muted_until AS mutedUntil, p.read
       FROM people AS p JOIN users AS u ON u.no = p.user WHERE p.room = ? AND p.role > 0
       ORDER BY p.role DESC, p.member_since, p.user LIMIT ?`,
    );
    this.#count = db.prepare<{ n: number }>(
      "SELECT count(*) AS n FROM people WHERE room = ? AND role > 0",
    );
    this.#owner = db.prepare<{ user: number }>(
      "SELECT user FROM people WHERE room = ? AND role = 3 AND role > 0",
    );
    this.#heir = db.prepare<{ user: number }>(
      `SELECT user FROM people WHERE room = ? AND role > 0 AND user <> ?
       ORDER BY role DESC, member_since, user LIMIT 1`,
    );
    // Becoming a member begins with nothing unread: what was said before was not said to them.
    this.#join = db.prepare(
      `INSERT INTO people (room, user, role, member_since, read, read_ordinal)
       VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (room, user) DO UPDATE SET role = excluded.role,
         member_since = excluded.member_since, read = excluded.read,
         read_ordinal = excluded.read_ordinal`,
    );
    this.#role = db.prepare("UPDATE people SET role = ? WHERE room = ? AND user = ?");
    this.#ban = db.prepare(
      `INSERT INTO people (room, user, banned) VALUES (?, ?, ?)
       ON CONFLICT (room, user) DO UPDATE SET banned = excluded.banned, role = 0`,
    );
    this.#mute = db.prepare(
      `INSERT INTO people (room, user, muted_until) VALUES (?, ?, ?)
       ON CONFLICT (room, user) DO UPDATE SET muted_until = excluded.muted_until`,
    );
    this.#ordinal = db.prepare<{ ordinal: number }>(
      "SELECT ordinal FROM messages WHERE room = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
    );
    this.#mark = db.prepare(
      `INSERT INTO people (room, user, read, read_ordinal) VALUES (?, ?, ?, ?)
       ON CONFLICT (room, user) DO UPDATE SET read = excluded.read,
         read_ordinal = excluded.read_ordinal`,
    );
  }

  /** By the user's number, inside a transaction. */
  standing(room: RoomId, user: number): Standing {
    return standingOf(this.#standing.get(room, user));
  }

  standingOf(room: RoomId, user: UserId): Standing {
    return standingOf(this.#standingOf.get(user, room));
  }

  party(room: RoomId, user: number, at: number): Party {
    const { role, banned, mutedUntil } = this.standing(room, user);
    return { role, banned, muted: mutedUntil > at };
  }

  /** The owner first, then moderators, then members, each the longest-serving first. */
  members(room: RoomId, limit: number): Member[] {
    return this.#members.all(room, limit).map(memberOf);
  }

  count(room: RoomId): number {
    return this.#count.get(room)?.n ?? 0;
  }

  owner(room: RoomId): number | undefined {
    return this.#owner.get(room)?.user;
  }

  heir(room: RoomId, user: number): number | undefined {
    return this.#heir.get(room, user)?.user;
  }

  join(room: LogEnd, user: number, role: Role, at: number): void {
    this.#join.run(room.id, user, RANKS[role], at, room.seq, room.messages);
  }

  setRole(room: RoomId, user: number, role: Role | undefined): void {
    this.#role.run(role ? RANKS[role] : 0, room, user);
  }

  setBanned(room: RoomId, user: number, banned: boolean): void {
    this.#ban.run(room, user, banned ? 1 : 0);
  }

  setMutedUntil(room: RoomId, user: number, untilMs: number): void {
    this.#mute.run(room, user, untilMs);
  }

  /** Moves the read mark forward to `seq`, which must be in the log; answers where it is then. */
  markRead(room: RoomId, user: number, seq: number): number {
    const { read } = this.standing(room, user);
    if (seq <= read) return read;
    this.#mark.run(room, user, seq, this.#ordinal.get(room, seq)?.ordinal ?? 0);
    return seq;
  }
}
