import { Refusal } from "../protocol/errors.ts";
import { type CookieScope, readTokenCookie } from "./cookies.ts";

/** What a request shows for who it is from; `none` is a guest to be. */
export type Credential =
  | { readonly via: "ticket" | "bearer" | "subprotocol" | "cookie"; readonly value: string }
  | { readonly via: "none" };

export type Via = Credential["via"];

const SUBPROTOCOL_PREFIX = "bearer.";

/** What clients of other servers call a token in a URL; RFC 6750 section 2.3 has the second. */
const URL_TOKENS = ["token", "access_token"];

/**
 * The first of: `?ticket=`, `Authorization: Bearer`, a subprotocol entry `bearer.<token>`, the
 * cookie. What was given on purpose comes before what a browser adds by itself. Throws
 * `unauthorized` for another authorization scheme, and for a token in the URL: to let its client in
 * as a guest would leave it there, for every log and history on the way to keep.
 */
export function readCredential(request: Request, scope: CookieScope): Credential {
  const query = new URL(request.url).searchParams;
  const urlToken = URL_TOKENS.find((name) => query.has(name));
  if (urlToken !== undefined) {
    throw new Refusal(
      "unauthorized",
      `?${urlToken}=: no token is taken from a URL; show it as bearer.TOKEN in the subprotocol or ` +
        "the Authorization header, or ask for a ticket",
    );
  }
  const ticket = query.get("ticket");
  if (ticket !== null) return { via: "ticket", value: ticket };

  const authorization = request.headers.get("authorization");
  if (authorization !== null) {
    const token = /^bearer +(\S+)$/i.exec(authorization.trim())?.[1];
    if (token === undefined) {
      throw new Refusal("unauthorized", "Authorization: expected Bearer and a token");
    }
    return { via: "bearer", value: token };
  }

  for (const entry of request.headers.get("sec-websocket-protocol")?.split(",") ?? []) {
    const protocol = entry.trim();
    if (protocol.startsWith(SUBPROTOCOL_PREFIX)) {
      return { via: "subprotocol", value: protocol.slice(SUBPROTOCOL_PREFIX.length) };
    }
  }

  const cookie = readTokenCookie(request.headers, scope);
  return cookie === undefined ? { via: "none" } : { via: "cookie", value: cookie };
}
