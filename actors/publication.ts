import type { LogRow, Room, UserId } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { Clock } from "./clock.ts";
import type { RelayMessage } from "./relay_messages.ts";

/** About as many characters of a log are published together. */
const PUBLISH_CHARS = 64 * 1024;
/** What a row is beside its content, more or less. */
const ROW_CHARS = 200;

export interface PublicationOptions {
  readonly relay: Ref<RelayMessage>;
  readonly room: Room;
  readonly clock: Clock;
  /** A hub elsewhere lives this long without hearing of the room. */
  readonly idleMs: number;
}

/** What a hub's turn brought into the log, for the other nodes. */
export class Publication {
  #written: LogRow[] = [];
  #involvedMs = -Infinity;

  constructor(readonly options: PublicationOptions) {}

  add(row: LogRow): void {
    this.#written.push(row);
  }

  /** At the end of a turn. */
  publish(): void {
    if (this.#written.length === 0) return;
    const written = this.#written;
    this.#written = [];
    const { relay, room } = this.options;
    for (const rows of handy(written)) {
      relay.tell({ type: "publish", room: room.id, news: { type: "rows", rows } });
    }
    if (room.kind !== "public") this.#involve(written);
  }

  /**
   * Nodes where no hub of this room is active start one when people of theirs belong to it. It lives
   * as long as it hears of the room, so that this need not be said each time.
   */
  #involve(rows: readonly LogRow[]): void {
    const { relay, room, clock, idleMs } = this.options;
    const involve = (users: readonly UserId[], { seq }: LogRow) =>
      relay.tell({
        type: "announce",
        news: { type: "involved", room: room.id, users, after: seq - 1 },
      });
    // For each it begins with its own.
    const joins = rows.filter(isJoin);
    for (const row of joins) involve([row.userId], row);
    const nowMs = clock.monotonic();
    const due = nowMs - this.#involvedMs >= idleMs / 2;
    const [first] = rows;
    if (first && due && joins.length === 0) involve(room.between?.map(({ id }) => id) ?? [], first);
    if (due || joins.length > 0) this.#involvedMs = nowMs;
  }
}

/** Whether somebody belongs to the room because of this row. */
function isJoin(row: LogRow): row is Extract<LogRow, { type: "member" }> {
  return row.type === "member" && (row.change === "invited" || row.change === "joined");
}

/** In pieces of bounded size, so that one busy turn is not more than a slow node can take at once. */
function* handy(rows: readonly LogRow[]): Iterable<readonly LogRow[]> {
  let piece: LogRow[] = [];
  let chars = 0;
  for (const row of rows) {
    piece.push(row);
    chars += ROW_CHARS + ("content" in row ? row.content.length : 0);
    if (chars < PUBLISH_CHARS) continue;
    yield piece;
    piece = [];
    chars = 0;
  }
  if (piece.length > 0) yield piece;
}
