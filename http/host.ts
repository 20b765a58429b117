import { isLoopback, type Network } from "./address.ts";
import { Refusal } from "../protocol/errors.ts";

/** Whether a request with these headers is for this server. */
export type ServesHost = (headers: Headers) => boolean;

export interface Place {
  /** The address listened on. */
  readonly hostname: string;
  readonly trustedProxies: readonly Network[];
  /** Origins let in besides the server's own. */
  readonly origins: readonly string[];
}

/**
 * Against DNS rebinding: a page of any site, whose name is made to resolve to 127.0.0.1, reaches a
 * server on its reader's machine from what then is that server's own origin. So a server that only
 * this machine reaches serves the names of this machine, and those of listed origins, alone. Any
 * other may be called anything: in a network or behind a proxy its names are known to nobody here.
 *
 * Only who says to be a page is asked. A browser puts Origin (RFC 6454, section 7) on the opening
 * handshake and on whatever is no GET, so without it nothing can be done in anybody's name, and no
 * token got; a program may write into Host what it likes.
 */
export function servedHosts({ hostname, trustedProxies, origins }: Place): ServesHost {
  if (!isThisMachine(hostname) || trustedProxies.length > 0) return () => true;
  const listed = new Set(origins.flatMap((origin) => nameOf(origin) ?? []));
  return (headers) => {
    const host = headers.get("host");
    if (host === null || !headers.has("origin")) return true;
    const name = nameOf(`http://${host}`);
    return name !== undefined && (isThisMachine(name) || listed.has(name));
  };
}

export function notServed(): Refusal {
  const expected = "expected a Host of this machine; --origin lets in pages of another name";
  return new Refusal("forbidden", expected);
}

/** Names below `localhost` resolve to this machine alone (RFC 6761, section 6.3). */
function isThisMachine(name: string): boolean {
  const plain = name.toLowerCase().replace(/\.$/, "");
  return plain === "localhost" || plain.endsWith(".localhost") || isLoopback(plain);
}

function nameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
