import type { Database, Reader } from "./database.ts";
import { type Entry, IndexStep } from "./index_step.ts";
import { idOf, unpackPlaces } from "./places.ts";
import { sql } from "./sql.ts";

/** Changed messages that a search looks at before they are indexed again. */
const REWRITTEN_MAX = 1_000;
/** Entries of the queue looked at in one step; a commit makes one for each of its rooms. */
const STEP_ENTRIES = 256;

/**
 * Which messages may contain a text: for each volume of messages and each trigram in it, the places
 * of the messages that have it. Filled behind the commit path from a queue that commits write to:
 * the numbers of messages rise in another order than commits of several nodes end, so that a mark
 * alone could step over one. A hit may be wrong, and is to be read; none is missing.
 */
export class SearchIndex {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Indexes up to `limit` messages, fewer when they are long; answers whether some are left. One
   * node at a time does it; the others have nothing to do.
   */
  advance(limit: number): Promise<boolean> {
    return this.#db.transact(async (transaction) => {
      const mine = await transaction.rows(
        sql`SELECT value FROM marks WHERE name = 'indexing' FOR UPDATE SKIP LOCKED`,
      );
      if (mine.length === 0) return false;
      const entries = await transaction.rows<Entry>(
        sql`SELECT no, room, first_seq AS first, last_seq AS last, dropped FROM search_queue
          ORDER BY no LIMIT ${STEP_ENTRIES}`,
      );
      if (entries.length === 0) return false;
      await new IndexStep(transaction, limit).run(entries);
      const left = await transaction.rows(sql`SELECT no FROM search_queue LIMIT 1`);
      return left.length > 0;
    });
  }

  /**
   * The lowest number from which on messages may not be in the index yet: those before are, but for
   * `rewritten` ones.
   */
  async floor(reader: Reader, newest: number): Promise<number> {
    const [floor] = await reader.rows<{ id: number | null }>(
      sql`SELECT MIN((SELECT m.id FROM messages AS m WHERE m.room = q.room
          AND m.seq >= q.first_seq AND m.seq <= q.last_seq ORDER BY m.seq LIMIT 1)) AS id
        FROM search_queue AS q WHERE q.dropped IS NULL`,
    );
    return Math.min(floor?.id ?? newest, newest);
  }

  /** Messages between two numbers whose text was changed and not yet indexed again. */
  async rewritten(reader: Reader, from: number, to: number): Promise<number[]> {
    const messages = await reader.rows<{ id: number }>(
      sql`SELECT m.id FROM search_queue AS q JOIN messages AS m
          ON m.room = q.room AND m.seq = q.first_seq
        WHERE q.dropped IS NOT NULL AND m.id >= ${from} AND m.id < ${to} LIMIT ${REWRITTEN_MAX}`,
    );
    return messages.map(({ id }) => id);
  }

  /** Messages of the volumes from `low` to `high` that may have all the trigrams. */
  async hits(
    reader: Reader,
    low: number,
    high: number,
    grams: ReadonlySet<number>,
  ): Promise<number[]> {
    const volumes = Array.from({ length: high - low + 1 }, (_, i) => low + i);
    const records = await reader.rows<{ volume: number; places: Uint8Array }>(
      sql`SELECT volume, places FROM search_grams
        WHERE volume IN (${volumes}) AND gram IN (${[...grams]})`,
    );
    const lists = new Map<number, number[][]>();
    for (const { volume, places } of records) {
      const list = unpackPlaces(places);
      const others = lists.get(volume);
      if (others) others.push(list);
      else lists.set(volume, [list]);
    }
    return [...lists].flatMap(([volume, found]) =>
      found.length < grams.size ? [] : common(found).map((place) => idOf(volume, place))
    );
  }
}

/** What is in all of the lists. */
function common(lists: readonly (readonly number[])[]): number[] {
  const [shortest = [], ...others] = lists.toSorted((a, b) => a.length - b.length);
  const sets = others.map((list) => new Set(list));
  return [...new Set(shortest)].filter((place) => sets.every((set) => set.has(place)));
}
