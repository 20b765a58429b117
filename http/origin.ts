import { Refusal } from "../protocol/errors.ts";

/**
 * Where a request came from, as browsers say it: the answer to pages of other sites that speak to
 * this server with its users' cookies.
 */

/** The server as the browser sees it. */
export interface OwnOrigin {
  /** As in the browser's address bar, with the port unless it is the scheme's own. */
  readonly host: string;
  /** Undefined: nobody who knows said so; a proxy may have ended TLS without being trusted. */
  readonly scheme: "http" | "https" | undefined;
}

/**
 * From the Host header and, only with `proxyTrusted`, from what the proxy wrote about the request
 * it got: the last value, which is the nearest proxy's own.
 */
export function ownOrigin(headers: Headers, proxyTrusted: boolean): OwnOrigin {
  const forwarded = (name: string) =>
    proxyTrusted ? headers.get(name)?.split(",").at(-1)?.trim() : undefined;
  const host = forwarded("x-forwarded-host") || headers.get("host") || "";
  const scheme = forwarded("x-forwarded-proto")?.toLowerCase();
  return {
    host: host.toLowerCase(),
    scheme: scheme === "http" || scheme === "https" ? scheme : undefined,
  };
}

/**
 * Whether a request with this Origin header (RFC 6454, section 7) may act for the user it carries:
 * none is no browser's; the server's own and the listed ones are let in; all else is refused, `null`
 * (sandboxed frames, files) among it. Compared whole: `https://chat.example.evil` is not ours.
 */
export function originAllowed(
  origin: string | null,
  own: OwnOrigin,
  listed: readonly string[],
): boolean {
  if (origin === null) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  // A path, a user or anything else an origin does not have: a browser did not write this.
  if ((from.protocol !== "http:" && from.protocol !== "https:") || from.origin !== origin) {
    return false;
  }
  if (listed.includes(from.origin)) return true;
  if (own.scheme !== undefined && from.protocol !== `${own.scheme}:`) return false;
  return own.host !== "" && sameHost(from, own.host);
}

/** Ports left out are the scheme's: `chat.example:443` is https://chat.example's host. */
function sameHost(from: URL, host: string): boolean {
  const own = `${from.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).origin === from.origin;
}

/**
 * Whether a request that changes something comes from the server's own pages, from a listed origin
 * or from no browser. Where a browser leaves Origin out it still says Sec-Fetch-Site.
 */
export function mayChange(headers: Headers, own: OwnOrigin, listed: readonly string[]): boolean {
  const origin = headers.get("origin");
  if (origin !== null) return originAllowed(origin, own, listed);
  const site = headers.get("sec-fetch-site");
  return site === null || site === "same-origin" || site === "none";
}

/** What a page of another origin is told; who made it reads that in the browser's log of requests. */
export function foreignOrigin(): Refusal {
  const expected = "expected a page of this server's own origin; --origin lets in those of another";
  return new Refusal("forbidden", expected);
}
