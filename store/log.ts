import { Refusal } from "../protocol/errors.ts";
import { type Act, ChangeLog, type OpenRoom } from "./change_log.ts";
import type { Database } from "./database.ts";
import type { History } from "./history.ts";
import { Membership } from "./membership.ts";
import { MessageChanges } from "./message_changes.ts";
import type { People } from "./people.ts";
import { RoomCards } from "./room_cards.ts";
import type { SearchIndex } from "./search_index.ts";
import type { Append, Appended, MessageRow, Op, RoomId } from "./store.ts";
import type { Strangers } from "./strangers.ts";
import { isStorable, UNSTORABLE } from "./text.ts";
import type { Users } from "./users.ts";

type MessageOp = Extract<Op, { type: "message" }>;
interface RoomHead {
  readonly kind: OpenRoom["kind"];
  readonly seq: number;
  readonly messages: number;
  readonly dissolvedAt: number | null;
  readonly userA: number | null;
  readonly userB: number | null;
}

export interface LogParts {
  readonly users: Users;
  readonly people: People;
  readonly history: History;
  readonly index: SearchIndex;
  readonly strangers: Strangers;
}

/**
 * Appends to the rooms' logs. A group is one transaction; a room's head is read once and written
 * once per group, and a plain message is one insert between the two.
 */
export class Log {
  readonly #db: Database;
  readonly #users: Users;
  readonly #history: History;
  readonly #strangers: Strangers;
  readonly #messageChanges: MessageChanges;
  readonly #membership: Membership;
  readonly #cards: RoomCards;
  readonly #head;
  readonly #saveHead;
  readonly #insert;
  readonly #byKey;
  readonly #exists;

  constructor(db: Database, parts: LogParts) {
    const { users, people, history, index, strangers } = parts;
    const changes = new ChangeLog(db);
    this.#db = db;
    this.#users = users;
    this.#history = history;
    this.#strangers = strangers;
    this.#messageChanges = new MessageChanges(db, changes, people, strangers, index);
    this.#membership = new Membership(changes, users, people);
    this.#cards = new RoomCards(db, changes, people);
    this.#head = db.prepare<RoomHead>(
      `SELECT kind, seq, messages, dissolved_at AS dissolvedAt, user_a AS userA, user_b AS userB
       FROM rooms WHERE id = ?`,
    );
    this.#saveHead = db.prepare("UPDATE rooms SET seq = ?, messages = ? WHERE id = ?");
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
  }

  append(batch: readonly Append[], at: number): Appended[] {
    return this.#db.write(() => {
      const rooms = new Map<RoomId, OpenRoom>();
      const results = batch.map((item) => this.#one(this.#open(rooms, item.room), item, at));
      for (const room of rooms.values()) {
        if (room.seq !== room.savedSeq) this.#saveHead.run(room.seq, room.messages, room.id);
      }
      return results;
    });
  }

  #open(rooms: Map<RoomId, OpenRoom>, id: RoomId): OpenRoom | undefined {
    let room = rooms.get(id);
    if (room) return room;
    const head = this.#head.get(id);
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
      this.#insert.run(room.id, seq, ordinal, no, at, content, key ?? null, reply ?? null) === 0
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
    if (reply !== undefined && !this.#exists.get(act.room.id, reply)) {
      return new Refusal("no_such_message", `there is no message ${reply} to reply to`);
    }
    return act.room.between && this.#strangers.refusal(act);
  }

  #duplicate({ room, no }: Act, key: string | undefined): Appended | undefined {
    const first = key === undefined ? undefined : this.#byKey.get(no, key);
    if (!first) return undefined;
    if (first.room !== room.id) {
      return refused("conflict", "this key was used for a message in another room");
    }
    const row = this.#history.bySeq(first.room, first.seq);
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
