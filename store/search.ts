import type { Database } from "./database.ts";
import type { History } from "./history.ts";
import { comparable, fold } from "./search_text.ts";
import { GRAM_CHARS, questionOf, type SearchIndex } from "./search_index.ts";
import { type Budget, goBack, isLate, isSpent } from "./search_windows.ts";
import type { FoundRow, Page, RoomId, Search } from "./store.ts";
import { storable } from "./text.ts";
import type { Users } from "./users.ts";

/** A search that takes longer stops where it is; `next` says where to go on. */
export const SEARCH_BUDGET_MS = 6;
/** Messages that are read whatever the clock says: about a millisecond, 4 KB each. */
const FREE_LOOKS = 64;
/** This part of it first goes into reading the newest of a room's log, when one is asked for. */
const ROOM_PART = 1 / 4;

interface Candidate {
  readonly id: number;
  readonly room: RoomId;
  readonly seq: number;
  readonly content: string;
}

interface RoomRecord {
  readonly name: string;
  readonly kind: string;
  readonly other: string | null;
}

/** One search under way: what it has, what it wants and until when. */
interface Hunt {
  readonly search: Search;
  readonly user: number;
  /** The query as it is compared. */
  readonly wanted: string;
  readonly budget: Budget;
  readonly found: { readonly id: number; readonly roomName: string }[];
  /** Names of the rooms met so far; undefined for those the user may not read. */
  readonly rooms: Map<RoomId, string | undefined>;
}

/**
 * Finds messages by any part of their text, newest first. What is indexed is asked of the index;
 * newer messages, and all of them for a query of one or two characters, are read. Every way looks
 * at the clock, so that no pattern holds the process for long.
 */
export class MessageSearch {
  readonly #users: Users;
  readonly #history: History;
  readonly #index: SearchIndex;
  readonly #budgetMs: number;
  readonly #newest;
  readonly #byId;
  readonly #bySeq;
  readonly #message;
  readonly #idFrom;
  readonly #readable;

