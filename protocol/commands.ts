import Type, { type Static } from "typebox";
import {
  EMOJI_MAX_CHARS,
  ICON_MAX_CHARS,
  ID_MAX_CHARS,
  INVITE_MAX_USERS,
  KEY_MAX_CHARS,
  MUTE_MAX_SECONDS,
  PAGE_DEFAULT,
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
const room = Type.String({
  minLength: 1,
  maxLength: ROOM_NAME_MAX_CHARS + 1,
  description: "A room's name, or `@` and a user's for the direct conversation",
});
const user = Type.String({
  minLength: 1,
  maxLength: USER_NAME_MAX_CHARS + 1,
  description: "A user's name; an `@` before it is dropped",
});
const position = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });
const seq = position("The message's `seq`");
const content = Type.String({
  minLength: 1,
  description: "At most `limits.message_bytes` of `welcome`, in bytes of UTF-8",
});
const limit = Type.Optional(
  Type.Integer({ minimum: 1, maximum: PAGE_MAX, description: `${PAGE_DEFAULT} when not given` }),
);
const title = Type.Optional(Type.String({ maxLength: TITLE_MAX_CHARS }));
const topic = Type.Optional(Type.String({ maxLength: TOPIC_MAX_CHARS }));
const icon = Type.Optional(
  Type.String({ maxLength: ICON_MAX_CHARS, description: "An emoji or an address of a picture" }),
);
const reason = Type.Optional(
  Type.String({ maxLength: REASON_MAX_CHARS, description: "Shown to the room" }),
);

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
    since: Type.Optional(position("Send every event after this `seq`")),
    history: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: PAGE_MAX,
        description: "Without `since`: send this many of the last messages; " +
          "`limits.join_history` of `welcome` when not given",
      }),
    ),
  }, "Enter a room; what was missed, then live"),
  leave: command("leave", { room }, "Leave a room"),
  message: command("message", {
    room,
    content,
    key: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: KEY_MAX_CHARS,
        description: "The sender's own name for this message, for retries; never used twice",
      }),
    ),
    reply: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "The `seq` of the message that this one answers",
      }),
    ),
  }, "Say something; with `key` a retry never makes a second message"),
  edit: command("edit", { room, seq, content }, "Change my message"),
  delete: command("delete", { room, seq }, "Take a message back"),
  react: command("react", {
    room,
    seq,
    emoji: Type.String({ minLength: 1, maxLength: EMOJI_MAX_CHARS }),
    on: Type.Boolean({ description: "`false` removes it" }),
  }, "Add or remove my reaction"),
  typing: command("typing", { room }, "I am writing; shown for 5 s"),
  read: command(
    "read",
    { room, seq: position("The last `seq` I have read") },
    "I have read up to here",
  ),
  unread: command("unread", {}, "My conversations with something unread"),
  history: command("history", {
    room,
    before: Type.Optional(position("Only messages with a `seq` below")),
    after: Type.Optional(
      position("Only messages with a `seq` above; the page begins there, not at the end"),
    ),
    until: Type.Optional(position("Only messages at or before this time, ms since 1970")),
    limit,
  }, "A page of messages, ascending"),
  search: command("search", {
    query: Type.String({ minLength: 1, maxLength: QUERY_MAX_CHARS }),
    room: Type.Optional(room),
    before: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "The `id` of the last result, for the next page",
      }),
    ),
    limit,
  }, "Messages that contain the query, newest first; `before` is the last result's `id`"),
  rooms: command("rooms", {}, "Public rooms and mine"),
  members: command("members", { room }, "Who belongs to a room and who is there"),
  create: command("create", {
    room,
    kind: Type.Union([Type.Literal("public"), Type.Literal("group")]),
    title,
    topic,
    icon,
    members: Type.Optional(
      Type.Array(user, { maxItems: INVITE_MAX_USERS, description: "Members from the start" }),
    ),
  }, "Make a room or a group; its maker is its owner"),
  set: command("set", {
    room,
    title,
    topic,
    icon,
  }, "Change a room's card"),
  invite: command("invite", { room, user }, "Bring a user into a group"),
  kick: command("kick", {
    room,
    user,
    reason,
  }, "Put a user out of a room"),
  ban: command("ban", {
    room,
    user,
    reason,
  }, "Put a user out for good"),
  unban: command("unban", { room, user }, "Let a banned user back in"),
  mute: command("mute", {
    room,
    user,
    seconds: Type.Integer({
      minimum: 0,
      maximum: MUTE_MAX_SECONDS,
      description: "From now on; 0 ends it",
    }),
  }, "Keep a user from writing; 0 seconds ends it"),
  role: command("role", { room, user, role }, "Give a role"),
  dissolve: command("dissolve", { room }, "End a room for everyone"),
  block: command("block", { user }, "Take no direct messages and no invitations from a user"),
  unblock: command("unblock", { user }, "Take them again"),
  ping: command("ping", {}, "Are you there"),
  pong: command("pong", {}, "Answer to the server's ping"),
} as const;

export type CommandType = keyof typeof COMMANDS;
export type CommandOf<T extends CommandType> = Static<typeof COMMANDS[T]>;
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType];
/** A command's `id`, which its reply carries as `re`. */
export type CommandId = string | number | undefined;
