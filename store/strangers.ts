import { Refusal } from "../protocol/errors.ts";
import type { Act } from "./change_log.ts";
import type { StrangerLimit } from "./store.ts";
import type { BlockTable } from "./tables.ts";

/**
 * Who may write to whom directly: not to somebody who blocked them or is gone, and only a few
 * messages to somebody who does not answer. Derived from the log each time; nothing is counted up.
 */
export class Strangers {
  readonly #blocks: BlockTable;
  readonly #limit: StrangerLimit;

  constructor(blocks: BlockTable, limit: StrangerLimit) {
    this.#blocks = blocks;
    this.#limit = limit;
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
    if (isAfter(this.#blocks.wroteAt(room.id, other, 0), from)) return undefined;
    if (!isAfter(this.#blocks.wroteAt(room.id, no, messages - 1), from)) return undefined;
    const most = messages === 1 ? "one message" : `${messages} messages`;
    return new Refusal("stranger_limit", `${most} at most until the other answers`);
  }

  /** For whatever else would reach the other: an edit or a reaction. */
  silenced(act: Act): Refusal | undefined {
    const other = otherOf(act);
    if (other === undefined) return new Refusal("not_member", "this conversation is others'");
    const receiver = this.#blocks.receiver(other, act.no);
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

const isAfter = (wroteAt: number | undefined, from: number) =>
  wroteAt !== undefined && wroteAt > from;
