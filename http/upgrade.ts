import type { Identifier, Identity } from "../accounts/identify.ts";
import { Refusal } from "../protocol/errors.ts";
import { PAGE_MAX } from "../protocol/limits.ts";
import type { TextView } from "../protocol/text_codec.ts";
import type { TrustsProxy } from "./address.ts";
import type { Peer } from "../transport/socket.ts";
import { readClient } from "./client.ts";
import { notServed, type ServesHost } from "./host.ts";
import { foreignOrigin, originAllowed } from "./origin.ts";
import { problem } from "./problem.ts";

/** What the handshake of `/ws` asks for: docs/protocol.md, "Connecting". */
export interface Entry {
  /** The subprotocol to agree on; undefined when the client offered none of ours. */
  readonly subprotocol: string | undefined;
  readonly address: string;
  readonly view: "json" | TextView;
  /** The room to begin in: a text client's always, a JSON client's when it names one. */
  readonly room: string | undefined;
  readonly history: number | undefined;
  /** Who it is, or why not: told after the upgrade, since a page cannot see an HTTP status. */
  readonly identity: Identity | Refusal;
}

export interface UpgradeOptions {
  readonly identifier: Identifier;
  readonly trusts: TrustsProxy;
  readonly serves: ServesHost;
  readonly origins: readonly string[];
  /** What a client is told of a failure; `internal` for one that it is told nothing of. */
  asRefusal(error: unknown): Refusal;
}

export const JSON_SUBPROTOCOL = "hubbub.json";
export const TEXT_SUBPROTOCOL = "hubbub.text";
const DEFAULT_ROOM = "lobby";

/** Reads an opening handshake. A Response refuses it: another page's origin or host, a bad query. */
export async function readUpgrade(
  request: Request,
  peer: Peer,
  { identifier, trusts, serves, origins, asRefusal }: UpgradeOptions,
): Promise<Entry | Response> {
  const client = readClient(request, peer, trusts);
  const { headers } = request;
  if (!serves(headers)) return problem(notServed(), client.scope);
  if (!originAllowed(headers.get("origin"), client.own, origins)) {
    return problem(foreignOrigin(), client.scope);
  }
  const query = new URL(request.url).searchParams;
  const subprotocol = offered(headers);
  const format = query.get("format");
  const json = subprotocol === JSON_SUBPROTOCOL || (subprotocol === undefined && format === "json");
  const history = wholeNumber(query.get("history"));
  if (history === "bad") {
    const expected = `history: expected a whole number from 0 to ${PAGE_MAX}`;
    return problem(new Refusal("bad_command", expected), client.scope);
  }
  const identity = await identifier.identify(request, client.scope, query.get("name")).catch(
    (error) => {
      const refusal = asRefusal(error);
      if (refusal.code === "internal") throw error;
      return refusal;
    },
  );
  const named = !(identity instanceof Refusal) && identity.named;
  const view = json ? "json" : named ? "text" : "bare";
  return {
    subprotocol,
    address: client.address,
    view,
    room: query.get("room") || (json ? undefined : DEFAULT_ROOM),
    history: history ?? (view === "bare" ? 0 : undefined),
    identity,
  };
}

function offered(headers: Headers): string | undefined {
  const names = headers.get("sec-websocket-protocol")?.split(",").map((name) => name.trim());
  return names?.find((name) => name === JSON_SUBPROTOCOL || name === TEXT_SUBPROTOCOL);
}

function wholeNumber(text: string | null): number | "bad" | undefined {
  if (text === null || text === "") return undefined;
  const number = /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  return number <= PAGE_MAX ? number : "bad";
}
