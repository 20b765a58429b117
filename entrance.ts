import type { Identity } from "./accounts/identify.ts";
import { newSecretId } from "./accounts/ids.ts";
import { Throttle } from "./accounts/throttle.ts";
import type { Tokens } from "./accounts/tokens.ts";
import type { ActorSystem } from "./actors/system.ts";
import { openConnection } from "./actors/connection.ts";
import type { ConnectionOptions, Newcomer } from "./actors/connection_options.ts";
import { addressGroup } from "./http/address.ts";
import { readClient } from "./http/client.ts";
import { problem } from "./http/problem.ts";
import { type Entry, readUpgrade, type UpgradeOptions } from "./http/upgrade.ts";
import { CLOSE, type ErrorCode, Refusal } from "./protocol/errors.ts";
import { encode } from "./protocol/json_codec.ts";
import { textError } from "./protocol/text_codec.ts";
import type { Admission, Peer, Socket, SocketListener } from "./transport/socket.ts";

/** Why a handshake led to no connection. */
export type HandshakeRefusal =
  | ErrorCode
  | "origin"
  | "query"
  | "too_many_of_address"
  | "too_often_of_address"
  | "no_room"
  | "not_a_handshake";

export interface EntranceObserver {
  refusedHandshake(reason: HandshakeRefusal, address: string): void;
}

export interface EntranceOptions extends UpgradeOptions {
  readonly system: ActorSystem;
  readonly tokens: Tokens;
  readonly connections: ConnectionOptions;
  /** Connections of one address, or of one /64 network of IPv6, at a time; 0: no limit. */
  readonly maxPerAddress: number;
  readonly observer?: EntranceObserver | undefined;
}

/** What a connection too many is told to wait. */
const RETRY_AFTER_MS = 10_000;

/** For each connection that an address may have, so many may be made at once: a page makes a few. */
const COMING_BURST = 4;
const COMING_BURST_MIN = 1_000;
/** And then one each so many milliseconds. */
const COMING_EVERY_MS = 10;

const SILENT: SocketListener = { onText() {}, onAlive() {}, onDrain() {}, onEnd() {} };

/** Decides about every handshake of `/ws` and starts the actors of those who are let in. */
export class Entrance {
  /** Open connections by address group. */
  readonly #open = new Map<string, number>();
  /** Connections made, by address group. */
  readonly #coming: Throttle;

  constructor(readonly options: EntranceOptions) {
    this.#coming = new Throttle({
      burst: Math.max(COMING_BURST_MIN, COMING_BURST * options.maxPerAddress),
      everyMs: COMING_EVERY_MS,
      monotonic: () => options.system.clock.monotonic(),
    });
  }

  /**
   * Whether a TCP connection may be made. A trusted proxy may always: for whom it makes one is said
   * by the request.
   */
  mayConnect({ address }: Peer): boolean {
    const { maxPerAddress, trusts, observer } = this.options;
    if (maxPerAddress === 0 || trusts(address)) return true;
    if (this.#coming.tryTake(addressGroup(address)) === 0) return true;
    observer?.refusedHandshake("too_often_of_address", address);
    return false;
  }

  async admit(request: Request, peer: Peer): Promise<Admission | Response> {
    const entry = await readUpgrade(request, peer, this.options);
    const { observer } = this.options;
    if (entry instanceof Response) {
      observer?.refusedHandshake(entry.status === 403 ? "origin" : "query", peer.address);
      return entry;
    }
    const { subprotocol, address, identity } = entry;
    const group = addressGroup(address);
    if (this.#isFull(group)) {
      observer?.refusedHandshake("too_many_of_address", address);
      const refusal = new Refusal("rate_limited", this.#tooMany, RETRY_AFTER_MS);
      return problem(refusal, readClient(request, peer, this.options.trusts).scope);
    }
    if (identity instanceof Refusal) {
      observer?.refusedHandshake(identity.code, address);
      return {
        subprotocol,
        address,
        accept: (socket) =>
          this.#accept(socket, entry, group, (ended) => turnAway(socket, entry, identity, ended)),
      };
    }
    const { tokens, system, connections } = this.options;
    const { user, sessionId } = identity;
    const token = entry.view === "json" ? await tokens.sign({ user, sessionId }) : "";
    const who = newcomer(entry, identity, token, group);
    return {
      subprotocol,
      address,
      accept: (socket) =>
        this.#accept(
          socket,
          entry,
          group,
          (ended) => void openConnection(system, socket, who, connections).stopped.then(ended),
        ),
    };
  }

  /** Counts the connection until `serve` says that it has ended. */
  #accept(
    socket: Socket,
    entry: Entry,
    group: string,
    serve: (ended: () => void) => void,
  ): void {
    // Others of this address may have come in since it was asked, however many at once.
    if (this.#isFull(group)) {
      this.options.observer?.refusedHandshake("too_many_of_address", socket.address);
      const refusal = new Refusal("rate_limited", this.#tooMany, RETRY_AFTER_MS);
      return turnAway(socket, entry, refusal);
    }
    this.#count(group, 1);
    serve(() => this.#count(group, -1));
  }

  #isFull(group: string): boolean {
    const { maxPerAddress } = this.options;
    return maxPerAddress > 0 && (this.#open.get(group) ?? 0) >= maxPerAddress;
  }

  get #tooMany(): string {
    return `expected at most ${this.options.maxPerAddress} connections of one address`;
  }

  #count(group: string, change: 1 | -1): void {
    const open = (this.#open.get(group) ?? 0) + change;
    if (open === 0) this.#open.delete(group);
    else this.#open.set(group, open);
  }
}

function newcomer(
  entry: Entry,
  identity: Identity,
  token: string,
  addressGroup: string,
): Newcomer {
  const { user, canonicalName, admin, sessionId, expiresAt } = identity;
  const { view, room, history } = entry;
  return {
    id: newSecretId(),
    user,
    canonicalName,
    addressGroup,
    admin,
    tokenId: sessionId,
    expiresAt,
    token,
    view,
    room,
    history,
  };
}

/** A page cannot see why a handshake failed, so the reason is said over the open socket. */
function turnAway(
  socket: Socket,
  { view }: Entry,
  refusal: Refusal,
  ended: () => void = () => {},
): void {
  const { code, message, retryMs } = refusal;
  const retry = retryMs === undefined ? undefined : { retry_ms: retryMs };
  const text = view === "json"
    ? encode({ type: "error", code, message, ...retry })
    : textError(refusal);
  socket.listen({ ...SILENT, onEnd: ended });
  socket.send({ text });
  const close = code === "name_taken"
    ? CLOSE.nameTaken
    : code === "unauthorized"
    ? CLOSE.unauthorized
    : code === "unavailable"
    ? CLOSE.tooSlow
    : CLOSE.policyViolation;
  socket.close(close, message);
}
