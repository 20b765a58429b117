import { Refusal } from "../protocol/errors.ts";
import type { Act, ChangeLog, OpenRoom } from "./change_log.ts";
import type { Database } from "./database.ts";
import type { People } from "./people.ts";
import { ROOM_COLUMNS, ROOM_TABLES, roomOf, type RoomRecord } from "./rows.ts";
import type { NewRoom, Room, RoomId, UserId, UserRef } from "./store.ts";
import type { LogEnd } from "./tables.ts";
import { storable } from "./text.ts";
import type { Users } from "./users.ts";

/** Rooms by number and by name, and how they come to be. */
export class Rooms {
  readonly #users: Users;
  readonly #people: People;
  readonly #changes: ChangeLog;
  readonly #byId;
  readonly #byName;
  readonly #public;
  readonly #insert;
  readonly #insertDirect;
  readonly #end;
  readonly #saveSeq;

  constructor(db: Database, users: Users, people: People, changes: ChangeLog) {
    this.#users = users;
    this.#people = people;
    this.#changes = changes;
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
    this.#saveSeq = db.prepare("UPDATE rooms SET seq = ? WHERE id = ?");
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
    const card = [wanted.title, wanted.topic, wanted.icon].map((text) => text && storable(text));
    const [title, topic, icon] = card.map((text) => text || null);
    const made = this.#insert.get(
      ...[storable(name), canonical, kind, title ?? null, topic ?? null, icon ?? null, at],
    );
    if (!made) throw new Error("an inserted room has no number");
    if (owner) {
      const data = {
        created: true,
        ...(title && { title }),
        ...(topic && { topic }),
        ...(icon && { icon }),
      };
      const act = this.#act({ id: made.id, kind }, owner, at);
      this.#changes.write(act, { type: "room", data });
      this.#begin(act, wanted.members ?? []);
    }
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

  #begin(act: Act, members: readonly UserRef[]): void {
    const invited = new Map(members.map((user) => [user.id, user]));
    invited.delete(act.by.id);
    const people = [...invited.values()].map((user) => ({
      user,
      no: this.#number(act.room, user, act.at),
    }));
    for (const subject of people) {
      const data = { change: "invited", role: "member" } as const;
      this.#changes.write(act, { type: "member", subject, data });
    }
    this.#saveSeq.run(act.room.seq, act.room.id);
    this.#people.join(act.room, act.no, "owner", act.at);
    for (const { no } of people) this.#people.join(act.room, no, "member", act.at);
  }

  #act(room: Pick<OpenRoom, "id" | "kind">, by: UserRef, at: number): Act {
    const open = {
      ...room,
      seq: 0,
      savedSeq: 0,
      messages: 0,
      dissolved: false,
      between: undefined,
    };
    return { room: open, by, no: this.#number(room, by, at), at };
  }

  #number({ kind }: Pick<OpenRoom, "kind">, user: UserRef, at: number): number {
    return kind === "group" ? this.#users.settle(user, at) : this.#users.ensure(user, at);
  }

  #made(id: RoomId): Room {
    const room = this.byId(id);
    if (!room) throw new Error(`room ${id} was made and is not there`);
    return room;
  }
}

/** No client can type it: room names have no space. The same for both, whoever asks. */
function directName(a: UserId, b: UserId): string {
  return a < b ? `direct ${a} ${b}` : `direct ${b} ${a}`;
}
