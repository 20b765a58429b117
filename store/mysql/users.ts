import { Refusal } from "../../protocol/errors.ts";
import { CONVERSES, DELETED_NAME } from "../departures.ts";
import { USER_COLUMNS, userOf, type UserRecord } from "../people_rows.ts";
import type { RoomId, Session, User, UserId, UserRef } from "../store.ts";
import { storable } from "../text.ts";
import { PeopleAhead } from "./ahead/people.ts";
import { RoomsAhead } from "./ahead/rooms.ts";
import type { Database } from "./database.ts";
import type { Known } from "./known.ts";
import { keepSession } from "./sessions.ts";
import { raw, type Sql, sql } from "./sql.ts";
import type { Transaction } from "./transaction.ts";

const USERS = raw(`${USER_COLUMNS} FROM users`);

const IN_CONVERSATION = raw(CONVERSES);

type Ask = (statement: Sql) => Promise<UserRecord[]>;

/** Users, their names and accounts, and how these end. */
export class Users {
  readonly #db: Database;
  readonly #known: Known;

  constructor(db: Database, known: Known) {
    this.#db = db;
    this.#known = known;
  }

  async byId(id: UserId): Promise<User | undefined> {
    const [record] = await this.#db.rows<UserRecord>(ofId(id));
    return record && userOf(record);
  }

  async byName(canonical: string): Promise<User | undefined> {
    const [record] = await this.#db.rows<UserRecord>(ofName(canonical));
    return record && userOf(record);
  }

  /** Gives the user the name, or throws `name_taken`. */
  async hold(user: UserRef, canonical: string, at: number): Promise<void> {
    // The usual case, at every connection: it holds the name already.
    if (await isHeld(user, canonical, (statement) => this.#db.rows(statement))) return;
    const afterwards = await this.#db.write((transaction) =>
      this.#hold(transaction, user, canonical, at)
    );
    afterwards();
  }

  async createAccount(
    user: UserRef,
    canonical: string,
    passwordHash: string,
    at: number,
    session?: Session,
  ): Promise<User> {
    const { record, afterwards } = await this.#db.write(async (transaction) => {
      const [before] = await transaction.rows<UserRecord>(ofId(user.id));
      if (before && before.guest === 0) throw new Refusal("conflict", "this is an account already");
      const afterwards = await this.#hold(transaction, user, canonical, at);
      await transaction.run(
        sql`UPDATE users SET guest = 0, password_hash = ${passwordHash} WHERE id = ${user.id}`,
      );
      if (session) await keepSession(transaction, session);
      const [record] = await transaction.rows<UserRecord>(ofId(user.id));
      return { record, afterwards };
    });
    afterwards();
    if (!record) throw new Error("a new account has no row");
    return userOf(record);
  }

  async passwordHash(id: UserId): Promise<string | undefined> {
    const [record] = await this.#db.rows<UserRecord>(ofId(id));
    return record?.passwordHash ?? undefined;
  }

  setPasswordHash(id: UserId, passwordHash: string): Promise<void> {
    return this.#account(
      sql`UPDATE users SET password_hash = ${passwordHash} WHERE id = ${id} AND guest = 0`,
    );
  }

  setAdmin(id: UserId, admin: boolean): Promise<void> {
    return this.#account(sql`UPDATE users SET admin = ${admin ? 1 : 0} WHERE id = ${id}`);
  }

  async seen(id: UserId, at: number): Promise<void> {
    await this.#db.run(sql`UPDATE users SET seen_at = GREATEST(seen_at, ${at}) WHERE id = ${id}`);
  }

  releaseName(id: UserId): Promise<boolean> {
    return this.#db.write(async (transaction) => {
      const { affectedRows } = await transaction.run(
        sql`UPDATE users SET canonical = NULL
          WHERE id = ${id} AND guest = 1 AND canonical IS NOT NULL AND NOT ${IN_CONVERSATION}`,
      );
      return affectedRows > 0;
    });
  }

  async forgetGuests(idleBefore: number, online: ReadonlySet<UserId>): Promise<number> {
    const idle = sql`guest = 1 AND canonical IS NOT NULL
      AND (seen_at < ${idleBefore} OR NOT ${IN_CONVERSATION})`;
    const guests = await this.#db.rows<{ no: number; id: UserId }>(
      sql`SELECT no, id FROM users WHERE ${idle}`,
    );
    const gone = guests.filter(({ id }) => !online.has(id)).map(({ no }) => no);
    if (gone.length === 0) return 0;
    // Asked again: one may have begun a conversation meanwhile.
    return await this.#db.write(async (transaction) => {
      const { affectedRows } = await transaction.run(
        sql`UPDATE users SET canonical = NULL WHERE no IN (${gone}) AND ${idle}`,
      );
      return affectedRows;
    });
  }

  /**
   * Ends an account. Its rooms go to whoever comes next; a group without another member ends.
   * Nothing is written to the logs: whoever wants the others told appends `leave` first.
   */
  async delete(id: UserId, at: number): Promise<void> {
    const no = await this.#known.user(id, (statement) => this.#db.rows(statement));
    if (no === undefined) return;
    await this.#db.write(async (transaction) => {
      await handOver(transaction, no, at);
      transaction.later(
        sql`UPDATE users SET name = ${DELETED_NAME}, canonical = NULL, password_hash = NULL,
          admin = 0, deleted_at = ${at} WHERE no = ${no}`,
        sql`UPDATE people SET role = 0 WHERE user = ${no} AND role > 0`,
        sql`DELETE FROM blocks WHERE user = ${no}`,
        sql`DELETE FROM sessions WHERE user = ${no}`,
      );
    });
  }

  async #hold(transaction: Transaction, user: UserRef, canonical: string, at: number) {
    const ask: Ask = (statement) => transaction.rows(statement);
    if (await isHeld(user, canonical, ask)) return () => {};
    const [before] = await ask(ofId(user.id));
    if (before?.deletedAt) throw new Refusal("no_such_user", "that account was deleted");
    const refs = new Map([[user.id, user]]);
    const { numbers, afterwards } = await this.#known.users(transaction, refs, at);
    const no = numbers.get(user.id) ?? 0;
    await transaction.run(
      sql`UPDATE users SET name = ${storable(user.name)}, canonical = ${canonical}
        WHERE no = ${no}`,
    );
    return afterwards;
  }

  async #account(statement: Sql): Promise<void> {
    if (await this.#db.run(statement) === 0) {
      throw new Refusal("no_such_user", "there is no such account");
    }
  }
}

