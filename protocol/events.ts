import Type, { type Static } from "typebox";
import { ERROR_CODES } from "./errors.ts";

/**
 * What the server says: replies (with `re`) and events. One definition for types, tests and the
 * published JSON Schema.
 */

const re = Type.Optional(Type.Union([Type.String(), Type.Integer()]));
const room = Type.String();
const user = Type.String();
const seq = Type.Integer({ minimum: 0 });
const at = Type.Integer({ minimum: 0, description: "Milliseconds since 1970 UTC, server clock" });
const kind = Type.Union([Type.Literal("public"), Type.Literal("group"), Type.Literal("direct")]);
const role = Type.Union([
  Type.Literal("owner"),
  Type.Literal("moderator"),
  Type.Literal("member"),
]);

const memberEntry = Type.Object({ name: user, role, online: Type.Boolean() });
const reactions = Type.Record(Type.String(), Type.Array(user), {
  description: "Names of those who reacted, by emoji",
});

/** A message as history, search and the live stream show it: its present state. */
const messageFields = {
  room,
  seq,
  from: user,
  content: Type.String(),
  at,
  key: Type.Optional(Type.String()),
  reply: Type.Optional(seq),
  edited: Type.Optional(at),
  deleted: Type.Optional(at),
  reactions: Type.Optional(reactions),
};
const message = Type.Object({ type: Type.Literal("message"), ...messageFields });
const found = Type.Object({
  type: Type.Literal("message"),
  id: Type.Integer({ description: "Give the last one as `before` for the next page" }),
  ...messageFields,
});

const conversation = Type.Object({
  room,
  kind,
  seq,
  read: seq,
  unread: Type.Integer({ minimum: 0 }),
  title: Type.Optional(Type.String()),
  icon: Type.Optional(Type.String()),
});

function said<T extends string, P extends Record<string, Type.TSchema>>(type: T, fields: P) {
  return Type.Object({ type: Type.Literal(type), ...fields });
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
    kind,
    seq,
    read: seq,
    count: Type.Integer({ minimum: 0 }),
    members: Type.Array(memberEntry),
    title: Type.Optional(Type.String()),
    topic: Type.Optional(Type.String()),
    icon: Type.Optional(Type.String()),
    role: Type.Optional(role),
    first: Type.Optional(seq),
  }),
  left: said("left", { re, room }),
  sent: said("sent", {
    re,
    room,
    seq,
    at,
    duplicate: Type.Optional(Type.Boolean()),
    online: Type.Optional(Type.Boolean()),
  }),
  ok: said("ok", { re, room: Type.Optional(room), seq: Type.Optional(seq) }),
  unread: said("unread", {
    re,
    rooms: Type.Array(Type.Object({
      room,
      unread: Type.Integer({ minimum: 0 }),
      read: seq,
      seq,
      last: Type.Optional(message),
    })),
  }),
  history: said("history", {
    re,
    room,
    messages: Type.Array(message),
    more: Type.Boolean(),
  }),
  results: said("results", { re, messages: Type.Array(found), more: Type.Boolean() }),
  rooms: said("rooms", {
    re,
    rooms: Type.Array(Type.Object({
      room,
      kind,
      count: Type.Integer({ minimum: 0 }),
      title: Type.Optional(Type.String()),
      topic: Type.Optional(Type.String()),
      icon: Type.Optional(Type.String()),
    })),
  }),
  members: said("members", {
    re,
    room,
    members: Type.Array(memberEntry),
    count: Type.Integer({ minimum: 0 }),
  }),
  created: said("created", { re, room }),
  pong: said("pong", { re, at }),
  error: said("error", {
    re,
    code: Type.Enum(ERROR_CODES),
    message: Type.String(),
    retry_ms: Type.Optional(Type.Integer({ minimum: 0 })),
  }),
} as const;

/** Events of a room's log: each has the room's next `seq`. */
export const LOG_EVENTS = {
  message,
  edited: said("edited", { room, seq, target: seq, content: Type.String(), from: user, at }),
  deleted: said("deleted", { room, seq, target: seq, from: user, at }),
  reacted: said("reacted", {
    room,
    seq,
    target: seq,
    emoji: Type.String(),
    on: Type.Boolean(),
    from: user,
    at,
  }),
  room: said("room", {
    room,
    seq,
    from: user,
    at,
    title: Type.Optional(Type.String()),
    topic: Type.Optional(Type.String()),
    icon: Type.Optional(Type.String()),
    created: Type.Optional(Type.Boolean()),
    dissolved: Type.Optional(Type.Boolean()),
  }),
  member: said("member", {
    room,
    seq,
    user,
    change: Type.Enum(MEMBER_CHANGES),
    from: user,
    at,
    role: Type.Optional(role),
    until: Type.Optional(at),
    reason: Type.Optional(Type.String()),
  }),
} as const;

/** Events without a `seq`: they tell of the moment and are not replayed. */
export const LIVE_EVENTS = {
  welcome: said("welcome", {
    session: Type.String(),
    user: Type.Object({
      name: user,
      guest: Type.Boolean(),
      admin: Type.Optional(Type.Boolean()),
    }),
    token: Type.String(),
    server: Type.Object({ name: Type.String(), version: Type.String() }),
    heartbeat_ms: Type.Integer(),
    limits: Type.Record(Type.String(), Type.Integer()),
    rooms: Type.Array(conversation),
  }),
  joined: said("joined", {
    room,
    users: Type.Array(user),
    count: Type.Integer({ minimum: 0 }),
  }),
  left: said("left", { room, users: Type.Array(user), count: Type.Integer({ minimum: 0 }) }),
  typing: said("typing", { room, from: user }),
  read: said("read", { room, from: user, seq }),
  presence: said("presence", { user, online: Type.Boolean(), at }),
  notice: said("notice", { content: Type.String() }),
  ping: said("ping", {}),
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
export type RoomKind = Static<typeof kind>;
export type WireMessage = LogEventOf<"message">;
export type Conversation = Static<typeof conversation>;
export type MemberEntry = Static<typeof memberEntry>;
