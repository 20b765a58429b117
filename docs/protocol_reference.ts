import type { CommandType } from "../protocol/commands.ts";
import type { CLOSE, ErrorCode } from "../protocol/errors.ts";
import type { ReplyType } from "../protocol/events.ts";

/** What docs/protocol.md says of each command, code and close beyond what the schemas say. */

export interface CommandReference {
  readonly reply: ReplyType;
  readonly who: string;
  /** Besides those that any command can get (ANY_COMMAND_ERRORS). */
  readonly errors: readonly ErrorCode[];
}

/** What any command can be answered with. */
export const ANY_COMMAND_ERRORS: readonly ErrorCode[] = [
  "bad_json",
  "bad_command",
  "unknown_type",
  "rate_limited",
  "busy",
  "unavailable",
  "internal",
];

/** For a `room` that must exist; `no_such_user` is for `@name`. */
const ROOM: readonly ErrorCode[] = ["bad_name", "no_such_room", "no_such_user"];
const READ: readonly ErrorCode[] = [...ROOM, "banned", "not_member"];
const MODERATE: readonly ErrorCode[] = [...READ, "forbidden"];
const MODERATORS = "The owner and moderators";
/** Of whom `user.admin` says so in `welcome`. */
const OR_ADMINISTRATORS = "in public rooms administrators, too";
const LOWER_RANK = `${MODERATORS}, those of lower rank; ${OR_ADMINISTRATORS}`;
const READERS = "Public rooms: everyone who is not banned. Groups and direct: members";
const WRITERS =
  "Public rooms: whoever has joined on this connection. Groups and direct: members, joined or not. " +
  "Not while muted";

export const COMMAND_REFERENCE: Readonly<Record<CommandType, CommandReference>> = {
  join: {
    reply: "joined",
    who: READERS,
    errors: [...READ, "forbidden", "conflict"],
  },
  leave: {
    reply: "left",
    who:
      "Whoever is in a public room, its owner too, who stays the owner, or belongs to a group, whose owner hands it over first",
    errors: [...READ, "forbidden", "conflict"],
  },
  message: {
    reply: "sent",
    who: WRITERS,
    errors: [
      ...READ,
      "forbidden",
      "muted",
      "blocked",
      "stranger_limit",
      "too_large",
      "no_such_message",
      "conflict",
    ],
  },
  edit: {
    reply: "ok",
    who: "The message's author, not while muted",
    errors: [...READ, "forbidden", "muted", "blocked", "too_large", "no_such_message"],
  },
  delete: {
    reply: "ok",
    who:
      `The message's author, and in public rooms and groups the owner and moderators; ${OR_ADMINISTRATORS}`,
    errors: [...READ, "forbidden", "no_such_message"],
  },
  react: {
    reply: "ok",
    who: "Whoever may write there",
    errors: [...READ, "muted", "blocked", "no_such_message", "conflict"],
  },
  typing: { reply: "ok", who: WRITERS, errors: [...READ, "muted", "blocked"] },
  read: {
    reply: "ok",
    who: "Public rooms: whoever has joined on this connection. Groups and direct: members",
    errors: READ,
  },
  unread: { reply: "unread", who: "Everyone", errors: [] },
  history: { reply: "history", who: READERS, errors: READ },
  search: {
    reply: "results",
    who: "Everyone, in public rooms and in their own conversations",
    errors: READ,
  },
  rooms: { reply: "rooms", who: "Everyone", errors: [] },
  members: { reply: "members", who: READERS, errors: READ },
  create: {
    reply: "created",
    who: "Everyone; who makes a room owns it",
    errors: ["bad_name", "no_such_user", "blocked", "conflict"],
  },
  set: { reply: "ok", who: `${MODERATORS}; ${OR_ADMINISTRATORS}`, errors: MODERATE },
  invite: {
    reply: "ok",
    who: `${MODERATORS} of a group`,
    errors: [...MODERATE, "blocked", "conflict"],
  },
  kick: { reply: "ok", who: LOWER_RANK, errors: MODERATE },
  ban: { reply: "ok", who: LOWER_RANK, errors: MODERATE },
  unban: { reply: "ok", who: `${MODERATORS}; ${OR_ADMINISTRATORS}`, errors: MODERATE },
  mute: { reply: "ok", who: LOWER_RANK, errors: MODERATE },
  role: {
    reply: "ok",
    who: `The owner, members; ${OR_ADMINISTRATORS}`,
    errors: [...MODERATE, "blocked", "conflict"],
  },
  dissolve: { reply: "ok", who: `The owner; ${OR_ADMINISTRATORS}`, errors: MODERATE },
  block: { reply: "ok", who: "Everyone", errors: ["no_such_user", "forbidden"] },
  unblock: { reply: "ok", who: "Everyone", errors: ["no_such_user", "forbidden"] },
  ping: { reply: "pong", who: "Everyone", errors: [] },
  pong: { reply: "ok", who: "Everyone", errors: [] },
};

export const ERROR_REFERENCE: Readonly<Record<ErrorCode, string>> = {
  bad_json: "The line is no JSON object, or nests too deep or holds too many values",
  bad_command: "A field is missing or wrong; the message says which, what was expected, what came",
  unknown_type: "No command has this `type`",
  too_large: "`content` is longer than `limits.message_bytes`",
  unauthorized: "The token, cookie or ticket is not valid any more, or guests are not let in",
  forbidden: "Your role does not allow it, or it cannot be done in a room of this kind",
  banned: "You are banned from this room",
  muted: "You may not write in this room now",
  blocked: "The other takes no direct messages from you, and no invitations",
  name_taken: "Somebody else has this name",
  bad_name: "This cannot be the name of a user or a room",
  no_such_room: "There is no such room, or no such conversation yet",
  no_such_user: "Nobody is called this",
  no_such_message: "The room has no message with this `seq`, or it was deleted",
  not_member: "You, or the user you named, are not in this room",
  conflict: "It contradicts how things are: a name is in use, a user is a member already",
  rate_limited: "Too fast; try again after `retry_ms`",
  stranger_limit: "Enough was said to somebody who has not answered",
  busy: "Too much is waiting; try again after `retry_ms`",
  unavailable:
    "The store does not answer or the server stops; it may have been done all the same: try again",
  internal: "A fault in the server; it is logged there",
};

/** Meaning, and what a client does then. */
export const CLOSE_REFERENCE: Readonly<Record<keyof typeof CLOSE, readonly [string, string]>> = {
  normal: ["An ordinary end", "nothing"],
  goingAway: ["The server goes away, or starts again", "come back at once"],
  protocolError: ["A frame broke RFC 6455", "mend the client"],
  unsupportedData: ["A binary frame came", "send text"],
  invalidPayload: ["A text frame was not UTF-8", "mend the client"],
  policyViolation: ["Flooding, or not allowed to connect", "come back later and slower"],
  tooBig: ["A frame was longer than `limits.frame_bytes`", "say less at a time"],
  internalError: ["A fault in the server", "come back with `since`"],
  tooSlow: ["The connection took too little for too long", "come back with `since`"],
  unauthorized: ["Not, or no longer, authorized", "log in again"],
  nameTaken: ["Somebody else has the name", "choose another name"],
  heartbeatTimeout: ["Nothing was heard for a minute", "come back with `since`"],
};
