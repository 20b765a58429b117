import {
  MESSAGE_COLUMNS,
  messageOf,
  type MessageRecord,
  type ReactionRecord,
  reactionsByTarget,
} from "../rows.ts";
import { comparable, fold } from "../search_text.ts";
import type { FoundRow, Page, RoomId, Search } from "../store.ts";
import { storable } from "../text.ts";
import type { Database, Reader } from "./database.ts";
import { someGramsOf } from "./grams.ts";
import { endOf, halve, lastUpTo } from "./history.ts";
import type { Known } from "./known.ts";
import { idOf, volumeOf } from "./places.ts";
import type { SearchIndex } from "./search_index.ts";
import { addPair, anyOf, raw, type Sql, sql } from "./sql.ts";

/** A search that takes longer stops where it is; `next` says where to go on. */
export const SEARCH_BUDGET_MS = 50;
/** This part of it first goes into reading the newest of a room's log, when one is asked for. */
const ROOM_PART = 1 / 4;
/** Numbers looked at in one question, at first; more when it was quick, up to the second. */
const WINDOW = [256, 16_384] as const;
/** The same for volumes of the index, and for messages it names. */
const VOLUMES = [4, 64] as const;
const CANDIDATES = [4, 256] as const;
const GROWTH = 4;
/** Below this part of the budget a question is quick. */
const QUICK_PART = 1 / 16;
/** Messages that are read at once when the database cannot compare them. */
const UNCOMPARED_MAX = 256;

interface Candidate extends MessageRecord {
  readonly roomName: string;
  readonly kind: string;
  readonly other: string | null;
}

const CANDIDATE = raw(`${MESSAGE_COLUMNS}, r.name AS roomName, r.kind, o.name AS other`);
const READABLE = raw(
  "r.dissolved_at IS NULL AND COALESCE(p.banned, 0) = 0 AND (r.kind = 'public' OR p.role > 0)",
);

/**
 * Finds messages by any part of their text, newest first: by the index what is indexed; newer
 * messages, and all of them for a query of one or two characters, are read. Every way looks at the
 * clock, so that no pattern keeps the database busy for long. Long because all these ways share what
 * is found so far and one budget.
 */
export class MessageSearch {
  readonly #db: Database;
  readonly #known: Known;
  readonly #index: SearchIndex;
  readonly #budgetMs: number;

  constructor(db: Database, known: Known, index: SearchIndex, budgetMs = SEARCH_BUDGET_MS) {
    this.#db = db;
    this.#known = known;
    this.#index = index;
    this.#budgetMs = budgetMs;
  }

  run(search: Search): Promise<Page<FoundRow>> {
    storable(search.query);
    return this.#db.read(async (reader) => {
      const user = await this.#known.user(search.user, (statement) => reader.rows(statement)) ?? 0;
      return await new Hunt(reader, this.#index, search, user, this.#budgetMs).run();
    });
  }
}

/** One search under way. */
class Hunt {
  readonly #reader: Reader;
  readonly #index: SearchIndex;
  readonly #search: Search;
  readonly #user: number;
  readonly #budgetMs: number;
  readonly #startedMs = performance.now();
  /** The query as it is compared, and what of it the database can compare. */
  readonly #wanted: string;
  readonly #comparable: string;
  readonly #grams: ReadonlySet<number>;
  readonly #found: Candidate[] = [];

  constructor(reader: Reader, index: SearchIndex, search: Search, user: number, budgetMs: number) {
    this.#reader = reader;
    this.#index = index;
    this.#search = search;
    this.#user = user;
    this.#budgetMs = budgetMs;
    this.#wanted = fold(search.query);
    this.#comparable = comparable(search.query);
    this.#grams = someGramsOf(this.#wanted);
  }

  async run(): Promise<Page<FoundRow>> {
    const stoppedAt = await this.#go();
    const { limit } = this.#search;
    const found = this.#found.slice(0, limit);
    const next = this.#found.length > limit ? found.at(-1)?.id : stoppedAt;
    const rows = await this.#present(found);
    return { rows, more: next !== undefined, ...(next !== undefined && { next }) };
  }

