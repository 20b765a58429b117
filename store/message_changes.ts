import { Refusal } from "../protocol/errors.ts";
import { type Action, verdict } from "../protocol/rules.ts";
import { type Act, unchanged } from "./change_log.ts";
import { partyOf } from "./rights.ts";
import type { Appended, Op } from "./store.ts";
import type { Strangers } from "./strangers.ts";
import type { Tables, Target } from "./tables.ts";
import { storable } from "./text.ts";

/** Different emojis on one message, and reactions of all users to it; `conflict` above. */
export const EMOJIS_PER_MESSAGE_MAX = 32;
export const REACTIONS_PER_MESSAGE_MAX = 1000;

type OpOf<T extends Op["type"]> = Extract<Op, { type: T }>;

/** Edits, deletions and reactions: events that also change the message they name. */
export class MessageChanges {
  readonly #tables: Tables;
  readonly #strangers: Strangers;

  constructor(tables: Tables, strangers: Strangers) {
    this.#tables = tables;
    this.#strangers = strangers;
  }

  edit(act: Act, { target: seq, content }: OpOf<"edit">): Appended {
    const target = this.#permitted(act, "edit", seq);
    this.#tables.messages.edit(target, storable(content), act.at);
    return this.#tables.changes.write(act, { type: "edited", target: seq, content });
  }

  delete(act: Act, { target: seq }: OpOf<"delete">): Appended {
    const target = this.#permitted(act, "delete", seq);
    this.#tables.messages.delete(target, act.at);
    return this.#tables.changes.write(act, { type: "deleted", target: seq });
  }

  react(act: Act, { target: seq, emoji, on }: OpOf<"react">): Appended {
    const target = this.#permitted(act, "react", seq);
    const { messages, changes } = this.#tables;
    const { room, no } = act;
    if (messages.hasReacted(target, storable(emoji), no) === on) return unchanged(act);
    if (on) this.#refuseCrowd(target, emoji);
    const written = changes.write(act, { type: "reacted", target: seq, data: { emoji, on } });
    if (on) messages.react(target, emoji, no, room.seq);
    else messages.unreact(target, emoji, no);
    return written;
  }

  #permitted(act: Act, action: Action, seq: number): Target {
    const { room, by, no } = act;
    const target = this.#tables.messages.target(room.id, seq);
    const actor = partyOf(this.#tables, act, { id: by.id, no }, action);
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

  #refuseCrowd(target: Target, emoji: string): void {
    const { messages } = this.#tables;
    if (messages.reactionCount(target) >= REACTIONS_PER_MESSAGE_MAX) {
      throw new Refusal("conflict", `a message takes ${REACTIONS_PER_MESSAGE_MAX} reactions`);
    }
    // One known there needs no counting: the usual case in a crowd.
    if (messages.hasEmoji(target, emoji)) return;
    if (messages.emojiCount(target) >= EMOJIS_PER_MESSAGE_MAX) {
      throw new Refusal("conflict", `a message takes ${EMOJIS_PER_MESSAGE_MAX} different emojis`);
    }
  }
}
