import type { RoomId } from "../store.ts";
import { fold } from "../search_text.ts";
import { gramsOf, unpackGrams } from "./grams.ts";
import { packPlaces, placeOf, unpackPlaces, volumeOf } from "./places.ts";
import { inserts, raw, type Sql, sql, tuples } from "./sql.ts";
import type { Transaction } from "./transaction.ts";

/** Text indexed in one step, so that a step is short. */
const STEP_CHARS = 65_536;

/** Events of a room that have to be looked at. */
export interface Entry {
  readonly no: number;
  readonly room: RoomId;
  readonly first: number;
  readonly last: number;
  /** The trigrams of the text that a message no longer has; null for new messages. */
  readonly dropped: Uint8Array | null;
}

interface MessageRecord {
  readonly id: number;
  readonly seq: number;
  readonly content: string;
  readonly deletedAt: number | null;
}

const MESSAGES = raw("id, seq, content, deleted_at AS deletedAt FROM messages");
const INSERT = raw("INSERT INTO search_grams (volume, gram, places)");
const APPEND = raw("ON DUPLICATE KEY UPDATE places = CONCAT(places, VALUES(places))");
const REPLACE = raw("ON DUPLICATE KEY UPDATE places = VALUES(places)");

/** Brings some of the queue into the index. */
export class IndexStep {
  readonly #transaction: Transaction;
  readonly #done: Sql[] = [];
  /** Places by trigram, by volume. */
  readonly #places = new Map<number, Map<number, number[]>>();
  #messagesLeft: number;
  #charsLeft = STEP_CHARS;

  constructor(transaction: Transaction, limit: number) {
    this.#transaction = transaction;
    this.#messagesLeft = limit;
  }

  /** What a message lost is looked at after all that is new: then it is in the index for sure. */
  async run(entries: readonly Entry[]): Promise<void> {
    const rewritten: Entry[] = [];
    for (const entry of merged(entries)) {
      if (this.#isFull()) break;
      if (entry.dropped === null) await this.#add(entry);
      else {
        rewritten.push(entry);
        this.#messagesLeft--;
      }
    }
    await this.#transaction.ask([...this.#appends(), ...this.#done]);
    for (const entry of rewritten) await this.#rewrite(entry);
  }

  #isFull(): boolean {
    return this.#messagesLeft <= 0 || this.#charsLeft <= 0;
  }

  async #add({ no, nos, room, first, last }: Merged): Promise<void> {
    const records = await this.#transaction.rows<MessageRecord>(
      sql`SELECT ${MESSAGES} WHERE room = ${room} AND seq >= ${first} AND seq <= ${last}
        ORDER BY seq LIMIT ${this.#messagesLeft + 1}`,
    );
    let taken = 0;
    for (const { id, content, deletedAt } of records) {
      if (this.#isFull()) break;
      if (deletedAt === null) this.#place(id, content);
      this.#messagesLeft--;
      this.#charsLeft -= content.length;
      taken++;
    }
    const next = records[taken];
    const done = next ? nos.filter((each) => each !== no) : nos;
    if (done.length > 0) {
      this.#done.push(sql`DELETE FROM search_queue WHERE no IN (${done})`);
    }
    if (next) {
      this.#done.push(
        sql`UPDATE search_queue SET first_seq = ${next.seq}, last_seq = ${last} WHERE no = ${no}`,
      );
    }
  }

  #place(id: number, content: string): void {
    let volume = this.#places.get(volumeOf(id));
    if (!volume) this.#places.set(volumeOf(id), volume = new Map());
    for (const gram of gramsOf(fold(content))) {
      const places = volume.get(gram);
      if (places) places.push(placeOf(id));
      else volume.set(gram, [placeOf(id)]);
    }
  }

  #appends() {
    const rows = [...this.#places].flatMap(([volume, grams]) =>
      // In the order of the key: pages are met one after the other.
      [...grams].sort(([a], [b]) => a - b)
        .map(([gram, places]) => tuples([[volume, gram, packPlaces(places)]]))
    );
    return inserts(INSERT, rows, APPEND);
  }

  async #rewrite({ no, room, first, dropped }: Entry): Promise<void> {
    await this.#transaction.run(sql`DELETE FROM search_queue WHERE no = ${no}`);
    const [message] = await this.#transaction.rows<MessageRecord>(
      sql`SELECT ${MESSAGES} WHERE room = ${room} AND seq = ${first}`,
    );
    if (!message || dropped === null) return;
    const { id, content, deletedAt } = message;
    const present = deletedAt === null ? gramsOf(fold(content)) : new Set<number>();
    const grams = new Set([...unpackGrams(dropped), ...present]);
    if (grams.size === 0) return;
    const [volume, place] = [volumeOf(id), placeOf(id)];
    const those = sql`volume = ${volume} AND gram IN (${[...grams].sort((a, b) => a - b)})`;
    const records = await this.#transaction.rows<{ gram: number; places: Uint8Array }>(
      sql`SELECT gram, places FROM search_grams WHERE ${those}`,
    );
    const before = new Map(records.map(({ gram, places }) => [gram, unpackPlaces(places)]));
    const rows = [...grams].flatMap((gram) => {
      const others = (before.get(gram) ?? []).filter((each) => each !== place);
      const places = present.has(gram) ? [...others, place] : others;
      return places.length > 0 ? [tuples([[volume, gram, packPlaces(places)]])] : [];
    });
    await this.#transaction.ask([
      sql`DELETE FROM search_grams WHERE ${those}`,
      ...inserts(INSERT, rows, REPLACE),
    ]);
  }
}

interface Merged extends Entry {
  readonly nos: readonly number[];
}

/** New messages of one room are one entry: a busy room has one for each commit. */
function merged(entries: readonly Entry[]): Merged[] {
  const all: (Entry & { nos: number[]; last: number })[] = [];
  const newest = new Map<RoomId, (typeof all)[number]>();
  for (const entry of entries) {
    const before = entry.dropped === null ? newest.get(entry.room) : undefined;
    if (before && entry.first > before.last) {
      before.nos.push(entry.no);
      before.last = entry.last;
      continue;
    }
    const first = { ...entry, nos: [entry.no] };
    all.push(first);
    if (entry.dropped === null) newest.set(entry.room, first);
  }
  return all;
}
