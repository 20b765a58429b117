import type { Authorship } from "./authorship.ts";
import type { Database } from "./database.ts";
import type { History } from "./history.ts";
import type { SearchIndex } from "./search_index.ts";
import type { MessageRow, RoomId } from "./store.ts";
import type { MessageTable, Target } from "./tables.ts";

/** Messages and the reactions to them, for those who write. */
export class Messages implements MessageTable {
  readonly #history: History;
  readonly #index: SearchIndex;
  readonly #authorship: Authorship;
  readonly #insert;
  readonly #byKey;
  readonly #exists;
  readonly #target;
  readonly #edit;
  readonly #delete;
  readonly #emptyEdits;
  readonly #clearReactions;
  readonly #mine;
  readonly #count;
  readonly #emojis;
  readonly #known;
  readonly #react;
  readonly #unreact;

  constructor(db: Database, history: History, index: SearchIndex, authorship: Authorship) {
    this.#history = history;
    this.#index = index;
    this.#authorship = authorship;
    this.#insert = db.prepare(
      `INSERT INTO messages (room, seq, ordinal, sender, at, content, key, reply)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sender, key) WHERE key IS NOT NULL DO NOTHING`,
    );
    this.#byKey = db.prepare<{ room: RoomId; seq: number }>(
      "SELECT room, seq FROM messages WHERE sender = ? AND key = ?",
    );
    this.#exists = db.prepare<{ seq: number }>(
      "SELECT seq FROM messages WHERE room = ? AND seq = ?",
    );
    this.#target = db.prepare<Target>(
      "SELECT id, room, seq, sender FROM messages WHERE room = ? AND seq = ? AND deleted_at IS NULL",
    );
    this.#edit = db.prepare("UPDATE messages SET content = ?, edited_at = ? WHERE id = ?");
    this.#delete = db.prepare("UPDATE messages SET content = '', deleted_at = ? WHERE id = ?");
    this.#emptyEdits = db.prepare(
      `UPDATE changes INDEXED BY changes_edits SET content = ''
       WHERE room = ? AND target = ? AND type = 'edited'`,
    );
    this.#clearReactions = db.prepare("DELETE FROM reactions WHERE room = ? AND target = ?");
    this.#mine = db.prepare<{ seq: number }>(
      "SELECT seq FROM reactions WHERE room = ? AND target = ? AND emoji = ? AND user = ?",
    );
    this.#count = db.prepare<{ n: number }>(
      "SELECT count(*) AS n FROM reactions WHERE room = ? AND target = ?",
    );
    this.#emojis = db.prepare<{ n: number }>(
      "SELECT count(DISTINCT emoji) AS n FROM reactions WHERE room = ? AND target = ?",
    );
    this.#known = db.prepare<{ seq: number }>(
      "SELECT seq FROM reactions WHERE room = ? AND target = ? AND emoji = ? LIMIT 1",
    );
    this.#react = db.prepare(
      "INSERT INTO reactions (room, target, emoji, user, seq) VALUES (?, ?, ?, ?, ?)",
    );
    this.#unreact = db.prepare(
      "DELETE FROM reactions WHERE room = ? AND target = ? AND emoji = ? AND user = ?",
    );
  }

  insert(
    room: RoomId,
    seq: number,
    ordinal: number,
    sender: number,
    at: number,
    content: string,
    key: string | null,
    reply: number | null,
  ): boolean {
    if (this.#insert.run(room, seq, ordinal, sender, at, content, key, reply) === 0) return false;
    this.#authorship.inserted();
    return true;
  }

  byKey(sender: number, key: string): { room: RoomId; seq: number } | undefined {
    return this.#byKey.get(sender, key);
  }

  exists(room: RoomId, seq: number): boolean {
    return this.#exists.get(room, seq) !== undefined;
  }

  bySeq(room: RoomId, seq: number): MessageRow | undefined {
    return this.#history.bySeq(room, seq);
  }

  target(room: RoomId, seq: number): Target | undefined {
    return this.#target.get(room, seq);
  }

  edit({ id }: Target, content: string, at: number): void {
    this.#edit.run(content, at, id);
    this.#index.replace(id, content);
  }

  delete({ id, room, seq }: Target, at: number): void {
    this.#delete.run(at, id);
    this.#emptyEdits.run(room, seq);
    this.#clearReactions.run(room, seq);
    this.#index.remove(id);
  }

  hasReacted({ room, seq }: Target, emoji: string, user: number): boolean {
    return this.#mine.get(room, seq, emoji, user) !== undefined;
  }

  hasEmoji({ room, seq }: Target, emoji: string): boolean {
    return this.#known.get(room, seq, emoji) !== undefined;
  }

  reactionCount({ room, seq }: Target): number {
    return this.#count.get(room, seq)?.n ?? 0;
  }

  emojiCount({ room, seq }: Target): number {
    return this.#emojis.get(room, seq)?.n ?? 0;
  }

  react(target: Target, emoji: string, user: number, seq: number): void {
    this.#react.run(target.room, target.seq, emoji, user, seq);
  }

  unreact({ room, seq }: Target, emoji: string, user: number): void {
    this.#unreact.run(room, seq, emoji, user);
  }
}
