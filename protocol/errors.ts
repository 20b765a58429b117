/** Every named refusal of the wire (docs/protocol.md, "Errors"). A code never changes its meaning. */
export const ERROR_CODES = [
  "bad_json",
  "bad_command",
  "unknown_type",
  "too_large",
  "unauthorized",
  "forbidden",
  "banned",
  "muted",
  "blocked",
  "name_taken",
  "bad_name",
  "no_such_room",
  "no_such_user",
  "no_such_message",
  "not_member",
  "conflict",
  "rate_limited",
  "stranger_limit",
  "busy",
  "unavailable",
  "internal",
] as const;

export type ErrorCode = typeof ERROR_CODES[number];

/** Close codes the server uses: RFC 6455 section 7.4.1 and, from 4000, Hubbub's own. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidPayload: 1007,
  policyViolation: 1008,
  tooBig: 1009,
  internalError: 1011,
  tooSlow: 1013,
  unauthorized: 4001,
  nameTaken: 4003,
  heartbeatTimeout: 4008,
} as const;

/** A refusal that a client is told: `code` for programs, `message` for people. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: ErrorCode,
    message: string,
    /** When it makes sense to try again, in milliseconds from now. */
    readonly retryMs?: number,
  ) {
    super(message);
  }
}
