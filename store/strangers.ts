import { Refusal } from "../protocol/errors.ts";
import type { Act } from "./change_log.ts";
import type { Database } from "./database.ts";
import type { StrangerLimit } from "./store.ts";

/**
 * Who may write to whom directly: not to somebody who blocked them or is gone, and only a few
 * messages to somebody who does not answer. Derived from the log each time; nothing is counted up.
 */
export class Strangers {
  readonly #limit: StrangerLimit;
  readonly #receiver;
  readonly #newest;
  readonly #nth;
  readonly #block;
  readonly #unblock;

  constructor(db: Database, limit: StrangerLimit) {
    this.#limit = limit;
    this.#receiver = db.prepare<{ deletedAt: number | null; blocks: number }>(
      `SELECT deleted_at AS deletedAt,
         EXISTS (SELECT 1 FROM blocks WHERE user = users.no AND blocked = ?) AS blocks
       FROM users WHERE no = ?`,
    );
    const at = `SELECT at FROM messages WHERE room = ? AND sender = ? ORDER BY seq DESC LIMIT 1`;
    this.#newest = db.prepare<{ at: number }>(at);
    this.#nth = db.prepare<{ at: number }>(`${at} OFFSET ?`);
    this.#block = db.prepare("INSERT OR IGNORE INTO blocks (user, blocked, at) VALUES (?, ?, ?)");
    this.#unblock = db.prepare("DELETE FROM blocks WHERE user = ? AND blocked = ?");
  }

  setBlocked(user: number, blocked: number, on: boolean, at: number): void {
    if (on) this.#block.run(user, blocked, at);
    else this.#unblock.run(user, blocked);
  }

  /** For a message to a direct room. */
  refusal(act: Act): Refusal | undefined {
    const gone = this.silenced(act);
    if (gone) return gone;
    const { messages, forgetMs } = this.#limit;
    const other = otherOf(act);
    if (messages <= 0 || other === undefined) return undefined;
    const { room, no, at } = act;
    const from = at - forgetMs;
    if (isAfter(this.#newest.get(room.id, other), from)) return undefined;
    if (!isAfter(this.#nth.get(room.id, no, messages - 1), from)) return undefined;
    const most = messages === 1 ? "one message" : `${messages} messages`;
    return new Refusal("stranger_limit", `${most} at most until the other answers`);
  }

  /** For whatever else would reach the other: an edit or a reaction. */
  silenced(act: Act): Refusal | undefined {
    const other = otherOf(act);
    if (other === undefined) return new Refusal("not_member", "this conversation is others'");
    const receiver = this.#receiver.get(act.no, other);
    if (!receiver || receiver.deletedAt !== null) {
      return new Refusal("no_such_user", "that account was deleted");
    }
    return receiver.blocks
      ? new Refusal("blocked", "the other takes no messages from you")
      : undefined;
  }
}

function otherOf({ room: { between }, no }: Act): number | undefined {
  if (!between?.includes(no)) return undefined;
  return between[0] === no ? between[1] : between[0];
}

const isAfter = (message: { at: number } | undefined, from: number) =>
  message !== undefined && message.at > from;
