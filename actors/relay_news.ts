import Type, { type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { ROLES } from "../protocol/commands.ts";
import { MEMBER_CHANGES } from "../protocol/events.ts";

/**
 * Everything that nodes tell each other, as JSON. Nodes of two versions talk to each other while
 * they are rolled: fields may be added, and what a node does not know it drops.
 */

/** A node for as long as its process lives: 16 random characters [0-9a-z]. */
export type NodeId = string;

const NODE_ID = /^[0-9a-z]{16}$/;

const text = Type.String();
const userId = Type.String({ minLength: 1, maxLength: 64 });
const seq = Type.Integer({ minimum: 1 });
const natural = Type.Integer({ minimum: 0 });
const user = Type.Object({ id: userId, name: text, guest: Type.Boolean() });

const ROW = { room: seq, seq, at: natural, from: text };
const LOG_ROW = Type.Union([
  Type.Object({
    ...ROW,
    type: Type.Literal("message"),
    content: text,
    fromId: userId,
    key: Type.Optional(text),
    reply: Type.Optional(seq),
    editedAt: Type.Optional(natural),
    deletedAt: Type.Optional(natural),
    reactions: Type.Optional(Type.Record(text, Type.Array(text))),
  }),
  Type.Object({ ...ROW, type: Type.Literal("edited"), target: seq, content: text }),
  Type.Object({ ...ROW, type: Type.Literal("deleted"), target: seq }),
  Type.Object({
    ...ROW,
    type: Type.Literal("reacted"),
    target: seq,
    emoji: text,
    on: Type.Boolean(),
  }),
  Type.Object({
    ...ROW,
    type: Type.Literal("room"),
    title: Type.Optional(text),
    topic: Type.Optional(text),
    icon: Type.Optional(text),
    created: Type.Optional(Type.Boolean()),
    dissolved: Type.Optional(Type.Boolean()),
  }),
  Type.Object({
    ...ROW,
    type: Type.Literal("member"),
    user: text,
    userId,
    change: Type.Enum(MEMBER_CHANGES),
    role: Type.Optional(Type.Enum(ROLES)),
    untilMs: Type.Optional(natural),
    reason: Type.Optional(text),
  }),
]);

/** What a node says of a map of its own (own_map.ts). */
function mapNews<V extends TSchema>(value: V) {
  const version = { life: seq, version: natural };
  return Type.Union([
    Type.Object({
      kind: Type.Literal("piece"),
      ...version,
      after: natural,
      set: Type.Array(Type.Tuple([text, value])),
      gone: Type.Array(text),
      more: Type.Optional(Type.Literal(true)),
      late: Type.Optional(Type.Literal(true)),
    }),
    Type.Object({ kind: Type.Literal("now"), ...version }),
    Type.Object({
      kind: Type.Literal("ask"),
      of: Type.Optional(text),
      life: natural,
      after: natural,
    }),
  ]);
}

/** Somebody in a public room, by user id. */
const someone = Type.Object({ name: text, role: Type.Optional(Type.Enum(ROLES)) });
/** Somebody who is online, by user id. */
const present = Type.Object({ name: text, guest: Type.Boolean() });

/** What the hubs of one room tell each other. */
const ROOM_NEWS = {
  /** Committed events; a hub delivers them by `seq`, however they come. */
  rows: Type.Object({ type: Type.Literal("rows"), rows: Type.Array(LOG_ROW, { minItems: 1 }) }),
  /** How far somebody has read. `unseen`: for their own devices alone. */
  marked: Type.Object({
    type: Type.Literal("marked"),
    user,
    seq: natural,
    unseen: Type.Optional(Type.Literal(true)),
  }),
  /** Who is in this public room on the node. */
  people: Type.Object({ type: Type.Literal("people"), map: mapNews(someone) }),
  typing: Type.Object({ type: Type.Literal("typing"), user }),
};

/** What the switchboards tell each other. */
const NODE_NEWS = {
  /**
   * Something was written in this group or direct conversation. Sessions of its members are sent it
   * without having joined, so a node with any of them starts the room's hub. `users`: to whom it
   * may be news that they belong to it. `after`: the seq before what was written.
   */
  involved: Type.Object({
    type: Type.Literal("involved"),
    room: seq,
    users: Type.Array(userId),
    after: natural,
  }),
  /** Who is online on the node. */
  online: Type.Object({ type: Type.Literal("online"), map: mapNews(present) }),
  /** How many are in the public rooms that are active on the node, by the rooms' numbers. */
  rooms: Type.Object({ type: Type.Literal("rooms"), map: mapNews(natural) }),
  /** To be said to everybody. */
  notice: Type.Object({ type: Type.Literal("notice"), content: text }),
  /** Connections of a user are to be closed: all, those of one session, or all but one's. */
  end: Type.Object({
    type: Type.Literal("end"),
    user: userId,
    session: Type.Optional(text),
    except: Type.Optional(text),
    code: natural,
    reason: text,
  }),
  /** What was spent of allowances that nodes share (spending.ts). */
  spent: Type.Object({
    type: Type.Literal("spent"),
    purse: text,
    spent: Type.Array(Type.Tuple([text, Type.Integer()])),
  }),
};

/** What relays tell each other of themselves, to every node or to one. */
const FRAMES = {
  /** A sign of life. `told`: how many `news` this node has told everybody so far. */
  here: Type.Object({ type: Type.Literal("here"), told: natural }),
  /** The node ends now. */
  bye: Type.Object({ type: Type.Literal("bye") }),
  news: Type.Object({
    type: Type.Literal("news"),
    news: Type.Union(Object.values(NODE_NEWS) as [typeof NODE_NEWS[keyof typeof NODE_NEWS]]),
  }),
};

type Frozen<T> = { readonly [K in keyof T]: Frozen<T[K]> };
type NewsOf<S extends Record<string, TSchema>> = { [K in keyof S]: Frozen<Static<S[K]>> }[keyof S];
export type Someone = Frozen<Static<typeof someone>>;
export type Present = Frozen<Static<typeof present>>;
export type RoomNews = NewsOf<typeof ROOM_NEWS>;
export type NodeNews = NewsOf<typeof NODE_NEWS>;
export type Frame = NewsOf<typeof FRAMES>;

/** `from` goes before the JSON, so that a node can drop its own words unread. */
export function encodeNews(from: NodeId, news: RoomNews | Frame): string {
  return `${from} ${JSON.stringify(news)}`;
}

/** Who said it; undefined when it is none of ours. */
export function senderOf(text: string): NodeId | undefined {
  const from = text.slice(0, 16);
  return NODE_ID.test(from) && text[16] === " " ? from : undefined;
}

/** The news behind the sender. Throws `Malformed`. */
export const decodeRoomNews: (text: string) => RoomNews = decoderOf(ROOM_NEWS);
export const decodeFrame: (text: string) => Frame = decoderOf(FRAMES);

export class Malformed extends Error {
  override readonly name = "Malformed";
}

function decoderOf<S extends Record<string, TSchema>>(schemas: S): (text: string) => NewsOf<S> {
  // A Map, not an object: `__proto__` is news that nobody knows.
  const known = new Map<unknown, ReturnType<typeof Compile>>(
    Object.entries(schemas).map(([type, schema]) => [type, Compile(schema)]),
  );
  return (text) => {
    const news = parsed(text.slice(17));
    const schema = known.get((news as { type?: unknown } | null)?.type);
    if (!schema?.Check(news)) throw new Malformed("what another node said cannot be read");
    return news as NewsOf<S>;
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new Malformed("what another node said is not JSON");
  }
}
