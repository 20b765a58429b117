import type { Database } from "./database.ts";
import type { RoomId } from "./store.ts";

/**
 * Messages that wait until their senders are noted. An index over (room, sender) would be written
 * to, message by message, in as many places as people talk: half of what a commit cost.
 */
const STEP_MESSAGES = 256;

/**
 * Who wrote what, for counting what is unread: the table `authors` holds (room, sender, seq) of
 * every message up to the mark `authored`; the messages after it, about `STEP_MESSAGES` at most,
 * are looked at one by one (here and in conversations.ts). Filled in bulk, inside the
 * transactions that append.
 */
export class Authorship {
  readonly #note;
  readonly #setMark;
  readonly #noteUpTo;
  readonly #moveMark;
  readonly #clear;
  readonly #recent;
  readonly #noted;
  /** The first message notes what the process before left. */
  #waiting = STEP_MESSAGES;

  constructor(db: Database, readonly stepMessages = STEP_MESSAGES) {
    this.#waiting = stepMessages;
    this.#note = db.prepare(
      `INSERT INTO authors (room, sender, seq)
       SELECT room, sender, seq FROM messages
       WHERE id > (SELECT value FROM marks WHERE name = 'authored')`,
    );
    this.#noteUpTo = db.prepare(
      `INSERT INTO authors (room, sender, seq)
       SELECT room, sender, seq FROM messages
       WHERE id > (SELECT value FROM marks WHERE name = 'authored') AND id <= ?`,
    );
    this.#moveMark = db.prepare("UPDATE marks SET value = ? WHERE name = 'authored'");
    this.#clear = db.prepare("DELETE FROM authors");
    this.#setMark = db.prepare(
      "UPDATE marks SET value = (SELECT max(id) FROM messages) WHERE name = 'authored'",
    );
    this.#recent = db.prepare<{ at: number }>(
      `SELECT at FROM messages
       WHERE id > (SELECT value FROM marks WHERE name = 'authored') AND +room = ? AND sender = ?
       ORDER BY id DESC LIMIT ?`,
    );
    this.#noted = db.prepare<{ at: number }>(
      `SELECT m.at FROM authors AS a JOIN messages AS m ON m.room = a.room AND m.seq = a.seq
       WHERE a.room = ? AND a.sender = ? ORDER BY a.seq DESC LIMIT 1 OFFSET ?`,
    );
    // Nothing was noted after all.
    db.onRollback(() => this.#waiting = stepMessages);
  }

  /** A message was inserted. Only inside that transaction. */
  inserted(): void {
    if (++this.#waiting < this.stepMessages) return;
    this.#note.run();
    this.#setMark.run();
    this.#waiting = 0;
  }

  /**
   * For who fills the table `messages` by other means: the messages up to this one, in order of
   * their ids, have all been noted then. Only inside a transaction.
   */
  noteUpTo(id: number): void {
    this.#noteUpTo.run(id);
    this.#moveMark.run(id);
  }

  /** Forgets everything. Only inside a transaction. */
  clear(): void {
    this.#clear.run();
    this.#moveMark.run(0);
  }

  /** When a user wrote last in a room, or `back` messages before that; undefined: not so many. */
  writtenAt(room: RoomId, sender: number, back: number): number | undefined {
    const recent = this.#recent.all(room, sender, back + 1);
    const found = recent[back] ?? this.#noted.get(room, sender, back - recent.length);
    return found?.at;
  }
}
