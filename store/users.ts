import { canonicalForm } from "../protocol/canonical.ts";
import { Refusal } from "../protocol/errors.ts";
import type { Database } from "./database.ts";
import { USER_COLUMNS, userOf, type UserRecord } from "./people_rows.ts";
import type { User, UserId, UserRef } from "./store.ts";
import type { UserTable } from "./tables.ts";
import { storable } from "./text.ts";

/** Users whose number is remembered, so that a message costs no look-up of its sender. */
const KNOWN_MAX = 50_000;

/** Users and their numbers. A number is given once and never to another user. */
export class Users implements UserTable {
  readonly #known = new Map<UserId, number>();
  readonly #byId;
  readonly #byName;
  readonly #insert;
  readonly #name;
  readonly #account;
  readonly #hash;
  readonly #admin;
  readonly #seen;

  constructor(db: Database) {
    this.#byId = db.prepare<UserRecord>(`SELECT ${USER_COLUMNS} FROM users WHERE id = ?`);
    this.#byName = db.prepare<UserRecord>(`SELECT ${USER_COLUMNS} FROM users WHERE canonical = ?`);
    this.#insert = db.prepare<{ no: number }>(
      `INSERT INTO users (id, name, guest, created_at, seen_at) VALUES (?, ?, ?, ?, ?)
       RETURNING no`,
    );
    this.#name = db.prepare("UPDATE users SET name = ?, canonical = ? WHERE no = ?");
    this.#account = db.prepare("UPDATE users SET guest = 0, password_hash = ? WHERE no = ?");
    this.#hash = db.prepare("UPDATE users SET password_hash = ? WHERE id = ? AND guest = 0");
    this.#admin = db.prepare("UPDATE users SET admin = ? WHERE id = ?");
    this.#seen = db.prepare("UPDATE users SET seen_at = max(seen_at, ?) WHERE id = ?");
    // Rows made in a transaction that was undone are not there.
    db.onRollback(() => this.#known.clear());
  }

  /** The user's number; the row is made when there is none. Only inside a transaction. */
  ensure(user: UserRef, at: number): number {
    const known = this.find(user.id);
    if (known !== undefined) return known;
    const guest = user.guest ? 1 : 0;
    const made = this.#insert.get(storable(user.id), storable(user.name), guest, at, at);
    if (!made) throw new Error("an inserted user has no number");
    return this.#remember(user.id, made.no);
  }

  /**
   * The number of somebody who gets a direct conversation or a group: a guest holds its name from
   * then on, unless another holds it. Only inside a transaction.
   */
  settle(user: UserRef, at: number): number {
    const no = this.ensure(user, at);
    const canonical = canonicalForm(user.name);
    if (user.guest && !this.#byName.get(canonical)) this.#name.run(user.name, canonical, no);
    return no;
  }

  find(id: UserId): number | undefined {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const record = this.#byId.get(id);
    return record && this.#remember(id, record.no);
  }

  isDeleted(id: UserId): boolean {
    return (this.#byId.get(id)?.deletedAt ?? null) !== null;
  }

  isAdmin(id: UserId): boolean {
    return this.#byId.get(id)?.admin === 1;
  }

  byId(id: UserId): User | undefined {
    const record = this.#byId.get(id);
    return record && userOf(record);
  }

  byName(canonical: string): User | undefined {
    const record = this.#byName.get(canonical);
    return record && userOf(record);
  }

  /** Gives the user the name, or throws `name_taken`. */
  hold(user: UserRef, canonical: string, at: number): number {
    const holder = this.#byName.get(storable(canonical));
    if (holder && holder.id !== user.id) throw new Refusal("name_taken", `${user.name} is taken`);
    if (holder?.name === user.name) return holder.no;
    if (this.#byId.get(user.id)?.deletedAt) {
      throw new Refusal("no_such_user", "that account was deleted");
    }
    const no = this.ensure(user, at);
    this.#name.run(storable(user.name), canonical, no);
    return no;
  }

  createAccount(user: UserRef, canonical: string, passwordHash: string, at: number): User {
    const before = this.#byId.get(user.id);
    if (before && before.guest === 0) throw new Refusal("conflict", "this is an account already");
    this.#account.run(passwordHash, this.hold(user, canonical, at));
    const account = this.byId(user.id);
    if (!account) throw new Error("a new account has no row");
    return account;
  }

  passwordHash(id: UserId): string | undefined {
    return this.#byId.get(id)?.passwordHash ?? undefined;
  }

  setPasswordHash(id: UserId, passwordHash: string): void {
    if (this.#hash.run(passwordHash, id) === 0) throw noAccount();
  }

  setAdmin(id: UserId, admin: boolean): void {
    if (this.#admin.run(admin ? 1 : 0, id) === 0) throw noAccount();
  }

  /** A user without a row has said nothing yet; it is not made for having been here. */
  seen(id: UserId, at: number): void {
    this.#seen.run(at, id);
  }

  #remember(id: UserId, no: number): number {
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(id, no);
    return no;
  }
}

const noAccount = () => new Refusal("no_such_user", "there is no such account");
