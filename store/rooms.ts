import { Refusal } from "../protocol/errors.ts";
import type { Database } from "./database.ts";
import { cardOf, directName, found } from "./founding.ts";
import type { People } from "./people.ts";
import { ROOM_COLUMNS, ROOM_TABLES, roomOf, type RoomRecord } from "./rows.ts";
import type { NewRoom, Room, RoomId, UserId, UserRef } from "./store.ts";
import type { LogEnd, Tables } from "./tables.ts";
import { storable } from "./text.ts";
import type { Users } from "./users.ts";

/** Rooms by number and by name, and how they come to be. */
export class Rooms {
  readonly #users: Users;
  readonly #people: People;
  readonly #tables: Pick<Tables, "users" | "people" | "changes" | "rooms" | "blocks">;
  readonly #byId;
  readonly #byName;
  readonly #public;
  readonly #insert;
  readonly #insertDirect;
  readonly #end;

  constructor(
    db: Database,
    users: Users,
    people: People,
    tables: Pick<Tables, "changes" | "rooms" | "blocks">,
  ) {
    this.#users = users;
    this.#people = people;
    this.#tables = { ...tables, users, people };
    const select = `SELECT ${ROOM_COLUMNS} FROM ${ROOM_TABLES}`;
    this.#byId = db.prepare<RoomRecord>(`${select} WHERE r.id = ?`);
    this.#byName = db.prepare<RoomRecord>(`${select} WHERE r.canonical = ?`);
    this.#public = db.prepare<RoomRecord>(
      `${select} WHERE r.kind = 'public' AND r.canonical IS NOT NULL ORDER BY r.canonical LIMIT ?`,
    );
    this.#insert = db.prepare<{ id: RoomId }>(
      `INSERT INTO rooms (name, canonical, kind, title, topic, icon, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    );
    this.#insertDirect = db.prepare<{ id: RoomId }>(
      `INSERT INTO rooms (name, canonical, kind, user_a, user_b, created_at)
       VALUES (?, ?, 'direct', ?, ?, ?) RETURNING id`,
    );
    this.#end = db.prepare<LogEnd>("SELECT id, seq, messages FROM rooms WHERE id = ?");
  }

  byId(id: RoomId): Room | undefined {
    const record = this.#byId.get(id);
    return record && roomOf(record);
  }

  byName(canonical: string): Room | undefined {
    const record = this.#byName.get(canonical);
    return record && roomOf(record);
  }

  public(limit: number): Room[] {
    return this.#public.all(limit).map(roomOf);
  }

  /**
   * A room with an owner begins its log with its making and its first members. One that nobody
   * owns has an empty log.
   */
  create(wanted: NewRoom, at: number): Room {
    const { name, canonical, kind, owner } = wanted;
    if (this.#byName.get(storable(canonical))) {
      throw new Refusal("conflict", `there is a room ${name} already`);
    }
    const { title, topic, icon } = cardOf(wanted);
    const made = this.#insert.get(storable(name), canonical, kind, title, topic, icon, at);
    if (!made) throw new Error("an inserted room has no number");
    if (owner) found(this.#tables, made.id, { ...wanted, owner }, at);
    return this.#made(made.id);
  }

  direct(a: UserRef, b: UserRef, at: number): Room {
    const there = this.between(a.id, b.id);
    if (there) return there;
    if (a.id === b.id) throw new Refusal("conflict", "a conversation needs two");
    const name = directName(a.id, b.id);
    const users = [this.#users.settle(a, at), this.#users.settle(b, at)] as const;
    const made = this.#insertDirect.get(name, name, users[0], users[1], at);
    if (!made) throw new Error("an inserted room has no number");
    const end = { id: made.id, seq: 0, messages: 0 };
    for (const user of users) this.#people.join(end, user, "member", at);
    return this.#made(made.id);
  }

  between(a: UserId, b: UserId): Room | undefined {
    return this.byName(directName(a, b));
  }

  /** A role and nothing in the log. Does nothing for a member, a banned user or another kind. */
  enroll(id: RoomId, user: UserRef, at: number): void {
    const room = this.byId(id);
    const end = this.#end.get(id);
    if (!room || !end || room.kind !== "public" || room.dissolvedAt !== undefined) return;
    const no = this.#users.ensure(user, at);
    const { role, banned } = this.#people.standing(id, no);
    if (!role && !banned) this.#people.join(end, no, "member", at);
  }

  #made(id: RoomId): Room {
    const room = this.byId(id);
    if (!room) throw new Error(`room ${id} was made and is not there`);
    return room;
  }
}
