import type { Role } from "../protocol/commands.ts";
import { roomOf, type RoomRecord } from "./rows.ts";
import {
  type Conversation,
  type Member,
  type Standing,
  STRANGER,
  type User,
  type UserId,
} from "./store.ts";

/** How the tables' rows of people become the contract's. */

export const RANKS: Readonly<Record<Role, number>> = { owner: 3, moderator: 2, member: 1 };
const ROLES: readonly (Role | undefined)[] = [undefined, "member", "moderator", "owner"];
export const roleOf = (rank: number): Role | undefined => ROLES[rank];

export interface ConversationRecord extends RoomRecord {
  readonly role: number;
  readonly read: number;
  readonly unread: number;
}

export function conversationOf(record: ConversationRecord, user: UserId): Conversation {
  const room = roomOf(record);
  const [a, b] = room.between ?? [];
  const other = a?.id === user ? b : a;
  return {
    room,
    ...(other && { other }),
    role: roleOf(record.role) ?? "member",
    read: record.read,
    unread: record.unread,
  };
}

export interface MemberRecord {
  readonly id: UserId;
  readonly name: string;
  readonly guest: number;
  readonly role: number;
  readonly mutedUntil: number;
  readonly read: number;
}

export function memberOf(record: MemberRecord): Member {
  return {
    user: { id: record.id, name: record.name, guest: record.guest === 1 },
    role: roleOf(record.role) ?? "member",
    mutedUntil: record.mutedUntil,
    read: record.read,
  };
}

export interface StandingRecord {
  readonly role: number;
  readonly banned: number;
  readonly mutedUntil: number;
  readonly read: number;
}

export function standingOf(record: StandingRecord | undefined): Standing {
  if (!record) return STRANGER;
  const role = roleOf(record.role);
  return {
    ...(role && { role }),
    banned: record.banned === 1,
    mutedUntil: record.mutedUntil,
    read: record.read,
  };
}

/** Of `users`. */
export const USER_COLUMNS = `no, id, name, canonical, guest, admin, password_hash AS passwordHash,
  created_at AS createdAt, seen_at AS seenAt, deleted_at AS deletedAt`;

export interface UserRecord {
  readonly no: number;
  readonly id: string;
  readonly name: string;
  readonly canonical: string | null;
  readonly guest: number;
  readonly admin: number;
  readonly passwordHash: string | null;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly deletedAt: number | null;
}

export function userOf(record: UserRecord): User {
  return {
    id: record.id,
    name: record.name,
    guest: record.guest === 1,
    admin: record.admin === 1,
    createdAt: record.createdAt,
    seenAt: record.seenAt,
    ...(record.deletedAt !== null && { deletedAt: record.deletedAt }),
  };
}