  constructor(
    db: Database,
    users: Users,
    history: History,
    index: SearchIndex,
    budgetMs = SEARCH_BUDGET_MS,
  ) {
    this.#users = users;
    this.#history = history;
    this.#index = index;
    this.#budgetMs = budgetMs;
    const select = "SELECT id, room, seq, content FROM messages";
    const has = "deleted_at IS NULL AND instr(lower(content), ?) > 0";
    this.#newest = db.prepare<{ id: number | null }>("SELECT max(id) AS id FROM messages");
    this.#byId = db.prepare<Candidate>(
      `${select} WHERE id >= ? AND id < ? AND ${has} ORDER BY id DESC`,
    );
    this.#bySeq = db.prepare<Candidate>(
      `${select} WHERE room = ? AND seq >= ? AND seq < ? AND ${has} ORDER BY seq DESC`,
    );
    this.#message = db.prepare<Candidate>(`${select} WHERE id = ? AND deleted_at IS NULL`);
    this.#idFrom = db.prepare<{ id: number }>(
      "SELECT id FROM messages WHERE room = ? AND seq >= ? ORDER BY seq LIMIT 1",
    );
    this.#readable = db.prepare<RoomRecord>(
      `SELECT r.name, r.kind, u.name AS other FROM rooms AS r
         LEFT JOIN people AS p ON p.room = r.id AND p.user = ?1
         LEFT JOIN users AS u ON u.no = iif(r.user_a = ?1, r.user_b, r.user_a)
       WHERE r.id = ?2 AND r.dissolved_at IS NULL AND coalesce(p.banned, 0) = 0
         AND (r.kind = 'public' OR p.role > 0)`,
    );
  }

  run(search: Search): Page<FoundRow> {
    storable(search.query);
    const hunt: Hunt = {
      search,
      user: this.#users.find(search.user) ?? 0,
      wanted: fold(search.query),
      budget: {
        ms: this.#budgetMs,
        startedMs: performance.now(),
        now: () => performance.now(),
        // Without any time there is nothing free, either.
        free: { looks: this.#budgetMs > 0 ? FREE_LOOKS : 0 },
      },
      found: [],
      rooms: new Map(),
    };
    if (search.room !== undefined && this.#nameFor(hunt, search.room) === undefined) {
      return { rows: [], more: false };
    }
    const stoppedAt = this.#go(hunt);
    const found = hunt.found.slice(0, search.limit);
    const next = hunt.found.length > search.limit ? found.at(-1)?.id : stoppedAt;
    const rows = found.flatMap(({ id, roomName }) => {
      const message = this.#history.byId(id);
      return message ? [{ ...message, id, roomName }] : [];
    });
    return { rows, more: next !== undefined, ...(next !== undefined && { next }) };
  }

  /** Answers the id down to which all was searched, or undefined when nothing is left. */
  #go(hunt: Hunt): number | undefined {
    const { query, before, room } = hunt.search;
    const newest = Math.min(before ?? Infinity, (this.#newest.get()?.id ?? 0) + 1);
    const short = [...query].length < GRAM_CHARS;
    let high = newest;
    if (room !== undefined) {
      const share = short ? 1 : ROOM_PART;
      const budget = { ...hunt.budget, ms: hunt.budget.ms * share };
      const stopped = this.#readRoom(hunt, room, newest, budget);
      if (stopped === undefined || short || isFull(hunt)) return stopped;
      high = stopped;
    }
    const mark = short ? 0 : Math.min(this.#index.mark(), high - 1);
    const stopped = this.#read(hunt, mark + 1, high);
    return stopped ?? (mark > 0 ? this.#ask(hunt, mark + 1) : undefined);
  }

  /** Reads the messages of all rooms. */
  #read(hunt: Hunt, low: number, high: number): number | undefined {
    const part = comparable(hunt.search.query);
    return goBack(
      low,
      high,
      hunt.budget,
      (from, to) => this.#take(hunt, hunt.budget, this.#byId.each(from, to, part))?.id,
    );
  }

  /** Reads a room's own log, so that a quiet room is searched to its beginning. */
  #readRoom(hunt: Hunt, room: RoomId, high: number, budget: Budget): number | undefined {
    // Beginning at a message, every call gets further, however long the room only reacted.
    const first = this.#history.lastBefore(room, high);
    if (!first) return undefined;
    const part = comparable(hunt.search.query);
    const seq = goBack(
      1,
      first.seq + 1,
      budget,
      (from, to) => this.#take(hunt, budget, this.#bySeq.each(room, from, to, part))?.seq,
    );
    return seq === undefined ? undefined : this.#idFrom.get(room, seq)?.id;
  }

  /** Asks the index, volume by volume. */
  #ask(hunt: Hunt, high: number): number | undefined {
    const question = questionOf(hunt.search.query);
    const newest = this.#index.volumeOf(high - 1);
    for (let volume = newest; volume >= 0; volume--) {
      if (volume < newest && isLate(hunt.budget)) return this.#index.startOf(volume + 1);
      for (const { id } of this.#index.hits(volume, question, high)) {
        const message = this.#message.get(id);
        if (message) this.#consider(hunt, message);
        if (isFull(hunt) || isSpent(hunt.budget)) return id;
      }
    }
    return undefined;
  }

  /** Answers the candidate at which it stopped, because it has enough or took long enough. */
  #take(hunt: Hunt, budget: Budget, candidates: Iterable<Candidate>): Candidate | undefined {
    for (const candidate of candidates) {
      this.#consider(hunt, candidate);
      if (isFull(hunt) || isSpent(budget)) return candidate;
    }
    return undefined;
  }

  /** Keeps what really contains the query and may be read. */
  #consider(hunt: Hunt, { id, room, content }: Candidate): void {
    if (hunt.search.room !== undefined && room !== hunt.search.room) return;
    if (!fold(content).includes(hunt.wanted)) return;
    const roomName = this.#nameFor(hunt, room);
    if (roomName !== undefined) hunt.found.push({ id, roomName });
  }

  /** A room's name as the user sees it, when the user may read it. */
  #nameFor(hunt: Hunt, room: RoomId): string | undefined {
    if (hunt.rooms.has(room)) return hunt.rooms.get(room);
    const record = this.#readable.get(hunt.user, room);
    const name = record?.kind === "direct" ? `@${record.other}` : record?.name;
    hunt.rooms.set(room, name);
    return name;
  }
}

/** One more than is wanted: that there is one more is told. */
const isFull = ({ found, search }: Hunt) => found.length > search.limit;
