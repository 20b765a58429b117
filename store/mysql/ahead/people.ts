import type { Role } from "../../../protocol/commands.ts";
import type { Party } from "../../../protocol/rules.ts";
import { RANKS, standingOf, type StandingRecord } from "../../people_rows.ts";
import type { RoomId, Standing } from "../../store.ts";
import type { LogEnd, PeopleTable } from "../../tables.ts";
import type { Result } from "../connection.ts";
import { anyOf, type Pairs, raw, type Sql, sql } from "../sql.ts";

interface PersonRecord extends StandingRecord {
  readonly room: RoomId;
  readonly user: number;
  readonly memberSince: number;
}

const COLUMNS = raw(
  "room, user, role, member_since AS memberSince, banned, muted_until AS mutedUntil, `read`",
);

/** What the people of a group of writes are in its rooms. */
export class PeopleAhead implements PeopleTable {
  readonly #pairs: Pairs;
  readonly #first: ReadonlyMap<RoomId, number>;
  readonly #rooms = new Map<RoomId, Map<number, PersonRecord>>();
  readonly #writes: Sql[] = [];

  /**
   * `pairs`: whom of which rooms it is about. `first`: rooms that somebody leaves or that get an
   * owner, and how many of their members the group may put out at most: one more is read, the owner
   * first.
   */
  constructor(pairs: Pairs, first: ReadonlyMap<RoomId, number>) {
    this.#pairs = pairs;
    this.#first = first;
  }

  ask(): Sql[] {
    const members = [...this.#first].map(([room, most]) =>
      sql`SELECT ${COLUMNS} FROM people WHERE room = ${room} AND role > 0
        ORDER BY role DESC, member_since, user LIMIT ${most + 1}`
    );
    if (this.#pairs.size === 0) return members;
    const those = anyOf(raw("room"), raw("user"), this.#pairs);
    return [sql`SELECT ${COLUMNS} FROM people FORCE INDEX (PRIMARY) WHERE ${those}`, ...members];
  }

  take(answers: readonly Result[]): void {
    for (const record of answers.flat() as unknown as PersonRecord[]) this.#set(record);
  }

  writes(): readonly Sql[] {
    return this.#writes;
  }

  standing(room: RoomId, user: number): Standing {
    return standingOf(this.#rooms.get(room)?.get(user));
  }

  party(room: RoomId, user: number, at: number): Party {
    const { role, banned, mutedUntil } = this.standing(room, user);
    return { role, banned, muted: mutedUntil > at };
  }

  owner(room: RoomId): number | undefined {
    return [...this.#rooms.get(room)?.values() ?? []].find(({ role }) => role === RANKS.owner)
      ?.user;
  }

  /** The first of those that were read: right whenever there is any. */
  heir(room: RoomId, user: number): number | undefined {
    const others = [...this.#rooms.get(room)?.values() ?? []]
      .filter((record) => record.role > 0 && record.user !== user)
      .sort((a, b) => b.role - a.role || a.memberSince - b.memberSince || a.user - b.user);
    return others[0]?.user;
  }

  join(room: LogEnd, user: number, role: Role, at: number): void {
    const { id, seq, messages } = room;
    this.#change(id, user, { role: RANKS[role], memberSince: at, read: seq });
    this.#writes.push(
      sql`INSERT INTO people (room, user, role, member_since, \`read\`, read_ordinal)
        VALUES (${id}, ${user}, ${RANKS[role]}, ${at}, ${seq}, ${messages})
        ON DUPLICATE KEY UPDATE role = VALUES(role), member_since = VALUES(member_since),
          \`read\` = VALUES(\`read\`), read_ordinal = VALUES(read_ordinal)`,
    );
  }

  setRole(room: RoomId, user: number, role: Role | undefined): void {
    const rank = role ? RANKS[role] : 0;
    this.#change(room, user, { role: rank });
    this.#writes.push(
      sql`UPDATE people SET role = ${rank} WHERE room = ${room} AND user = ${user}`,
    );
  }

  setBanned(room: RoomId, user: number, banned: boolean): void {
    const value = banned ? 1 : 0;
    this.#change(room, user, { banned: value, role: 0 });
    this.#writes.push(
      sql`INSERT INTO people (room, user, banned) VALUES (${room}, ${user}, ${value})
        ON DUPLICATE KEY UPDATE banned = VALUES(banned), role = 0`,
    );
  }

  setMutedUntil(room: RoomId, user: number, untilMs: number): void {
    this.#change(room, user, { mutedUntil: untilMs });
    this.#writes.push(
      sql`INSERT INTO people (room, user, muted_until) VALUES (${room}, ${user}, ${untilMs})
        ON DUPLICATE KEY UPDATE muted_until = VALUES(muted_until)`,
    );
  }

  #change(room: RoomId, user: number, changed: Partial<PersonRecord>): void {
    const none = { role: 0, memberSince: 0, banned: 0, mutedUntil: 0, read: 0 };
    this.#set({ ...none, ...this.#rooms.get(room)?.get(user), ...changed, room, user });
  }

  #set(record: PersonRecord): void {
    let people = this.#rooms.get(record.room);
    if (!people) this.#rooms.set(record.room, people = new Map());
    people.set(record.user, record);
  }
}
