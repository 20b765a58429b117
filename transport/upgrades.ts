import type { Buffer } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { plainAddress } from "./address.ts";
import type { Brakes } from "./brakes.ts";
import type { ConnectionLimit } from "./connection_limit.ts";
import { GuardedSocket } from "./guarded_socket.ts";
import { isWebSocketPath, offeredSubprotocols, refuseHandshake } from "./handshake.ts";
import { refuseUpgrade, serverError, unavailable } from "./refuse.ts";
import type { Admission, Peer, TransportOptions } from "./socket.ts";
import { upgradeRequest } from "./upgrade_request.ts";

/** The way of the guarded transport's connections from a handshake to an open WebSocket. */
export class Upgrades {
  readonly #options: TransportOptions;
  readonly #lingerMs: number;
  readonly #limit: ConnectionLimit;
  readonly #ws: WebSocketServer;
  readonly #sockets = new Set<GuardedSocket>();
  /** Handshakes found good, until their `upgrade` event. */
  readonly #handshakes = new WeakMap<IncomingMessage, Request>();
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();

  constructor(options: TransportOptions, brakes: Brakes, limit: ConnectionLimit) {
    this.#options = options;
    this.#lingerMs = brakes.lingerMs;
    this.#limit = limit;
    this.#ws = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      closeTimeout: options.closeTimeoutMs,
      maxPayload: options.maxFrameBytes,
      maxFragments: brakes.maxFragments,
      maxBufferedChunks: brakes.maxBufferedReads,
      maxPendingAutoPongs: brakes.maxPendingPongs,
      handleProtocols: (_offered, incoming) => this.#subprotocols.get(incoming) ?? false,
    });
  }

  /** True for a whole handshake; everything else is a plain request. */
  isHandshake(incoming: IncomingMessage): boolean {
    const request = upgradeRequest(incoming);
    if (request === undefined || !isWebSocketPath(request)) return false;
    if (refuseHandshake(request) !== undefined) return false;
    this.#handshakes.set(incoming, request);
    return true;
  }

  /** What the peer sends before it is admitted stays in the stream, at most its high-water mark. */
  async take(incoming: IncomingMessage, head: Buffer): Promise<void> {
    const tcp = incoming.socket;
    // Nobody else listens until `ws` takes over, and an unheard error would end the process.
    tcp.on("error", () => tcp.destroy());
    try {
      const request = this.#handshakes.get(incoming);
      if (request === undefined) {
        throw new Error("expected a checked handshake, got another upgrade");
      }
      const decision = await this.#decide(request, incoming);
      if (decision instanceof Response) await refuseUpgrade(incoming, decision, this.#lingerMs);
      else this.#open(incoming, request, head, decision);
    } catch (error) {
      this.#options.onError(error, "admit");
      await refuseUpgrade(incoming, serverError(), this.#lingerMs).catch(() => tcp.destroy());
    }
  }

  /** Starts the closing handshake of every WebSocket. */
  closeAll(code: number, reason: string): void {
    for (const socket of this.#sockets) socket.close(code, reason);
  }

  #decide(
    request: Request,
    incoming: IncomingMessage,
  ): Admission | Response | Promise<Admission | Response> {
    const peer = peerOf(incoming);
    if (!this.#limit.isSurplus(incoming.socket)) return this.#options.admit(request, peer);
    const refusal = unavailable("too many connections");
    this.#options.onRefused?.(refusal.status, peer);
    return refusal;
  }

  #open(incoming: IncomingMessage, request: Request, head: Buffer, admission: Admission): void {
    const tcp = incoming.socket;
    const { subprotocol, address } = admission;
    if (subprotocol !== undefined && offeredSubprotocols(request).includes(subprotocol)) {
      this.#subprotocols.set(incoming, subprotocol);
    }
    // Calls back at once, or not at all when the peer has left meanwhile.
    this.#ws.handleUpgrade(incoming, tcp, head, (ws) => {
      const socket = this.#guard(ws, tcp, address);
      try {
        admission.accept(socket);
      } catch (error) {
        this.#options.onError(error, "accept");
        socket.terminate();
      }
    });
  }

  /** By itself, so that what lives as long as the socket does not see its admission. */
  #guard(ws: WebSocket, tcp: Socket, address: string): GuardedSocket {
    const socket: GuardedSocket = new GuardedSocket(ws, tcp, {
      address,
      onError: this.#options.onError,
      onGone: () => this.#sockets.delete(socket),
    });
    this.#sockets.add(socket);
    return socket;
  }
}

export function peerOf(incoming: Pick<IncomingMessage, "socket">): Peer {
  return { address: plainAddress(incoming.socket.remoteAddress ?? "") };
}
