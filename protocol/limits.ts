/**
 * Every bound of the wire, named once. Those an operator may set are fields of `Limits`, announced
 * in `welcome`; the constants are part of the protocol and the same on every server.
 */
export interface Limits {
  /** Longest `content`, in bytes of UTF-8. */
  readonly messageBytes: number;
  /** Events that `join` replays to a client that gave neither `since` nor `history`. */
  readonly joinHistory: number;
  /** Commands per second a connection may send on average; 0 turns the limit off. */
  readonly ratePerSecond: number;
}

export const DEFAULT_LIMITS: Limits = { messageBytes: 4096, joinHistory: 50, ratePerSecond: 30 };

/** A burst may be this many times `ratePerSecond`. */
export const RATE_BURST_FACTOR = 2;

export const ID_MAX_CHARS = 64;
export const KEY_MAX_CHARS = 64;
export const ROOM_NAME_MAX_CHARS = 64;
export const USER_NAME_MAX_CHARS = 32;
/** RFC 8265, section 4.2: characters, not bytes; the upper bound only keeps the work bounded. */
export const PASSWORD_MIN_CHARS = 8;
export const PASSWORD_MAX_CHARS = 256;
export const TITLE_MAX_CHARS = 100;
export const TOPIC_MAX_CHARS = 500;
export const ICON_MAX_CHARS = 200;
export const EMOJI_MAX_CHARS = 32;
export const REASON_MAX_CHARS = 200;
export const QUERY_MAX_CHARS = 200;
export const INVITE_MAX_USERS = 100;
export const MUTE_MAX_SECONDS = 366 * 24 * 3600;

/** Most messages `join` sends without `since`, and most that one `history` or `search` returns. */
export const PAGE_MAX = 200;
export const PAGE_DEFAULT = 10;
/** Most events `join` replays after `since`; with more missed, `first` says where they begin. */
export const RESUME_MAX = 1000;
/** Names listed in `joined.members` and in one gathered `joined`/`left`; `count` is always exact. */
export const NAMES_LISTED_MAX = 100;

/** A frame may be this much longer than `messageBytes`: JSON escapes and the other fields. */
export const FRAME_OVERHEAD_BYTES = 4096;
/** The worst case of JSON: one byte of content written as a six-byte escape. */
export const JSON_ESCAPE_FACTOR = 6;
/** Deepest nesting of a JSON command; no command needs more than three. */
export const JSON_DEPTH_MAX = 16;
/** Most values in one JSON command; no command needs more than INVITE_MAX_USERS and a few. */
export const JSON_VALUES_MAX = 1000;
/** Most commands in one JSON frame; what comes after them gets one `bad_command` and no more. */
export const FRAME_COMMANDS_MAX = 100;

/** Longest frame a client may send, in bytes. */
export function maxFrameBytes(limits: Limits): number {
  return limits.messageBytes * JSON_ESCAPE_FACTOR + FRAME_OVERHEAD_BYTES;
}
