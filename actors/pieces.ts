import type { Frame } from "../transport/socket.ts";

/**
 * A longer frame is sent in pieces. Each has the write timeout to itself, so a slow line that takes
 * little at a time gets all of it, and what it has taken is whole and need not be sent again.
 */
export const PIECE_MAX_CHARS = 128 * 1024;

/** Shared as their frames are, so that each piece is encoded once for all. */
const cut = new WeakMap<Frame, readonly Frame[]>();

/** The frame as several, cut at ends of lines; a line that is longer by itself stays whole. */
export function piecesOf(frame: Frame): readonly Frame[] {
  if (frame.text.length <= PIECE_MAX_CHARS) return [frame];
  let pieces = cut.get(frame);
  if (!pieces) cut.set(frame, pieces = [...cutAtLines(frame.text)].map((text) => ({ text })));
  return pieces;
}

function* cutAtLines(text: string): Iterable<string> {
  let start = 0;
  while (text.length - start > PIECE_MAX_CHARS) {
    let end = text.lastIndexOf("\n", start + PIECE_MAX_CHARS);
    if (end <= start) end = text.indexOf("\n", start + PIECE_MAX_CHARS);
    if (end < 0) break;
    yield text.slice(start, end);
    start = end + 1;
  }
  yield text.slice(start);
}
