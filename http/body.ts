import { HttpRefusal } from "./problem.ts";

/** How long a client may take to send a body. */
export const BODY_TIMEOUT_MS = 10_000;

/**
 * The JSON value of a request's body, bounded before anything of it is held: by its announced length,
 * by what comes, and by time. Throws `too_large`, `bad_json`, and `bad_command` for a body that is
 * not declared as JSON (415) or does not come (408).
 */
export async function readJson(
  request: Request,
  maxBytes: number,
  timeoutMs = BODY_TIMEOUT_MS,
): Promise<unknown> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new HttpRefusal(415, "bad_command", "Content-Type: expected application/json");
  }
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await readBounded(request.body, maxBytes, timeoutMs);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new HttpRefusal(400, "bad_json", "expected a body of JSON in UTF-8");
  }
}

async function readBounded(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
  timeoutMs: number,
): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader = body.getReader();
  let late = false;
  // Cancelling ends the read that waits.
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, timeoutMs);
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (late) {
        throw new HttpRefusal(408, "bad_command", `the body did not come in ${timeoutMs} ms`);
      }
      if (done) return concatenate(chunks, length);
      length += value.length;
      if (length > maxBytes) {
        reader.cancel().catch(() => {});
        throw tooLarge(maxBytes);
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
  }
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(maxBytes: number): HttpRefusal {
  return new HttpRefusal(413, "too_large", `expected a body of at most ${maxBytes} bytes`);
}
