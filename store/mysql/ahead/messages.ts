import { MESSAGE_COLUMNS, messageOf, type MessageRecord } from "../../rows.ts";
import type { MessageRow, RoomId } from "../../store.ts";
import type { MessageTable, Target } from "../../tables.ts";
import type { Result } from "../connection.ts";
import { fold } from "../../search_text.ts";
import { gramsOf, packGrams } from "../grams.ts";
import { anyOf, inserts, type Pairs, raw, type Sql, sql, tuples } from "../sql.ts";
import type { BlocksAhead } from "./blocks.ts";
import { type ReactionRecord, ReactionsAhead } from "./reactions.ts";

/** A message as the group sees it now. */
interface Message extends Target {
  readonly record: MessageRecord;
  /** Written by this group: what it once said is nowhere but here. */
  readonly isNew: boolean;
}

type Loaded = MessageRecord & { readonly sender: number };

export interface WantedMessages {
  /** Rooms' messages that are named: to be answered, changed or reacted to. */
  readonly named: Pairs;
  /** Those that reactions are counted of. */
  readonly reactedTo: Pairs;
  /** Senders' keys. */
  readonly keys: Pairs;
}

/**
 * Messages by an index, before their senders: from the users on, the server thinks about all that is
 * wanted anew for each of them (720 of the 900 ms of a commit of 1,000 messages by 800 people), and
 * where its statistics are behind it would read the whole table.
 */
const by = (index: string) =>
  raw(`STRAIGHT_JOIN ${MESSAGE_COLUMNS}, m.sender
    FROM messages AS m FORCE INDEX (${index}) JOIN users AS u ON u.no = m.sender`);
const BY_PLACE = by("PRIMARY");
const BY_KEY = by("messages_key");
const INSERT = raw(
  "INSERT INTO messages (room, seq, ordinal, sender, at, content, `key`, reply)",
);
const QUEUE = raw("INSERT INTO search_queue (room, first_seq, last_seq, dropped)");

/** The messages that a group of writes names or makes. */
export class MessagesAhead implements MessageTable {
  readonly #wanted: WantedMessages;
  readonly #blocks: BlocksAhead;
  readonly #names: ReadonlyMap<number, { readonly id: string; readonly name: string }>;
  readonly #reactions = new ReactionsAhead();
  readonly #messages = new Map<RoomId, Map<number, Message>>();
  readonly #byKey = new Map<number, Map<string, Message>>();
  readonly #rows: Sql[] = [];
  readonly #changes: Sql[] = [];
  readonly #queue: Sql[] = [];
  readonly #newest = new Map<RoomId, { first: number; last: number }>();

  /** `names`: of those who write, by their numbers. */
  constructor(
    wanted: WantedMessages,
    blocks: BlocksAhead,
    names: ReadonlyMap<number, { readonly id: string; readonly name: string }>,
  ) {
    this.#wanted = wanted;
    this.#blocks = blocks;
    this.#names = names;
  }

