import { Refusal } from "../protocol/errors.ts";
import type { Act, OpenRoom } from "./change_log.ts";
import { Membership } from "./membership.ts";
import { MessageChanges } from "./message_changes.ts";
import { RoomCards } from "./room_cards.ts";
import type { Append, Appended, MessageRow, Op, RoomId, StrangerLimit } from "./store.ts";
import { Strangers } from "./strangers.ts";
import type { Tables } from "./tables.ts";
import { isStorable, UNSTORABLE } from "./text.ts";

type MessageOp = Extract<Op, { type: "message" }>;

/**
 * Appends to the rooms' logs. A group is one transaction; a room's head is read once and written
 * once per group, and a plain message is one insert between the two.
 */
export class Log {
  readonly #users: Tables["users"];
  readonly #rooms: Tables["rooms"];
  readonly #messages: Tables["messages"];
  readonly #strangers: Strangers;
  readonly #messageChanges: MessageChanges;
  readonly #membership: Membership;
  readonly #cards: RoomCards;

  constructor(tables: Tables, limit: StrangerLimit) {
    this.#users = tables.users;
    this.#rooms = tables.rooms;
    this.#messages = tables.messages;
    this.#strangers = new Strangers(tables.blocks, limit);
    this.#messageChanges = new MessageChanges(tables, this.#strangers);
    this.#membership = new Membership(tables);
    this.#cards = new RoomCards(tables);
  }

  /** Only inside a transaction. */
  append(batch: readonly Append[], at: number): Appended[] {
    const rooms = new Map<RoomId, OpenRoom>();
    const results = batch.map((item) => this.#one(this.#open(rooms, item.room), item, at));
    for (const room of rooms.values()) {
      if (room.seq !== room.savedSeq) this.#rooms.saveHead(room);
    }
    return results;
  }

  #open(rooms: Map<RoomId, OpenRoom>, id: RoomId): OpenRoom | undefined {
    let room = rooms.get(id);
    if (room) return room;
    const head = this.#rooms.head(id);
    if (!head) return undefined;
    const { kind, seq, messages, dissolvedAt, userA, userB } = head;
    const between = userA !== null && userB !== null ? [userA, userB] as const : undefined;
    room = { id, kind, seq, savedSeq: seq, messages, dissolved: dissolvedAt !== null, between };
    rooms.set(id, room);
    return room;
  }

  #one(room: OpenRoom | undefined, { by, op }: Append, at: number): Appended {
    if (!room || room.dissolved) return refused("no_such_room", "that room is not there any more");
    if (op.type === "message" && !isStorable(op.content)) return refused("bad_command", UNSTORABLE);
    try {
      const act: Act = { room, by, no: this.#users.ensure(by, at), at };
      return op.type === "message" ? this.#message(act, op) : this.#change(act, op);
    } catch (error) {
      // An operation checks everything before it writes, so a refused one has written nothing.
      if (error instanceof Refusal) return refused(error.code, error.message);
      throw error;
    }
  }

  #message(act: Act, op: MessageOp): Appended {
    const { room, by, no, at } = act;
    const { content, key, reply } = op;
    const refusal = this.#refusal(act, op);
    if (refusal) return this.#duplicate(act, key) ?? refused(refusal.code, refusal.message);
    const seq = room.seq + 1;
    const ordinal = room.messages + 1;
    if (
      !this.#messages.insert(room.id, seq, ordinal, no, at, content, key ?? null, reply ?? null)
    ) {
      return this.#duplicate(act, key) ?? refused("internal", "the message was not written");
    }
    room.seq = seq;
    room.messages = ordinal;
    const row: MessageRow = {
      type: "message",
      room: room.id,
      seq,
      at,
      from: by.name,
      fromId: by.id,
      content,
      ...(key !== undefined && { key }),
      ...(reply !== undefined && { reply }),
    };
    return { row, duplicate: false };
  }

  #refusal(act: Act, { key, reply }: MessageOp): Refusal | undefined {
    if (key !== undefined && !isStorable(key)) return new Refusal("bad_command", UNSTORABLE);
    if (reply !== undefined && !this.#messages.exists(act.room.id, reply)) {
      return new Refusal("no_such_message", `there is no message ${reply} to reply to`);
    }
    return act.room.between && this.#strangers.refusal(act);
  }

  #duplicate({ room, no }: Act, key: string | undefined): Appended | undefined {
    const first = key === undefined ? undefined : this.#messages.byKey(no, key);
    if (!first) return undefined;
    if (first.room !== room.id) {
      return refused("conflict", "this key was used for a message in another room");
    }
    const row = this.#messages.bySeq(first.room, first.seq);
    return row && { row, duplicate: true };
  }

  #change(act: Act, op: Exclude<Op, MessageOp>): Appended {
    switch (op.type) {
      case "edit":
        return this.#messageChanges.edit(act, op);
      case "delete":
        return this.#messageChanges.delete(act, op);
      case "react":
        return this.#messageChanges.react(act, op);
      case "set":
        return this.#cards.set(act, op);
      case "dissolve":
        return this.#cards.dissolve(act);
      case "leave":
        return this.#membership.isLast(act) ? this.#cards.end(act) : this.#membership.leave(act);
      default:
        return this.#membership.change(act, op);
    }
  }
}

function refused(code: Refusal["code"], message: string): Appended {
  return { refused: code, message };
}
