import { Buffer } from "node:buffer";
import { refusal } from "./refusal.ts";

/** Longest a client may take to send a request's body. */
export const BODY_TIMEOUT_MS = 10_000;

/** The smallest bound on a request body, however small messages are. */
export const MIN_BODY_LIMIT_BYTES = 64 * 1024;

/** The bound on a request body that goes with a bound on WebSocket frames. */
export function bodyLimitBytes(maxFrameBytes: number): number {
  return Math.max(MIN_BODY_LIMIT_BYTES, maxFrameBytes);
}

/**
 * Reads the whole body before anyone looks at it, so that `request.json()` behind it can neither
 * allocate by a false Content-Length nor wait for ever. Answers the request with its body in
 * memory, or the response that refuses it: 413 too long, 408 too slow, 400 broken off.
 */
export async function readBody(
  request: Request,
  limitBytes: number,
  timeoutMs: number = BODY_TIMEOUT_MS,
): Promise<Request | Response> {
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes) return tooLong(limitBytes);
  if (request.body === null) return request;
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, timeoutMs);
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      lengthBytes += value.byteLength;
      if (lengthBytes > limitBytes) {
        reader.cancel().catch(() => {});
        return tooLong(limitBytes);
      }
      chunks.push(value);
    }
  } catch {
    // The connection broke while the body was coming; nobody is likely to read the answer.
    return refuseBody(400, "the body ended before it was whole");
  } finally {
    clearTimeout(timer);
  }
  if (late) return refuseBody(408, `expected the whole body within ${timeoutMs} ms`);
  return new Request(request.url, {
    method: request.method,
    headers: new Headers(request.headers),
    // One piece: as parts of a Blob, ten thousand chunks would hold everybody up for 100 ms.
    body: Buffer.concat(chunks, lengthBytes),
  });
}

function tooLong(limitBytes: number): Response {
  return refuseBody(413, `expected a body of at most ${limitBytes} bytes`);
}

/** What is left of the body is not worth reading, so the connection ends with the answer. */
function refuseBody(status: number, detail: string): Response {
  return refusal(status, detail, { connection: "close" });
}
