import { getCookies, setCookie } from "@std/http/cookie";

/**
 * The session cookie: HttpOnly, so that no script can read it; SameSite=Lax, so that no other site's
 * request carries it (requests that change something check their origin besides). Behind TLS it is
 * Secure and has the `__Host-` prefix (RFC 6265bis, section 4.1.3), so that no other host and no
 * plain connection can set it.
 */

/** What a cookie depends on: how this request reached the server. */
export interface CookieScope {
  /** Whether the browser's connection is encrypted. */
  readonly secure: boolean;
  /** As the browser sees it, e.g. `localhost:8080`. */
  readonly host: string;
}

/** Cookies are shared by all ports of a host: two servers of one machine keep theirs apart. */
function cookieName({ secure, host }: CookieScope): string {
  if (secure) return "__Host-hubbub";
  const port = /:(\d{1,5})$/.exec(host)?.[1];
  return port === undefined ? "hubbub" : `hubbub-${port}`;
}

export function readTokenCookie(headers: Headers, scope: CookieScope): string | undefined {
  // An empty one is what some browsers send of a cookie that was taken away.
  return getCookies(headers)[cookieName(scope)] || undefined;
}

export function setTokenCookie(
  headers: Headers,
  scope: CookieScope,
  token: string,
  maxAgeMs: number,
): void {
  setCookie(headers, {
    name: cookieName(scope),
    value: token,
    path: "/",
    httpOnly: true,
    sameSite: "Lax",
    secure: scope.secure,
    maxAge: Math.floor(maxAgeMs / 1000),
  });
}

/** With all its rules: a browser does not let a bare one overwrite a `__Host-` cookie. */
export function clearTokenCookie(headers: Headers, scope: CookieScope): void {
  setTokenCookie(headers, scope, "", 0);
}
