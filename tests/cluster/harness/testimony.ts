import type { LogEvent, WireMessage } from "../../../protocol/events.ts";

/** What participants say in the end about what they were told; the verdict is made from it. */

/** A conversation under one name for everybody: `r1`, or `@ann @bob` for what ann calls `@bob`. */
export type RoomKey = string;

/** A message whose sender was told `sent`. */
export interface Noted {
  readonly room: RoomKey;
  readonly key: string;
  readonly content: string;
  readonly seq: number;
  /** The highest seq of the room that its sender knew of when it said it first. */
  readonly after: number;
  /** Which of its sender's connections it was said on first, and as the how manieth message. */
  readonly connection: number;
  readonly turn: number;
  /** How often it was said. */
  readonly tries: number;
}

/** An edit or a deletion whose author was told `ok`. */
export interface Changed {
  readonly room: RoomKey;
  readonly seq: number;
  readonly type: "edited" | "deleted";
  readonly target: number;
}

export interface Testimony {
  readonly name: string;
  /** Every event of a room's log in the order it came, over all connections. */
  readonly heard: ReadonlyMap<RoomKey, readonly LogEvent[]>;
  /** Where the server said that a resumption begins later than was asked for. */
  readonly jumps: ReadonlyMap<RoomKey, ReadonlySet<number>>;
  /** Rooms of which everything has to have come by the end. */
  readonly present: ReadonlySet<RoomKey>;
  readonly noted: readonly Noted[];
  readonly changed: readonly Changed[];
  /** What broke a promise in the moment it was seen. */
  readonly complaints: readonly string[];
}

/** A room's messages as one node's history shows them in the end. */
export interface History {
  readonly source: string;
  readonly room: RoomKey;
  readonly messages: readonly WireMessage[];
}

export function directRoom(one: string, other: string): RoomKey {
  return [one, other].sort().map((name) => `@${name}`).join(" ");
}

/** How the participant calls the room. */
export function spokenName(room: RoomKey, me: string): string {
  return room.startsWith("@") ? room.split(" ").find((name) => name !== `@${me}`) ?? room : room;
}

/** The room that the participant calls so. */
export function roomKey(spoken: string, me: string): RoomKey {
  return spoken.startsWith("@") ? directRoom(me, spoken.slice(1)) : spoken;
}
