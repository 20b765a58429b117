import type { Database } from "./database.ts";
import type { History } from "./history.ts";
import { roomToken, type SearchIndex } from "./search_index.ts";
import { type Budget, goBack, isSpent } from "./search_windows.ts";
import type { FoundRow, Page, RoomId, Search } from "./store.ts";
import { storable } from "./text.ts";
import type { Users } from "./users.ts";

/** A search that takes longer stops where it is; `next` says where to go on. */
export const SEARCH_BUDGET_MS = 6;
/** The trigram index knows no shorter text; such a query reads messages one by one. */
const TRIGRAM_CHARS = 3;

interface Candidate {
  readonly id: number;
  readonly room: RoomId;
  readonly content: string;
}

interface Place {
  readonly room: RoomId;
  readonly seq: number;
  readonly deletedAt: number | null;
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
  readonly budget: Budget;
  readonly found: { readonly id: number; readonly roomName: string }[];
  /** Names of the rooms met so far; undefined for those the user may not read. */
  readonly rooms: Map<RoomId, string | undefined>;
}

/**
 * Finds messages by any part of their text, newest first. What is indexed is asked of the index;
 * newer messages, and all of them for a query of one or two characters, are read. Both go back in
 * windows that grow while they are quick, so that no pattern holds the process for long.
 */
export class MessageSearch {
  readonly #users: Users;
  readonly #history: History;
  readonly #index: SearchIndex;
  readonly #budgetMs: number;
  readonly #newest;
  readonly #byId;
  readonly #bySeq;
  readonly #indexed;
  readonly #place;
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
    const select = "SELECT id, room, content FROM messages";
    const like = "deleted_at IS NULL AND content LIKE ? ESCAPE '\\'";
    this.#newest = db.prepare<{ id: number | null }>("SELECT max(id) AS id FROM messages");
    this.#byId = db.prepare<Candidate>(
      `${select} WHERE id >= ? AND id < ? AND ${like} ORDER BY id DESC`,
    );
    // The plus keeps the planner on the room's log: it must not walk the ids of all rooms.
    this.#bySeq = db.prepare<Candidate>(
      `${select} WHERE room = ? AND seq >= ? AND seq < ? AND +id < ? AND ${like}
       ORDER BY seq DESC`,
    );
    this.#indexed = db.prepare<{ id: number }>(
      `SELECT rowid AS id FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ?
       ORDER BY rowid DESC`,
    );
    this.#place = db.prepare<Place>(
      "SELECT room, seq, deleted_at AS deletedAt FROM messages WHERE id = ?",
    );
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
      budget: { ms: this.#budgetMs, startedMs: performance.now(), now: () => performance.now() },
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
    const high = Math.min(before ?? Infinity, (this.#newest.get()?.id ?? 0) + 1);
    const short = [...query].length < TRIGRAM_CHARS;
    if (short && room !== undefined) return this.#readRoom(hunt, room, high);
    const mark = short ? 0 : Math.min(this.#index.mark(), high - 1);
    const pattern = likePattern(query);
    const stopped = goBack(
      mark + 1,
      high,
      hunt.budget,
      (from, to) => this.#take(hunt, this.#byId.each(from, to, pattern)),
    );
    if (stopped !== undefined) return stopped;
    const match = matchOf(query, room);
    return goBack(
      1,
      mark + 1,
      hunt.budget,
      (from, to) => this.#takeIndexed(hunt, this.#indexed.each(match, from, to)),
    );
  }

  /** Reads a room's own log, so that a quiet room is searched to its beginning. */
  #readRoom(hunt: Hunt, room: RoomId, high: number): number | undefined {
    const start = this.#place.get(high);
    const end = start?.room === room ? start.seq : this.#history.end(room) + 1;
    const pattern = likePattern(hunt.search.query);
    const seq = goBack(
      1,
      end,
      hunt.budget,
      (from, to) => this.#take(hunt, this.#bySeq.each(room, from, to, high, pattern)) && from,
    );
    return seq === undefined ? undefined : this.#idFrom.get(room, seq)?.id;
  }

  /** Takes what really contains the query; answers where it stopped because it has enough. */
  #take(hunt: Hunt, candidates: Iterable<Candidate>): number | undefined {
    const { room, query, limit } = hunt.search;
    const wanted = fold(query);
    for (const candidate of candidates) {
      if (room !== undefined && candidate.room !== room) continue;
      if (!fold(candidate.content).includes(wanted)) continue;
      const roomName = this.#nameFor(hunt, candidate.room);
      if (roomName === undefined) continue;
      hunt.found.push({ id: candidate.id, roomName });
      if (hunt.found.length > limit) return candidate.id;
    }
    return undefined;
  }

  /** As `#take`, and looks at the clock: many hits may be in rooms the user may not read. */
  #takeIndexed(hunt: Hunt, hits: Iterable<{ id: number }>): number | undefined {
    const { limit } = hunt.search;
    for (const { id } of hits) {
      const place = this.#place.get(id);
      const readable = place?.deletedAt === null;
      const roomName = readable ? this.#nameFor(hunt, place.room) : undefined;
      if (roomName !== undefined) hunt.found.push({ id, roomName });
      if (hunt.found.length > limit || isSpent(hunt.budget)) return id;
    }
    return undefined;
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

const fold = (text: string) => text.toLowerCase();

/**
 * SQLite's LIKE folds the case of ASCII alone. Where that is all the case a query has, it finds
 * the candidates; for other letters every message is one.
 */
function likePattern(query: string): string {
  // deno-lint-ignore no-control-regex -- ASCII as a whole
  const other = query.replace(/[\x00-\x7f]/g, "");
  if (other.toLowerCase() !== other.toUpperCase()) return "%";
  return `%${query.replace(/[\\%_]/g, "\\$&")}%`;
}

/** The query as one FTS5 string, in which nothing has a meaning of its own. */
function matchOf(query: string, room: RoomId | undefined): string {
  const content = `content : "${query.replaceAll('"', '""')}"`;
  return room === undefined ? content : `${content} AND room : "${roomToken(room)}"`;
}
