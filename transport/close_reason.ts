/** Longest close reason in bytes of UTF-8: a control frame's 125 less the code (RFC 6455, 5.5). */
const CLOSE_REASON_MAX_BYTES = 123;

/** The longest beginning of the reason that fits into a close frame, cut between characters. */
export function closeReason(reason: string): string {
  const bytes = new Uint8Array(CLOSE_REASON_MAX_BYTES);
  const { read } = new TextEncoder().encodeInto(reason, bytes);
  return reason.slice(0, read);
}
