import Type, { type Static } from "typebox";
import { ERROR_CODES } from "./errors.ts";
import * as shape from "./shapes.ts";

/**
 * What the server says: replies (with `re`) and events. One definition for types, tests and the
 * published JSON Schema.
 */

export type { Conversation, MemberEntry, RoomKind } from "./shapes.ts";

const { at, from, maybe, re, room, seq, target, user } = shape;

function said<T extends string, P extends Record<string, Type.TSchema>>(
  type: T,
  fields: P,
  description: string,
) {
  return Type.Object({ type: Type.Literal(type), ...fields }, { description });
}

export const MEMBER_CHANGES = [
  "joined",
  "invited",
  "left",
  "kicked",
  "banned",
  "unbanned",
  "muted",
  "unmuted",
  "role",
] as const;
export type MemberChange = typeof MEMBER_CHANGES[number];

export const REPLIES = {
  joined: said("joined", {
    re,
    room,
    kind: shape.kind,
    seq: shape.natural("All events after this one come live; those up to it follow at once"),
    read: shape.read,
    count: shape.count,
    members: Type.Array(shape.memberEntry, {
      description: "At most 100 of those who are there (public) or belong to it",
    }),
    ...shape.card,
    role: maybe(shape.role),
    first: maybe(
      shape.natural("More was missed than is sent: the events begin here, not after `since`"),
    ),
  }, "You are in; the events asked for follow"),
  left: said("left", { re, room }, "You are out"),
  sent: said("sent", {
    re,
    room,
    seq,
    at,
    duplicate: maybe(shape.flag("`true`: the message was there already, from an earlier try")),
    online: maybe(shape.flag("Direct: whether the other is there")),
  }, "Your message is kept and will be shown"),
  ok: said("ok", {
    re,
    room: maybe(room),
    seq: maybe(shape.natural("Of the event that it became; for `read` the mark as it is now")),
  }, "Done"),
  unread: said("unread", { re, rooms: Type.Array(shape.unreadConversation) }, "What is unread"),
  history: said("history", {
    re,
    room,
    messages: Type.Array(shape.message),
    more: shape.more,
  }, "Messages as they are now, ascending by `seq`"),
  results: said("results", {
    re,
    messages: Type.Array(shape.found),
    more: shape.more,
    next: Type.Optional(Type.Integer({
      minimum: 1,
      description:
        "With `more`: what to give as `before` to go on, also when nothing was found yet",
    })),
  }, "Messages found, newest first"),
  rooms: said("rooms", { re, rooms: Type.Array(shape.listedRoom) }, "Rooms there are"),
  members: said("members", {
    re,
    room,
    members: Type.Array(shape.memberEntry),
    count: shape.count,
  }, "Who belongs to the room or is there"),
  created: said("created", { re, room }, "The room is made; `join` it to hear of it"),
  pong: said("pong", { re, at }, "I am here"),
  error: said("error", {
    re,
    code: Type.Enum(ERROR_CODES),
    message: shape.text("For people; may change"),
    retry_ms: maybe(shape.natural("Try again after this many milliseconds")),
  }, "The command did nothing; without `re` about the connection"),
} as const;

/** Events of a room's log: each has the room's next `seq`. */
export const LOG_EVENTS = {
  message: shape.message,
  edited: said("edited", {
    room,
    seq,
    target,
    content: shape.text("What it says now"),
    from,
    at,
  }, "A message says something else"),
  deleted: said("deleted", { room, seq, target, from, at }, "A message was taken back"),
  reacted: said("reacted", {
    room,
    seq,
    target,
    emoji: Type.String(),
    on: shape.flag("`false`: took it away"),
    from,
    at,
  }, "A reaction came or went"),
  room: said("room", {
    room,
    seq,
    from,
    at,
    title: maybe(shape.text("Set to this, when present")),
    topic: maybe(shape.text("Set to this, when present")),
    icon: maybe(shape.text("Set to this, when present")),
    created: maybe(shape.flag("`true`: it was made")),
    dissolved: maybe(shape.flag("`true`: it has ended, for everyone")),
  }, "The room changed"),
  member: said("member", {
    room,
    seq,
    user: shape.text("Whom it is about"),
    change: Type.Enum(MEMBER_CHANGES),
    from,
    at,
    role: maybe(shape.role),
    until: maybe(shape.natural("`muted`, or `invited` while still muted: until then, as `at`")),
    reason: maybe(Type.String()),
  }, "Who belongs to the room, or what they may do, changed"),
} as const;

/** Events without a `seq`: they tell of the moment and are not replayed. */
export const LIVE_EVENTS = {
  welcome: said("welcome", {
    session: shape.text("This connection's own name, for logs"),
    user: Type.Object({
      name: user,
      guest: shape.flag("No password: `token` is the only way back"),
      admin: maybe(Type.Boolean()),
    }),
    token: shape.text("Comes back as the same user"),
    server: Type.Object({ name: Type.String(), version: Type.String() }),
    heartbeat_ms: shape.natural("A line quiet for this long gets a `ping`"),
    limits: Type.Record(Type.String(), Type.Integer(), { description: "See Limits" }),
    rooms: Type.Array(shape.conversation, { description: "My lasting conversations" }),
  }, "The first thing said on a connection: who you are and what waits for you"),
  joined: said("joined", {
    room,
    users: Type.Array(user, { description: "Some of those who came, at most 100" }),
    count: shape.count,
  }, "Users came into a public room; gathered, so that a storm of them is a few frames"),
  left: said("left", {
    room,
    users: Type.Array(user, { description: "Some of those who went, at most 100" }),
    count: shape.count,
  }, "Users went from a public room; gathered"),
  typing: said("typing", { room, from }, "Somebody is writing; show it for 5 s"),
  read: said("read", {
    room,
    from,
    seq: shape.natural("Has read up to here"),
  }, "A read mark moved: another's in a direct conversation or group, mine on another device"),
  presence: said("presence", {
    user,
    online: Type.Boolean(),
    at,
  }, "Somebody I share a direct conversation or a group with came, or went 5 s ago"),
  notice: said("notice", { content: Type.String() }, "The server has something to say to people"),
  ping: said("ping", {}, "The line was quiet; answer with `pong`"),
} as const;

type Of<S, T extends keyof S> = S[T] extends Type.TSchema ? Static<S[T]> : never;
export type ReplyType = keyof typeof REPLIES;
export type ReplyOf<T extends ReplyType> = Of<typeof REPLIES, T>;
export type LogEventType = keyof typeof LOG_EVENTS;
export type LogEventOf<T extends LogEventType> = Of<typeof LOG_EVENTS, T>;
export type LogEvent = { [T in LogEventType]: LogEventOf<T> }[LogEventType];
export type LiveEventType = keyof typeof LIVE_EVENTS;
export type LiveEventOf<T extends LiveEventType> = Of<typeof LIVE_EVENTS, T>;
export type Reply = { [T in ReplyType]: ReplyOf<T> }[ReplyType];
export type LiveEvent = { [T in LiveEventType]: LiveEventOf<T> }[LiveEventType];
/** Anything the server says. */
export type ServerEvent = Reply | LogEvent | LiveEvent;
export type WireMessage = LogEventOf<"message">;
