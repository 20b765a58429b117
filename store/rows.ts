import type { Role } from "../protocol/commands.ts";
import type { MemberChange } from "../protocol/events.ts";
import type { LogRow, MessageRow, Room, UserRef } from "./store.ts";

/** How the tables' rows become the contract's: what is NULL there is absent here. */

/** Of `messages AS m JOIN users AS u`. */
export const MESSAGE_COLUMNS = `m.id, m.room, m.seq, m.at, u.id AS fromId, u.name AS author,
  m.content, m.key, m.reply, m.edited_at AS editedAt, m.deleted_at AS deletedAt`;

export interface MessageRecord {
  readonly id: number;
  readonly room: number;
  readonly seq: number;
  readonly at: number;
  readonly fromId: string;
  readonly author: string;
  readonly content: string;
  readonly key: string | null;
  readonly reply: number | null;
  readonly editedAt: number | null;
  readonly deletedAt: number | null;
}

export type Reactions = Readonly<Record<string, readonly string[]>>;

export interface ReactionRecord {
  readonly target: number;
  readonly emoji: string;
  readonly name: string;
}

/** Of records in the order by message, then emoji, then as they were given. */
export function reactionsByTarget(
  records: readonly ReactionRecord[],
): ReadonlyMap<number, Reactions> {
  const byTarget = new Map<number, Map<string, string[]>>();
  for (const { target, emoji, name } of records) {
    let byEmoji = byTarget.get(target);
    if (!byEmoji) byTarget.set(target, byEmoji = new Map());
    const names = byEmoji.get(emoji);
    if (names) names.push(name);
    else byEmoji.set(emoji, [name]);
  }
  // `fromEntries` makes an own property of any emoji, "__proto__" too.
  return new Map([...byTarget].map(([seq, byEmoji]) => [seq, Object.fromEntries(byEmoji)]));
}

export function messageOf(record: MessageRecord, reactions?: Reactions): MessageRow {
  return {
    type: "message",
    room: record.room,
    seq: record.seq,
    at: record.at,
    from: record.author,
    fromId: record.fromId,
    content: record.content,
    ...(record.key !== null && { key: record.key }),
    ...(record.reply !== null && { reply: record.reply }),
    ...(record.editedAt !== null && { editedAt: record.editedAt }),
    ...(record.deletedAt !== null && { deletedAt: record.deletedAt }),
    ...(reactions && { reactions }),
  };
}

/** Of `changes AS c JOIN users AS u ... LEFT JOIN users AS s` (the subject). */
export const CHANGE_COLUMNS = `c.room, c.seq, c.at, c.type, u.name AS author, c.target, c.content,
  c.data, s.id AS subjectId, s.name AS subject`;

export interface ChangeRecord {
  readonly room: number;
  readonly seq: number;
  readonly at: number;
  readonly type: ChangeType;
  readonly author: string;
  readonly target: number | null;
  readonly content: string | null;
  readonly data: string | null;
  readonly subjectId: string | null;
  readonly subject: string | null;
}

export type ChangeRow = Exclude<LogRow, MessageRow>;
export type ChangeType = ChangeRow["type"];

/** What `changes.data` holds, by type; written by this program alone. */
export interface ReactionData {
  readonly emoji: string;
  readonly on: boolean;
}
export interface RoomData {
  readonly title?: string;
  readonly topic?: string;
  readonly icon?: string;
  readonly created?: boolean;
  readonly dissolved?: boolean;
}
export interface MemberData {
  readonly change: MemberChange;
  readonly role?: Role;
  readonly untilMs?: number;
  readonly reason?: string;
}

export function changeOf(record: ChangeRecord): ChangeRow {
  const { room, seq, at, author: from } = record;
  const target = record.target ?? 0;
  const data = () => JSON.parse(record.data ?? "{}");
  switch (record.type) {
    case "edited":
      return { type: "edited", room, seq, at, from, target, content: record.content ?? "" };
    case "deleted":
      return { type: "deleted", room, seq, at, from, target };
    case "reacted":
      return { type: "reacted", room, seq, at, from, target, ...data() as ReactionData };
    case "room":
      return { type: "room", room, seq, at, from, ...data() as RoomData };
    case "member": {
      const who = { user: record.subject ?? "", userId: record.subjectId ?? "" };
      return { type: "member", room, seq, at, from, ...who, ...data() as MemberData };
    }
  }
}

/** Of `rooms AS r LEFT JOIN users AS a ... LEFT JOIN users AS b` (a direct room's two). */
export const ROOM_COLUMNS = `r.id, r.name, r.kind, r.title, r.topic, r.icon, r.seq,
  r.created_at AS createdAt, r.dissolved_at AS dissolvedAt,
  a.id AS aId, a.name AS aName, a.guest AS aGuest, b.id AS bId, b.name AS bName, b.guest AS bGuest`;
export const ROOM_TABLES = `rooms AS r
  LEFT JOIN users AS a ON a.no = r.user_a LEFT JOIN users AS b ON b.no = r.user_b`;

export interface RoomRecord {
  readonly id: number;
  readonly name: string;
  readonly kind: Room["kind"];
  readonly title: string | null;
  readonly topic: string | null;
  readonly icon: string | null;
  readonly seq: number;
  readonly createdAt: number;
  readonly dissolvedAt: number | null;
  readonly aId: string | null;
  readonly aName: string;
  readonly aGuest: number;
  readonly bId: string | null;
  readonly bName: string;
  readonly bGuest: number;
}

export function roomOf(record: RoomRecord): Room {
  const { id, name, kind, seq, createdAt, title, topic, icon, dissolvedAt } = record;
  const between = betweenOf(record);
  return {
    id,
    name,
    kind,
    seq,
    createdAt,
    ...(title !== null && { title }),
    ...(topic !== null && { topic }),
    ...(icon !== null && { icon }),
    ...(dissolvedAt !== null && { dissolvedAt }),
    ...(between && { between }),
  };
}

function betweenOf(record: RoomRecord): readonly [UserRef, UserRef] | undefined {
  if (record.aId === null || record.bId === null) return undefined;
  return [
    { id: record.aId, name: record.aName, guest: record.aGuest === 1 },
    { id: record.bId, name: record.bName, guest: record.bGuest === 1 },
  ];
}
