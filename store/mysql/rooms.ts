import { Refusal } from "../../protocol/errors.ts";
import { cardOf, directName, found } from "../founding.ts";
import { ROOM_COLUMNS, ROOM_TABLES, roomOf, type RoomRecord } from "../rows.ts";
import type { NewRoom, Room, RoomId, UserId, UserRef } from "../store.ts";
import { storable } from "../text.ts";
import { BlocksAhead } from "./ahead/blocks.ts";
import { ChangesAhead } from "./ahead/changes.ts";
import { PeopleAhead } from "./ahead/people.ts";
import { RoomsAhead } from "./ahead/rooms.ts";
import { UsersAhead } from "./ahead/users.ts";
import type { Database } from "./database.ts";
import type { Known } from "./known.ts";
import { raw, type Sql, sql } from "./sql.ts";
import type { Transaction } from "./transaction.ts";

const ROOMS = raw(`${ROOM_COLUMNS} FROM ${ROOM_TABLES}`);

/** Rooms by number and by name, and how they come to be. */
export class Rooms {
  readonly #db: Database;
  readonly #known: Known;

  constructor(db: Database, known: Known) {
    this.#db = db;
    this.#known = known;
  }

  byId(id: RoomId): Promise<Room | undefined> {
    return this.#one(sql`SELECT ${ROOMS} WHERE r.id = ${id}`);
  }

  byName(canonical: string): Promise<Room | undefined> {
    return this.#one(sql`SELECT ${ROOMS} WHERE r.canonical = ${canonical}`);
  }

  between(a: UserId, b: UserId): Promise<Room | undefined> {
    return this.byName(directName(a, b));
  }

  async public(limit: number): Promise<Room[]> {
    const records = await this.#db.rows<RoomRecord>(
      sql`SELECT ${ROOMS} WHERE r.kind = 'public' AND r.canonical IS NOT NULL
        ORDER BY r.canonical LIMIT ${limit}`,
    );
    return records.map(roomOf);
  }

  /**
   * A room with an owner begins its log with its making and its first members. One that nobody
   * owns has an empty log.
   */
  async create(wanted: NewRoom, at: number): Promise<Room> {
    const { name, canonical, kind, owner, members = [] } = wanted;
    const { title, topic, icon } = cardOf(wanted);
    const taken = sql`SELECT id FROM rooms WHERE canonical = ${storable(canonical)}`;
    const people = owner ? new Map([...members, owner].map((user) => [user.id, user])) : new Map();
    return await this.#making(people, at, async (transaction, numbers) => {
      if ((await transaction.rows(taken)).length > 0) {
        throw new Refusal("conflict", `there is a room ${name} already`);
      }
      const { insertId } = await transaction.run(
        sql`INSERT INTO rooms (name, canonical, kind, title, topic, icon, created_at)
          VALUES (${storable(name)}, ${canonical}, ${kind}, ${title}, ${topic}, ${icon}, ${at})`,
      );
      if (!owner) return insertId;
      const joining = [...people.values()];
      const tables = {
        ...emptyTables(numbers, kind === "group" ? joining : [], joining),
        blocks: new BlocksAhead(new Map(), 0, members.length > 0 ? [...numbers.values()] : []),
      };
      tables.users.take(await transaction.ask(tables.users.ask()));
      tables.blocks.take(await transaction.ask(tables.blocks.ask()));
      found(tables, insertId, { ...wanted, owner }, at);
      await save(transaction, tables);
      return insertId;
    });
  }

  async direct(a: UserRef, b: UserRef, at: number): Promise<Room> {
    const there = await this.between(a.id, b.id);
    if (there) return there;
    if (a.id === b.id) throw new Refusal("conflict", "a conversation needs two");
    const name = directName(a.id, b.id);
    const two = new Map([a, b].map((user) => [user.id, user]));
    return await this.#making(two, at, async (transaction, numbers) => {
      const [made] = await transaction.rows<{ id: RoomId }>(
        sql`SELECT id FROM rooms WHERE canonical = ${name}`,
      );
      // Both wrote first at once.
      if (made) return made.id;
      const tables = emptyTables(numbers, [a, b]);
      tables.users.take(await transaction.ask(tables.users.ask()));
      const [userA, userB] = [tables.users.settle(a), tables.users.settle(b)];
      const { insertId: id } = await transaction.run(
        sql`INSERT INTO rooms (name, canonical, kind, user_a, user_b, created_at)
          VALUES (${name}, ${name}, 'direct', ${userA}, ${userB}, ${at})`,
      );
      for (const user of [userA, userB]) {
        tables.people.join({ id, seq: 0, messages: 0 }, user, "member", at);
      }
      await save(transaction, tables);
      return id;
    });
  }

  async #one(statement: Sql): Promise<Room | undefined> {
    const [record] = await this.#db.rows<RoomRecord>(statement);
    return record && roomOf(record);
  }

  async #making(
    people: ReadonlyMap<UserId, UserRef>,
    at: number,
    make: (transaction: Transaction, numbers: ReadonlyMap<UserId, number>) => Promise<RoomId>,
  ): Promise<Room> {
    const { record, afterwards } = await this.#db.write(async (transaction) => {
      const { numbers, afterwards } = await this.#known.users(transaction, people, at);
      const id = await make(transaction, numbers);
      const [record] = await transaction.rows<RoomRecord>(sql`SELECT ${ROOMS} WHERE r.id = ${id}`);
      return { record, afterwards };
    });
    afterwards();
    if (!record) throw new Error("a room was made and is not there");
    return roomOf(record);
  }
}

/** Of a room that is being made: nobody is in it yet. */
function emptyTables(
  numbers: ReadonlyMap<UserId, number>,
  settling: readonly UserRef[],
  joining: readonly UserRef[] = settling,
) {
  return {
    users: new UsersAhead(numbers, settling, joining),
    rooms: new RoomsAhead(new Set()),
    people: new PeopleAhead(new Map(), new Map()),
    changes: new ChangesAhead(),
  };
}

async function save(transaction: Transaction, tables: ReturnType<typeof emptyTables>) {
  const { users, rooms, people, changes } = tables;
  await transaction.ask([users, rooms, people, changes].flatMap((table) => table.writes()));
}
