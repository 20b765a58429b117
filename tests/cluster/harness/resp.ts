/** Cuts what a Redis server says into whole values (RESP2 and RESP3), bytes as they came. */
export class RespValues {
  #rest = new Uint8Array();

  /** The values that are whole now. */
  push(bytes: Uint8Array): Uint8Array[] {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const values: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const end = endOfValue(all, start);
      if (end === undefined) break;
      values.push(all.subarray(start, end));
      start = end;
    }
    this.#rest = all.slice(start);
    return values;
  }
}

const PUBLISHED = /^[*>]3\r\n\$\d+\r\ns?message\r\n/;

/** Whether the value is a message that was published to a channel, pushed to a subscriber. */
export function isPublished(value: Uint8Array): boolean {
  return PUBLISHED.test(new TextDecoder("latin1").decode(value.subarray(0, 32)));
}

const LF = 10;

/** Where the value that begins at `start` ends; undefined when it is not whole yet. */
function endOfValue(bytes: Uint8Array, start: number): number | undefined {
  const lineEnd = bytes.indexOf(LF, start) + 1;
  if (lineEnd === 0) return undefined;
  const kind = String.fromCharCode(bytes[start] ?? 0);
  const count = Number(new TextDecoder().decode(bytes.subarray(start + 1, lineEnd - 2)));
  switch (kind) {
    case "$":
    case "=":
    case "!": {
      const end = count < 0 ? lineEnd : lineEnd + count + 2;
      return end <= bytes.length ? end : undefined;
    }
    case "*":
    case "~":
    case ">":
      return endOfValues(bytes, lineEnd, count);
    case "%":
      return endOfValues(bytes, lineEnd, 2 * count);
    // Attributes stand before the value that they belong to.
    case "|":
      return endOfValues(bytes, lineEnd, 2 * count + 1);
    default:
      return lineEnd;
  }
}

function endOfValues(bytes: Uint8Array, start: number, count: number): number | undefined {
  let end: number | undefined = start;
  for (let each = 0; each < count && end !== undefined; each++) end = endOfValue(bytes, end);
  return end;
}
