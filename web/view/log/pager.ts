import { ROWS_MAX } from "../../model/log.ts";
import type { Chat } from "../../model/chat.ts";
import type { Room } from "../../model/room.ts";

/** Messages fetched at a time. */
const PAGE = 100;

/** Fetches what lies beyond the ends of a room's log, one request at a time. */
export class Pager {
  #isBusy = false;
  /** After a failure, not before this time. */
  #pausedUntil = 0;

  /** `onPage` is called in the turn that brings a page, before anything is drawn. */
  constructor(
    private readonly chat: Chat,
    private readonly room: Room,
    private readonly onPage: (side: "older" | "newer") => void,
  ) {}

  get isBusy(): boolean {
    return this.#isBusy;
  }

  /** Answers whether something came. */
  older(): Promise<boolean> {
    const { log } = this.room;
    // Undefined: nothing has come yet, perhaps because there is nothing.
    const before = log.firstSeq;
    if (log.atStart) return Promise.resolve(false);
    return this.#fetch(async () => {
      const page = await this.#ask(
        before === undefined ? { limit: PAGE } : { before, limit: PAGE },
      );
      if (log.firstSeq !== before) return;
      log.addPage("older", page.messages, page.more);
      log.trim(ROWS_MAX, "newest");
      this.onPage("older");
    });
  }

  newer(): Promise<boolean> {
    const { log } = this.room;
    const after = log.lastSeq;
    if (log.atEnd || after === undefined) return Promise.resolve(false);
    return this.#fetch(async () => {
      const page = await this.#ask({ after, limit: PAGE });
      if (log.lastSeq !== after) return;
      // A message may have come by while the page was on its way.
      const newest = page.messages.at(-1)?.seq ?? after;
      log.addPage("newer", page.messages, page.more || newest < this.room.newestMessage);
      log.trim(ROWS_MAX, "oldest");
      this.onPage("newer");
    });
  }

  /** Replaces the log by the newest messages. */
  newest(): Promise<boolean> {
    return this.#fetch(async () => {
      const page = await this.#ask({ limit: PAGE });
      const newest = page.messages.at(-1)?.seq ?? 0;
      const atEnd = newest >= this.room.newestMessage;
      this.room.log.replace(page.messages, !page.more, atEnd);
    });
  }

  /** Replaces the log by the surroundings of a message. */
  around(seq: number): Promise<boolean> {
    return this.#fetch(async () => {
      const page = await this.#ask({ before: seq + PAGE / 2, limit: PAGE });
      this.room.log.replace(page.messages, !page.more, false);
    });
  }

  #ask(where: { before?: number; after?: number; limit: number }) {
    return this.chat.connection.ask<"history">({
      type: "history",
      room: this.room.name.value,
      ...where,
    });
  }

  async #fetch(fetch: () => Promise<void>): Promise<boolean> {
    if (this.#isBusy || Date.now() < this.#pausedUntil) return false;
    this.#isBusy = true;
    try {
      await fetch();
      return true;
    } catch {
      // The line is down or the server busy: scrolling on tries again.
      this.#pausedUntil = Date.now() + 1_500;
      return false;
    } finally {
      this.#isBusy = false;
    }
  }
}
