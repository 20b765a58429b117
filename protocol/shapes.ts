import Type, { type Static } from "typebox";
import { ROLES } from "./commands.ts";

/** What the server's replies and events are made of. Plain schemas; events.ts puts them together. */

export const re = Type.Optional(
  Type.Union([Type.String(), Type.Integer()], {
    description: "The `id` of the command that this answers",
  }),
);
export const room = Type.String({ description: "The room's name, as it is for who reads this" });
export const user = Type.String({ description: "A user's name" });
export const from = Type.String({ description: "Who did it" });
export const seq = Type.Integer({ minimum: 0, description: "Its place in the room's log" });
export const at = Type.Integer({
  minimum: 0,
  description: "Milliseconds since 1970 UTC, by the server's clock",
});
export const kind = Type.Enum(["public", "group", "direct"]);
export const role = Type.Enum(ROLES);

export const natural = (description: string) => Type.Integer({ minimum: 0, description });
export const maybe = <T extends Type.TSchema>(schema: T) => Type.Optional(schema);
export const text = (description: string) => Type.String({ description });
export const flag = (description: string) => Type.Boolean({ description });

export const last = natural("The last `seq` of the room's log");
export const read = natural("My read mark in it");
export const target = natural("The `seq` of the message it is about");
export const count = natural("Public room: users there now. Group: its members. Direct: 2");
export const unread = natural("Messages after my read mark that others wrote and nobody deleted");
export const more = flag("Whether there is another page");

/** A room's card: absent parts were never set. */
export const card = {
  title: maybe(text("Shown instead of the name")),
  topic: maybe(text("What the room is for")),
  icon: maybe(text("An emoji or an address of a picture")),
};

export const memberEntry = Type.Object({
  name: user,
  role,
  online: flag("Has a session, or had one within the last 5 s"),
});

const messageFields = {
  room,
  seq,
  from,
  content: text("Empty when deleted"),
  at,
  key: maybe(text("The sender's own name for it")),
  reply: maybe(natural("The `seq` of the message that this one answers")),
  edited: maybe(natural("When it was last edited, as `at`; `content` is the new one")),
  deleted: maybe(natural("When it was deleted, as `at`")),
  reactions: maybe(
    Type.Record(Type.String(), Type.Array(user), {
      description: "Names of those who reacted, by emoji",
    }),
  ),
};

/** A message as history, search and the live stream show it: its present state. */
export const message = Type.Object({ type: Type.Literal("message"), ...messageFields }, {
  description: "Somebody said something; the sender's own sessions get it too",
});
export const found = Type.Object({
  type: Type.Literal("message"),
  id: Type.Integer({ description: "Give the last one as `before` for the next page" }),
  ...messageFields,
});

/** What `welcome` lists of each lasting conversation. */
export const conversation = Type.Object({
  room,
  kind,
  seq: last,
  read,
  unread,
  title: card.title,
  icon: card.icon,
});

/** What `unread` lists of each conversation with something unread. */
export const unreadConversation = Type.Object({
  room,
  unread,
  read,
  seq: last,
  last: maybe(Type.Object(message.properties, { description: "Its last message" })),
});

/** What `rooms` lists of each. */
export const listedRoom = Type.Object({ room, kind, count, ...card });

export type RoomKind = Static<typeof kind>;
export type Conversation = Static<typeof conversation>;
export type MemberEntry = Static<typeof memberEntry>;
