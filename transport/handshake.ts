import { refusal } from "./refusal.ts";

/** The path both transports upgrade; everything else goes to `TransportOptions.fetch`. */
export const WEBSOCKET_PATH = "/ws";

const VERSION = "13";
/** Sixteen bytes in base64 (RFC 6455 section 4.1). */
const KEY = /^[+/0-9A-Za-z]{22}==$/;

const NOT_FETCHED: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);

/** What ends the host in a URL, or comes before it. */
const NOT_IN_HOST = /[\s/\\?#@]/;

/** True when the request is for the WebSocket endpoint, whatever its method and headers. */
export function isWebSocketPath(request: Request): boolean {
  return new URL(request.url).pathname === WEBSOCKET_PATH;
}

/**
 * Undefined when the Host header names a host and nothing else, else a 400. Without this check a
 * path smuggled into Host would be taken for the request's own.
 */
export function refuseHost(request: Request): Response | undefined {
  if (isHost(request.headers.get("host"))) return undefined;
  // Its body is not read, so that the connection ends.
  return refusal(400, "expected a Host", { connection: "close" });
}

/**
 * Undefined when there can be a web Request of this method, else a 405: the Fetch standard has no
 * CONNECT, TRACE and TRACK, and takes `get` for GET, which it is not (RFC 9110 section 9.1).
 */
export function refuseMethod(request: Request): Response | undefined {
  const { method } = request;
  if (method === method.toUpperCase() && !NOT_FETCHED.has(method)) return undefined;
  const allow = isWebSocketPath(request) ? "GET" : "GET, HEAD, POST, DELETE";
  return refusal(405, `expected ${allow}, got ${method}`, { allow });
}

/** True for `name`, `address` or either with a port. */
export function isHost(host: string | null | undefined): host is string {
  if (host === null || host === undefined) return false;
  return !NOT_IN_HOST.test(host) && URL.canParse(`http://${host}`);
}

/**
 * Checks a client's opening handshake (RFC 6455 section 4.2.1).
 * Undefined when it is right, else the response that refuses it: 405, 426 or 400.
 */
export function refuseHandshake(request: Request): Response | undefined {
  const header = (name: string) => request.headers.get(name);
  if (request.method !== "GET") {
    return refusal(405, `expected GET, got ${request.method}`, { allow: "GET" });
  }
  if (
    header("upgrade")?.toLowerCase() !== "websocket" || !hasToken(header("connection"), "upgrade")
  ) {
    return refusal(426, "expected a WebSocket handshake (Upgrade: websocket)", {
      upgrade: "websocket",
      connection: "upgrade",
    });
  }
  if (header("sec-websocket-version") !== VERSION) {
    return refusal(426, `expected Sec-WebSocket-Version: ${VERSION}`, {
      "sec-websocket-version": VERSION,
      upgrade: "websocket",
      connection: "upgrade",
    });
  }
  if (!KEY.test(header("sec-websocket-key") ?? "")) {
    return refusal(400, "expected Sec-WebSocket-Key: 16 bytes in base64");
  }
  return undefined;
}

/** The subprotocols a client offers, in its order of preference. */
export function offeredSubprotocols(request: Request): string[] {
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  return offered.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

function hasToken(list: string | null, token: string): boolean {
  return (list ?? "").split(",").some((item) => item.trim().toLowerCase() === token);
}