const ofId = (id: UserId) => sql`SELECT ${USERS} WHERE id = ${id}`;
const ofName = (canonical: string) => sql`SELECT ${USERS} WHERE canonical = ${canonical}`;

/** Whether the user has the name, as it writes it; throws `name_taken` when another has it. */
async function isHeld(user: UserRef, canonical: string, ask: Ask): Promise<boolean> {
  const [holder] = await ask(ofName(storable(canonical)));
  if (holder && holder.id !== user.id) throw new Refusal("name_taken", `${user.name} is taken`);
  return holder?.name === user.name;
}

async function handOver(transaction: Transaction, no: number, at: number): Promise<void> {
  const owned = await transaction.rows<{ room: RoomId; kind: string }>(
    sql`SELECT p.room, r.kind FROM people AS p JOIN rooms AS r ON r.id = p.room
      WHERE p.user = ${no} AND p.role = 3 AND r.dissolved_at IS NULL`,
  );
  const ids = owned.map(({ room }) => room);
  const rooms = new RoomsAhead(new Set(ids));
  const people = new PeopleAhead(
    new Map(ids.map((room) => [room, new Set([no])])),
    new Map(ids.map((room) => [room, 1])),
  );
  await transaction.ask(rooms.ask());
  people.take(await transaction.ask(people.ask()));
  for (const { room, kind } of owned) {
    // Another may have got the room before it was locked.
    if (people.standing(room, no).role !== "owner") continue;
    const heir = people.heir(room, no);
    if (heir !== undefined) people.setRole(room, heir, "owner");
    else if (kind === "group") rooms.dissolve(room, at);
  }
  transaction.later(...rooms.writes(), ...people.writes());
}