  ask(): Sql[] {
    const { named, keys, reactedTo } = this.#wanted;
    const statements: Sql[] = [];
    if (named.size > 0) {
      statements.push(sql`SELECT ${BY_PLACE} WHERE ${anyOf(raw("m.room"), raw("m.seq"), named)}`);
    }
    if (keys.size > 0) {
      statements.push(sql`SELECT ${BY_KEY} WHERE ${anyOf(raw("m.sender"), raw("m.`key`"), keys)}`);
    }
    if (reactedTo.size > 0) statements.push(this.#reactions.ask(reactedTo));
    return statements;
  }

  take(answers: readonly Result[]): void {
    const rest = [...answers];
    if (this.#wanted.reactedTo.size > 0) {
      this.#reactions.take(rest.pop() as unknown as ReactionRecord[]);
    }
    for (const loaded of rest.flat() as unknown as Loaded[]) {
      const { id, room, seq, sender } = loaded;
      this.#keep({ id, room, seq, sender, record: loaded, isNew: false });
    }
  }

  /** Of messages that came back for their key: they are answered as they are now. */
  askDuplicates(): Sql[] {
    const found = [...this.#wanted.keys].some(([sender, keys]) =>
      [...keys].some((key) => this.byKey(sender, String(key)))
    );
    return found ? [this.#reactions.askByKey(this.#wanted.keys)] : [];
  }

  takeDuplicates([reactions]: readonly Result[]): void {
    this.#reactions.take(reactions as unknown as ReactionRecord[] | undefined ?? []);
  }

  writes(): readonly Sql[] {
    const queue = [...this.#newest].map(([room, { first, last }]) =>
      tuples([[room, first, last, null]])
    );
    return [
      ...inserts(INSERT, this.#rows),
      ...this.#changes,
      ...this.#reactions.writes(),
      ...inserts(QUEUE, [...this.#queue, ...queue]),
    ];
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
    if (key !== null && this.#byKey.get(sender)?.has(key)) return false;
    this.#rows.push(tuples([[room, seq, ordinal, sender, at, content, key, reply]]));
    const author = this.#names.get(sender);
    const record: MessageRecord = {
      ...{ id: 0, room, seq, at, content, key, reply, editedAt: null, deletedAt: null },
      fromId: author?.id ?? "",
      author: author?.name ?? "",
    };
    this.#keep({ id: 0, room, seq, sender, record, isNew: true });
    this.#blocks.note(room, sender, at);
    const newest = this.#newest.get(room);
    if (newest) newest.last = seq;
    else this.#newest.set(room, { first: seq, last: seq });
    return true;
  }

  byKey(sender: number, key: string): { room: RoomId; seq: number } | undefined {
    return this.#byKey.get(sender)?.get(key);
  }

  exists(room: RoomId, seq: number): boolean {
    return this.#messages.get(room)?.has(seq) ?? false;
  }

  bySeq(room: RoomId, seq: number): MessageRow | undefined {
    const message = this.#messages.get(room)?.get(seq);
    return message && messageOf(message.record, this.#reactions.shown(message));
  }

  target(room: RoomId, seq: number): Target | undefined {
    const message = this.#messages.get(room)?.get(seq);
    return message?.record.deletedAt === null ? message : undefined;
  }

  edit(target: Target, content: string, at: number): void {
    const { room, seq } = target;
    this.#drop(target);
    this.#changed(target, { content, editedAt: at });
    this.#changes.push(
      sql`UPDATE messages SET content = ${content}, edited_at = ${at}
        WHERE room = ${room} AND seq = ${seq}`,
    );
  }

  delete(target: Target, at: number): void {
    const { room, seq } = target;
    this.#drop(target);
    this.#changed(target, { content: "", deletedAt: at });
    this.#reactions.clear(target);
    this.#changes.push(
      sql`UPDATE messages SET content = '', deleted_at = ${at}
        WHERE room = ${room} AND seq = ${seq}`,
      sql`UPDATE changes SET content = ''
        WHERE room = ${room} AND type = 'edited' AND target = ${seq}`,
    );
  }

  hasReacted(target: Target, emoji: string, user: number): boolean {
    return this.#reactions.has(target, emoji, user);
  }

  hasEmoji(target: Target, emoji: string): boolean {
    return this.#reactions.hasEmoji(target, emoji);
  }

  reactionCount(target: Target): number {
    return this.#reactions.count(target);
  }

  emojiCount(target: Target): number {
    return this.#reactions.emojiCount(target);
  }

  react(target: Target, emoji: string, user: number, seq: number): void {
    this.#reactions.add(target, emoji, user, seq, this.#names.get(user)?.name ?? "");
  }

  unreact(target: Target, emoji: string, user: number): void {
    this.#reactions.remove(target, emoji, user);
  }

  /** The index is told what it has of the text that goes; of a new message it has nothing yet. */
  #drop({ room, seq }: Target): void {
    const message = this.#messages.get(room)?.get(seq);
    if (!message || message.isNew) return;
    const dropped = packGrams(gramsOf(fold(message.record.content)));
    this.#queue.push(tuples([[room, seq, seq, dropped]]));
  }

  #changed({ room, seq }: Target, changed: Partial<MessageRecord>): void {
    const message = this.#messages.get(room)?.get(seq);
    if (message) this.#keep({ ...message, record: { ...message.record, ...changed } });
  }

  #keep(message: Message): void {
    const { room, seq, sender, record: { key } } = message;
    let messages = this.#messages.get(room);
    if (!messages) this.#messages.set(room, messages = new Map());
    messages.set(seq, message);
    if (key === null) return;
    let keys = this.#byKey.get(sender);
    if (!keys) this.#byKey.set(sender, keys = new Map());
    keys.set(key, message);
  }
}
