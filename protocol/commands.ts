import Type, { type Static } from "typebox";
import {
  EMOJI_MAX_CHARS,
  ICON_MAX_CHARS,
  ID_MAX_CHARS,
  INVITE_MAX_USERS,
  KEY_MAX_CHARS,
  PAGE_MAX,
  QUERY_MAX_CHARS,
  REASON_MAX_CHARS,
  ROOM_NAME_MAX_CHARS,
  TITLE_MAX_CHARS,
  TOPIC_MAX_CHARS,
  USER_NAME_MAX_CHARS,
} from "./limits.ts";

/**
 * What a client may say. The schemas are the one definition: types, checks and the published JSON
 * Schema come from here. They bound every field's shape and size; what depends on an operator's
 * settings or on state (content length in bytes, names, rights) is checked where that is known.
 */

/** Integers beyond 2^53 are refused: they would come back as another number. */
export const ID = Type.Union([
  Type.String({ maxLength: ID_MAX_CHARS }),
  Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
], { description: "Returned as `re` in the one reply to this command" });

const id = Type.Optional(ID);
/** One more than a name may have, for the `#` or `@` before it. */
const room = Type.String({ minLength: 1, maxLength: ROOM_NAME_MAX_CHARS + 1 });
const user = Type.String({ minLength: 1, maxLength: USER_NAME_MAX_CHARS + 1 });
const seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const time = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const page = Type.Integer({ minimum: 1, maximum: PAGE_MAX });
const title = Type.String({ maxLength: TITLE_MAX_CHARS });
const topic = Type.String({ maxLength: TOPIC_MAX_CHARS });
const icon = Type.String({ maxLength: ICON_MAX_CHARS });

function command<T extends string, P extends Record<string, Type.TSchema>>(
  type: T,
  fields: P,
  description: string,
) {
  return Type.Object({ type: Type.Literal(type), id, ...fields }, { description });
}

export const ROLES = ["owner", "moderator", "member"] as const;
export type Role = typeof ROLES[number];
const role = Type.Enum(ROLES);

export const COMMANDS = {
  join: command("join", {
    room,
    since: Type.Optional(seq),
    history: Type.Optional(Type.Integer({ minimum: 0, maximum: PAGE_MAX })),
  }, "Enter a room; what was missed, then live"),
  leave: command("leave", { room }, "Leave a room"),
  message: command("message", {
    room,
    content: Type.String({ minLength: 1 }),
    key: Type.Optional(Type.String({ minLength: 1, maxLength: KEY_MAX_CHARS })),
    reply: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  }, "Say something; with `key` a retry never makes a second message"),
  edit: command("edit", { room, seq, content: Type.String({ minLength: 1 }) }, "Change my message"),
  delete: command("delete", { room, seq }, "Take a message back"),
  react: command("react", {
    room,
    seq,
    emoji: Type.String({ minLength: 1, maxLength: EMOJI_MAX_CHARS }),
    on: Type.Boolean(),
  }, "Add or remove my reaction"),
  typing: command("typing", { room }, "I am writing; shown for 5 s"),
  read: command("read", { room, seq }, "I have read up to here"),
  unread: command("unread", {}, "My conversations with something unread"),
  history: command("history", {
    room,
    before: Type.Optional(seq),
    after: Type.Optional(seq),
    until: Type.Optional(time),
    limit: Type.Optional(page),
  }, "A page of messages, ascending"),
  search: command("search", {
    query: Type.String({ minLength: 1, maxLength: QUERY_MAX_CHARS }),
    room: Type.Optional(room),
    before: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
    limit: Type.Optional(page),
  }, "Messages that contain the query, newest first; `before` is the last result's `id`"),
  rooms: command("rooms", {}, "Public rooms and mine"),
  members: command("members", { room }, "Who belongs to a room and who is there"),
  create: command("create", {
    room,
    kind: Type.Union([Type.Literal("public"), Type.Literal("group")]),
    title: Type.Optional(title),
    topic: Type.Optional(topic),
    icon: Type.Optional(icon),
    members: Type.Optional(Type.Array(user, { maxItems: INVITE_MAX_USERS })),
  }, "Make a room or a group; its maker is its owner"),
  set: command("set", {
    room,
    title: Type.Optional(title),
    topic: Type.Optional(topic),
    icon: Type.Optional(icon),
  }, "Change a room's card"),
  invite: command("invite", { room, user }, "Bring a user into a group"),
  kick: command("kick", {
    room,
    user,
    reason: Type.Optional(Type.String({ maxLength: REASON_MAX_CHARS })),
  }, "Put a user out of a room"),
  ban: command("ban", {
    room,
    user,
    reason: Type.Optional(Type.String({ maxLength: REASON_MAX_CHARS })),
  }, "Put a user out for good"),
  unban: command("unban", { room, user }, "Let a banned user back in"),
  mute: command("mute", {
    room,
    user,
    seconds: Type.Integer({ minimum: 0, maximum: 366 * 24 * 3600 }),
  }, "Keep a user from writing; 0 seconds ends it"),
  role: command("role", { room, user, role }, "Give a role"),
  dissolve: command("dissolve", { room }, "End a room for everyone"),
  block: command("block", { user }, "Take no direct messages from a user"),
  unblock: command("unblock", { user }, "Take them again"),
  ping: command("ping", {}, "Are you there"),
  pong: command("pong", {}, "Answer to the server's ping"),
} as const;

export type CommandType = keyof typeof COMMANDS;
export type CommandOf<T extends CommandType> = Static<typeof COMMANDS[T]>;
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType];
/** A command's `id`, which its reply carries as `re`. */
export type CommandId = string | number | undefined;
