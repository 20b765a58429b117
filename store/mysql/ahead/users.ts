import { canonicalForm } from "../../../protocol/canonical.ts";
import type { UserId, UserRef } from "../../store.ts";
import type { UserTable } from "../../tables.ts";
import type { Result } from "../connection.ts";
import { type Sql, sql } from "../sql.ts";

/** The users of a group of writes, all of whom have rows by now. */
export class UsersAhead implements UserTable {
  readonly #numbers: ReadonlyMap<UserId, number>;
  /** Canonical names that somebody may get, and whether somebody holds them. */
  readonly #names = new Map<string, boolean>();
  readonly #writes: Sql[] = [];
  readonly #joining: readonly number[];
  readonly #deleted = new Set<number>();

  /**
   * `settling`: who may get a conversation that others see, too. `joining`: who may become a member
   * of a room, these among them.
   */
  constructor(
    numbers: ReadonlyMap<UserId, number>,
    settling: readonly UserRef[],
    joining: readonly UserRef[] = settling,
  ) {
    this.#numbers = numbers;
    this.#joining = [...new Set(joining.map((user) => this.ensure(user)))];
    for (const user of settling) if (user.guest) this.#names.set(canonicalForm(user.name), false);
  }

  ask(): Sql[] {
    if (this.#joining.length === 0) return [];
    const deleted = sql`SELECT no FROM users
      WHERE no IN (${this.#joining}) AND deleted_at IS NOT NULL`;
    if (this.#names.size === 0) return [deleted];
    const names = [...this.#names.keys()];
    return [deleted, sql`SELECT canonical FROM users WHERE canonical IN (${names})`];
  }

  take([deleted, holders]: readonly Result[]): void {
    for (const { no } of deleted as { no: number }[] | undefined ?? []) this.#deleted.add(no);
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
}
