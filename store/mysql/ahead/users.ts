import { canonicalForm } from "../../../protocol/canonical.ts";
import type { UserId, UserRef } from "../../store.ts";
import type { UserTable } from "../../tables.ts";
import type { Result } from "../connection.ts";
import { type Sql, sql } from "../sql.ts";

interface LookedRecord {
  readonly no: number;
  readonly admin: number;
  readonly deletedAt: number | null;
}

/** The users of a group of writes, all of whom have rows by now. */
export class UsersAhead implements UserTable {
  readonly #numbers: ReadonlyMap<UserId, number>;
  /** Canonical names that somebody may get, and whether somebody holds them. */
  readonly #names = new Map<string, boolean>();
  readonly #writes: Sql[] = [];
  readonly #looked: readonly number[];
  readonly #deleted = new Set<number>();
  readonly #admins = new Set<number>();

  /**
   * `settling`: who may get a conversation that others see, too. `joining`: who may become a member
   * of a room, these among them. `caring`: who may be an administrator, where that counts.
   */
  constructor(
    numbers: ReadonlyMap<UserId, number>,
    settling: readonly UserRef[],
    joining: readonly UserRef[] = settling,
    caring: readonly UserRef[] = [],
  ) {
    this.#numbers = numbers;
    this.#looked = [...new Set([...joining, ...caring].map((user) => this.ensure(user)))];
    for (const user of settling) if (user.guest) this.#names.set(canonicalForm(user.name), false);
  }

  ask(): Sql[] {
    if (this.#looked.length === 0) return [];
    const looked = sql`SELECT no, admin, deleted_at AS deletedAt FROM users
      WHERE no IN (${this.#looked}) AND (admin = 1 OR deleted_at IS NOT NULL)`;
    if (this.#names.size === 0) return [looked];
    const names = [...this.#names.keys()];
    return [looked, sql`SELECT canonical FROM users WHERE canonical IN (${names})`];
  }

  take([looked, holders]: readonly Result[]): void {
    for (const { no, admin, deletedAt } of looked as LookedRecord[] | undefined ?? []) {
      if (admin === 1) this.#admins.add(no);
      if (deletedAt !== null) this.#deleted.add(no);
    }
    for (const { canonical } of holders as { canonical: string }[] | undefined ?? []) {
      this.#names.set(canonical, true);
    }
  }

  writes(): readonly Sql[] {
    return this.#writes;
  }

  ensure({ id }: UserRef): number {
    const no = this.#numbers.get(id);
    if (no === undefined) throw new Error(`user ${id} was not read ahead`);
    return no;
  }

  settle(user: UserRef): number {
    const no = this.ensure(user);
    const canonical = canonicalForm(user.name);
    if (user.guest && this.#names.get(canonical) === false) {
      this.#names.set(canonical, true);
      this.#writes.push(
        sql`UPDATE users SET name = ${user.name}, canonical = ${canonical} WHERE no = ${no}`,
      );
    }
    return no;
  }

  find(id: UserId): number | undefined {
    return this.#numbers.get(id);
  }

  isDeleted(id: UserId): boolean {
    return this.#deleted.has(this.#numbers.get(id) ?? 0);
  }

  isAdmin(id: UserId): boolean {
    return this.#admins.has(this.#numbers.get(id) ?? 0);
  }
}
