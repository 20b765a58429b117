import { isHost } from "./handshake.ts";
import type { IncomingMessage } from "node:http";

/**
 * The web Request of an HTTP/1.1 upgrade. Undefined when there is none: another method than GET, a
 * target or Host that make no URL, or a URL that points elsewhere than Host says.
 */
export function upgradeRequest(incoming: IncomingMessage): Request | undefined {
  const { url: target = "/", method, headers: { host } } = incoming;
  if (method !== "GET" || !target.startsWith("/") || !isHost(host)) return undefined;
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? "", incoming.rawHeaders[i + 1] ?? "");
  }
  return new Request(`http://${host}${target}`, { method, headers });
}