  /** Answers the number down to which all was searched, or undefined when nothing is left. */
  async #go(): Promise<number | undefined> {
    const { before = Infinity, room } = this.#search;
    const [newest] = await this.#reader.rows<{ id: number | null }>(
      sql`SELECT MAX(id) AS id FROM messages`,
    );
    let high = Math.min(before, (newest?.id ?? 0) + 1);
    const short = this.#grams.size === 0;
    if (room !== undefined) {
      if (!await this.#mayRead(room)) return undefined;
      const stopped = await this.#readRoom(room, high, short ? 1 : ROOM_PART);
      if (stopped === undefined || short || this.#isFull()) return stopped;
      high = stopped;
    }
    const floor = short ? 1 : await this.#index.floor(this.#reader, high);
    const stopped = await this.#readAll(floor, high);
    return stopped ?? (floor > 1 ? await this.#ask(floor) : undefined);
  }

  #readAll(low: number, high: number): Promise<number | undefined> {
    return this.#goBack(low, high, WINDOW, 1, async (from, to) => {
      const those = sql`m.id >= ${from} AND m.id < ${to} AND ${this.#contains()}`;
      return (await this.#take(those, raw("m.id")))?.id ?? from;
    });
  }

  /** Reads a room's own log, so that a quiet room is searched to its beginning. */
  async #readRoom(room: RoomId, high: number, part: number): Promise<number | undefined> {
    const end = await endOf(this.#reader, room);
    // Within a room, numbers and ids rise together.
    const seq = await halve(this.#reader, room, end, ({ id }) => id < high);
    const first = await lastUpTo(this.#reader, room, seq);
    if (!first) return undefined;
    const stopped = await this.#goBack(1, first.seq + 1, WINDOW, part, async (from, to) => {
      const those = sql`m.seq >= ${from} AND m.seq < ${to} AND ${this.#contains()}`;
      return (await this.#take(those, raw("m.seq")))?.seq ?? from;
    });
    if (stopped === undefined) return undefined;
    const [message] = await this.#reader.rows<{ id: number }>(
      sql`SELECT id FROM messages WHERE room = ${room} AND seq >= ${stopped} ORDER BY seq LIMIT 1`,
    );
    return message?.id;
  }

  /** Asks the index, some volumes at a time. */
  async #ask(high: number): Promise<number | undefined> {
    const newest = volumeOf(high - 1);
    let stopped: number | undefined;
    const volume = await this.#goBack(0, newest + 1, VOLUMES, 1, async (low, end) => {
      stopped = await this.#askVolumes(low, end - 1, high);
      return stopped === undefined ? low : end;
    });
    return stopped ?? (volume === undefined ? undefined : idOf(volume, 0));
  }

  /** Answers the candidate at which it stopped. */
  async #askVolumes(low: number, end: number, high: number): Promise<number | undefined> {
    const [first, last] = [idOf(low, 0), Math.min(high, idOf(end + 1, 0))];
    const hits = await this.#index.hits(this.#reader, low, end, this.#grams);
    const rewritten = await this.#index.rewritten(this.#reader, first, last);
    const ids = [...new Set([...hits, ...rewritten])].filter((id) => id < high);
    ids.sort((a, b) => b - a);
    let size: number = CANDIDATES[0];
    for (let at = 0; at < ids.length; size = Math.min(size * GROWTH, CANDIDATES[1])) {
      const some = ids.slice(at, at + size);
      await this.#take(sql`m.id IN (${some})`, raw("m.id"), some.length);
      at += some.length;
      if (this.#isFull() || (at < ids.length && this.#isSpent(1))) return some.at(-1);
    }
    return undefined;
  }

  /**
   * Goes back from `high` (not included) to `low`; `visit` answers down to where it came. Every
   * search gets further: at least one window is visited. Answers where it stopped.
   */
  async #goBack(
    low: number,
    high: number,
    [start, most]: readonly [number, number],
    part: number,
    visit: (from: number, to: number) => Promise<number>,
  ): Promise<number | undefined> {
    let size = start;
    for (let to = high; to > low;) {
      const beganMs = performance.now();
      const reached = await visit(Math.max(low, to - size), to);
      const stays = reached === to;
      to = reached;
      if (this.#isFull() || stays || (to > low && this.#isSpent(part))) return to;
      const quick = performance.now() - beganMs < this.#budgetMs * QUICK_PART;
      if (quick) size = Math.min(size * GROWTH, most);
    }
    return undefined;
  }

  async #mayRead(room: RoomId): Promise<boolean> {
    const rooms = await this.#reader.rows(
      sql`SELECT r.id FROM rooms AS r
          LEFT JOIN people AS p ON p.room = r.id AND p.user = ${this.#user}
        WHERE r.id = ${room} AND ${READABLE}`,
    );
    return rooms.length > 0;
  }

  /** As many as are wanted, when the database compares them. */
  #most(): number {
    return this.#comparable === "" ? UNCOMPARED_MAX : this.#search.limit + 1;
  }

  /** Keeps what really contains the query; answers the last one when there may be more of them. */
  async #take(those: Sql, order: Sql, most = this.#most()): Promise<Candidate | undefined> {
    const { room } = this.#search;
    const inRoom = room === undefined ? sql`` : sql`m.room = ${room} AND`;
    const candidates = await this.#reader.rows<Candidate>(
      sql`SELECT STRAIGHT_JOIN ${CANDIDATE} FROM messages AS m
          JOIN users AS u ON u.no = m.sender
          JOIN rooms AS r ON r.id = m.room
          LEFT JOIN people AS p ON p.room = m.room AND p.user = ${this.#user}
          LEFT JOIN users AS o ON o.no = IF(r.user_a = ${this.#user}, r.user_b, r.user_a)
        WHERE ${inRoom} ${those} AND m.deleted_at IS NULL AND ${READABLE}
        ORDER BY ${order} DESC LIMIT ${most}`,
    );
    const matches = candidates.filter(({ content }) => fold(content).includes(this.#wanted));
    this.#found.push(...matches);
    return candidates.length < most ? undefined : candidates.at(-1);
  }

  #contains(): Sql {
    return this.#comparable === ""
      ? raw("TRUE")
      : sql`INSTR(LOWER(m.content), ${this.#comparable}) > 0`;
  }

  /** One more than is wanted: that there is one more is told. */
  #isFull(): boolean {
    return this.#found.length > this.#search.limit;
  }

  #isSpent(part: number): boolean {
    return performance.now() - this.#startedMs >= this.#budgetMs * part;
  }

  async #present(found: readonly Candidate[]): Promise<FoundRow[]> {
    const places = new Map<RoomId, Set<number>>();
    for (const { room, seq } of found) addPair(places, room, seq);
    const reactions = new Map<RoomId, ReactionRecord[]>();
    if (places.size > 0) {
      const those = anyOf(raw("x.room"), raw("x.target"), places);
      const records = await this.#reader.rows<ReactionRecord & { room: RoomId }>(
        sql`SELECT x.room, x.target, x.emoji, u.name FROM reactions AS x
            JOIN users AS u ON u.no = x.user
          WHERE ${those} ORDER BY x.room, x.target, x.emoji, x.seq`,
      );
      for (const record of records) {
        const ofRoom = reactions.get(record.room);
        if (ofRoom) ofRoom.push(record);
        else reactions.set(record.room, [record]);
      }
    }
    const byRoom = new Map(
      [...reactions].map(([room, records]) => [room, reactionsByTarget(records)]),
    );
    return found.map((candidate) => ({
      ...messageOf(candidate, byRoom.get(candidate.room)?.get(candidate.seq)),
      id: candidate.id,
      roomName: candidate.kind === "direct" ? `@${candidate.other}` : candidate.roomName,
    }));
  }
}
