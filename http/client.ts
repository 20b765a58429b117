import type { CookieScope } from "../accounts/cookies.ts";
import type { Peer } from "../transport/socket.ts";
import { clientAddress, type TrustsProxy } from "./address.ts";
import { type OwnOrigin, ownOrigin } from "./origin.ts";

/** How a request reached the server, proxies seen through. */
export interface Client {
  readonly address: string;
  readonly own: OwnOrigin;
  readonly scope: CookieScope;
}

export function readClient(request: Request, peer: Peer, trusts: TrustsProxy): Client {
  const own = ownOrigin(request.headers, trusts(peer.address));
  return {
    address: clientAddress(peer.address, request.headers.get("x-forwarded-for"), trusts),
    own,
    scope: { secure: own.scheme === "https", host: own.host },
  };
}
