import { type Act, type Change, type KeptChange, numbered } from "../../change_log.ts";
import type { Appended } from "../../store.ts";
import type { ChangeTable } from "../../tables.ts";
import { inserts, raw, type Sql, tuples } from "../sql.ts";

const COLUMNS = "room, seq, type, sender, at, target, subject, content, data";

/** The events of a group of writes that are no messages. Nothing of them has to be read. */
export class ChangesAhead implements ChangeTable {
  readonly #rows: Sql[] = [];

  write(act: Act, change: Change): Appended {
    const { row, kept } = numbered(act, change);
    this.#rows.push(rowOf(kept));
    return { row, duplicate: false };
  }

  writes(): readonly Sql[] {
    return inserts(raw(`INSERT INTO changes (${COLUMNS})`), this.#rows);
  }
}

function rowOf({ room, seq, type, sender, at, target, subject, content, data }: KeptChange): Sql {
  return tuples([[room, seq, type, sender, at, target, subject, content, data]]);
}
