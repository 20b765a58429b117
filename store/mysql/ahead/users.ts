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

  /** `settling`: who may get a conversation that others see, too. */
  constructor(numbers: ReadonlyMap<UserId, number>, settling: readonly UserRef[]) {
    this.#numbers = numbers;
    for (const user of settling) if (user.guest) this.#names.set(canonicalForm(user.name), false);
  }

  ask(): Sql[] {
    if (this.#names.size === 0) return [];
    return [sql`SELECT canonical FROM users WHERE canonical IN (${[...this.#names.keys()]})`];
  }

  take([holders]: readonly Result[]): void {
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
}
