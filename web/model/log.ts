import { signal } from "@preact/signals";
import type { LogEventOf, WireMessage } from "../../protocol/events.ts";

/** A message as it is now, or something that happened to the room. Replaced, never changed. */
export type Row =
  | WireMessage
  | LogEventOf<"member">
  | LogEventOf<"room">;

/** Rows kept for the room that is shown; the server has the rest. */
export const ROWS_MAX = 2_000;
/** Rows kept for a room that is not shown. */
export const ROWS_IDLE_MAX = 200;

export type LogChange =
  | WireMessage
  | LogEventOf<"edited" | "deleted" | "reacted" | "room" | "member">;

/**
 * A stretch of a room's log, ascending by seq and without holes between its ends. It usually ends
 * at the newest event; after a jump far back it does not, and then grows only by `addPage`.
 */
export class RoomLog {
  #rows: Row[] = [];
  /** Nothing older exists. */
  atStart = false;
  /** Nothing newer exists: live events continue it. */
  atEnd = true;
  /** Counts up with every change. */
  readonly version = signal(0);

  get rows(): readonly Row[] {
    return this.#rows;
  }

  get firstSeq(): number | undefined {
    return this.#rows[0]?.seq;
  }

  get lastSeq(): number | undefined {
    return this.#rows.at(-1)?.seq;
  }

  /** The index of the first row whose seq is at least `seq`; the length when there is none. */
  indexOf(seq: number): number {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle]!.seq < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get(seq: number): Row | undefined {
    const row = this.#rows[this.indexOf(seq)];
    return row?.seq === seq ? row : undefined;
  }

  message(seq: number): WireMessage | undefined {
    const row = this.get(seq);
    return row?.type === "message" ? row : undefined;
  }

  /** A live event. One that is known already changes nothing. */
  apply(event: LogChange): void {
    switch (event.type) {
      case "message":
      case "member":
      case "room":
        if (this.atEnd) this.#put(event);
        break;
      case "edited":
        this.#change(event.target, (m) => ({ ...m, content: event.content, edited: event.at }));
        break;
      case "deleted":
        this.#change(event.target, ({ reactions: _, ...m }) => ({
          ...m,
          content: "",
          deleted: event.at,
        }));
        break;
      case "reacted":
        this.#change(event.target, (m) => withReaction(m, event.emoji, event.from, event.on));
    }
    this.version.value++;
  }

  /** A page of history next to what is here: older or newer. `more`: there is still more of it. */
  addPage(side: "older" | "newer", messages: readonly WireMessage[], more: boolean): void {
    if (side === "older") {
      const first = this.firstSeq ?? Infinity;
      this.#rows = [...messages.filter((m) => m.seq < first), ...this.#rows];
      this.atStart = !more;
    } else {
      const last = this.lastSeq ?? 0;
      this.#rows = [...this.#rows, ...messages.filter((m) => m.seq > last)];
      this.atEnd = !more;
    }
    this.version.value++;
  }

  /** Starts over with another stretch of the log. */
  replace(messages: readonly WireMessage[], atStart: boolean, atEnd: boolean): void {
    this.#rows = [...messages];
    this.atStart = atStart;
    this.atEnd = atEnd;
    this.version.value++;
  }

  /** Forgets rows at one end beyond `max`; they can be fetched again. */
  trim(max: number, from: "oldest" | "newest"): void {
    const excess = this.#rows.length - max;
    if (excess <= 0) return;
    if (from === "oldest") {
      this.#rows.splice(0, excess);
      this.atStart = false;
    } else {
      this.#rows.length = max;
      this.atEnd = false;
    }
    this.version.value++;
  }

  #put(row: Row): void {
    const index = this.indexOf(row.seq);
    if (this.#rows[index]?.seq === row.seq) {
      this.#rows[index] = row;
    } else if (index > 0 || this.atStart || this.#rows.length === 0) {
      this.#rows.splice(index, 0, row);
    }
  }

  #change(seq: number, change: (message: WireMessage) => WireMessage): void {
    const index = this.indexOf(seq);
    const row = this.#rows[index];
    if (row?.seq === seq && row.type === "message") this.#rows[index] = change(row);
  }
}

function withReaction(
  message: WireMessage,
  emoji: string,
  user: string,
  on: boolean,
): WireMessage {
  const others = (message.reactions?.[emoji] ?? []).filter((name) => name !== user);
  const names = on ? [...others, user] : others;
  const reactions = { ...message.reactions };
  if (names.length === 0) delete reactions[emoji];
  else reactions[emoji] = names;
  if (Object.keys(reactions).length > 0) return { ...message, reactions };
  const { reactions: _, ...rest } = message;
  return rest;
}
