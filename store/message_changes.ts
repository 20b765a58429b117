import { Refusal } from "../protocol/errors.ts";
import { type Action, verdict } from "../protocol/rules.ts";
import { type Act, type ChangeLog, unchanged } from "./change_log.ts";
import type { Database } from "./database.ts";
import type { People } from "./people.ts";
import type { SearchIndex } from "./search_index.ts";
import type { Appended, Op } from "./store.ts";
import type { Strangers } from "./strangers.ts";
import { storable } from "./text.ts";

/** Different emojis on one message, and reactions of all users to it; `conflict` above. */
export const EMOJIS_PER_MESSAGE_MAX = 32;
export const REACTIONS_PER_MESSAGE_MAX = 1000;

type OpOf<T extends Op["type"]> = Extract<Op, { type: T }>;

interface Target {
  readonly id: number;
  readonly sender: number;
}

/** Edits, deletions and reactions: events that also change the message they name. */
export class MessageChanges {
  readonly #changes: ChangeLog;
  readonly #people: People;
  readonly #strangers: Strangers;
  readonly #index: SearchIndex;
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

  constructor(
    db: Database,
    changes: ChangeLog,
    people: People,
    strangers: Strangers,
    index: SearchIndex,
  ) {
    this.#changes = changes;
    this.#people = people;
    this.#strangers = strangers;
    this.#index = index;
    this.#target = db.prepare<Target>(
      "SELECT id, sender FROM messages WHERE room = ? AND seq = ? AND deleted_at IS NULL",
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

  edit(act: Act, { target: seq, content }: OpOf<"edit">): Appended {
    const target = this.#permitted(act, "edit", seq);
    this.#edit.run(storable(content), act.at, target.id);
    this.#index.replace(target.id, content);
    return this.#changes.write(act, { type: "edited", target: seq, content });
  }

  /** Nothing of what the message ever said is kept. */
  delete(act: Act, { target: seq }: OpOf<"delete">): Appended {
    const target = this.#permitted(act, "delete", seq);
    this.#delete.run(act.at, target.id);
    this.#emptyEdits.run(act.room.id, seq);
    this.#clearReactions.run(act.room.id, seq);
    this.#index.remove(target.id);
    return this.#changes.write(act, { type: "deleted", target: seq });
  }

  react(act: Act, { target: seq, emoji, on }: OpOf<"react">): Appended {
    this.#permitted(act, "react", seq);
    const { room, no } = act;
    const there = this.#mine.get(room.id, seq, storable(emoji), no) !== undefined;
    if (there === on) return unchanged(act);
    if (on) this.#refuseCrowd(room.id, seq, emoji);
    const written = this.#changes.write(act, { type: "reacted", target: seq, data: { emoji, on } });
    if (on) this.#react.run(room.id, seq, emoji, no, room.seq);
    else this.#unreact.run(room.id, seq, emoji, no);
    return written;
  }

  #permitted(act: Act, action: Action, seq: number): Target {
    const { room, no, at } = act;
    const target = this.#target.get(room.id, seq);
    const actor = this.#people.party(room.id, no, at);
    // Who may not read the room is not told whether the message is there.
    const against = verdict(
      target ? action : "read",
      room.kind,
      actor,
      undefined,
      target?.sender === no,
    );
    if (against) throw new Refusal(against.code, against.why);
    if (!target) throw new Refusal("no_such_message", `there is no message ${seq}`);
    if (room.kind === "direct" && action !== "delete") {
      const silenced = this.#strangers.silenced(act);
      if (silenced) throw silenced;
    }
    return target;
  }

  #refuseCrowd(room: number, seq: number, emoji: string): void {
    if ((this.#count.get(room, seq)?.n ?? 0) >= REACTIONS_PER_MESSAGE_MAX) {
      throw new Refusal("conflict", `a message takes ${REACTIONS_PER_MESSAGE_MAX} reactions`);
    }
    // One known there needs no counting: the usual case in a crowd.
    if (this.#known.get(room, seq, emoji)) return;
    if ((this.#emojis.get(room, seq)?.n ?? 0) >= EMOJIS_PER_MESSAGE_MAX) {
      throw new Refusal("conflict", `a message takes ${EMOJIS_PER_MESSAGE_MAX} different emojis`);
    }
  }
}
