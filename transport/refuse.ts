import { type IncomingMessage, ServerResponse } from "node:http";
import { refusal } from "./refusal.ts";
import { respond } from "./respond.ts";

/** What a client that came when the server was full is told to wait. */
const RETRY_AFTER_SECONDS = 5;

/**
 * Answers an upgrade with a plain HTTP response and ends the connection. What the peer still sends
 * is read and dropped for `lingerMs` at most: closing at once would reset the connection under the answer.
 */
export async function refuseUpgrade(
  incoming: IncomingMessage,
  response: Response,
  lingerMs: number,
): Promise<void> {
  const tcp = incoming.socket;
  if (!tcp.writable) return void tcp.destroy();
  const linger = setTimeout(() => tcp.destroy(), lingerMs);
  tcp.once("close", () => clearTimeout(linger));
  tcp.resume();
  const outgoing = new ServerResponse(incoming);
  outgoing.shouldKeepAlive = false;
  outgoing.assignSocket(tcp);
  outgoing.once("finish", () => tcp.end());
  await respond(outgoing, response);
}

/** Refuses an upgrade that may succeed later. */
export function unavailable(message: string): Response {
  const headers = { "retry-after": String(RETRY_AFTER_SECONDS), "connection": "close" };
  return refusal(503, message, headers);
}

/** What a client may know of a fault of ours. */
export function serverError(): Response {
  return refusal(500, "internal error");
}
