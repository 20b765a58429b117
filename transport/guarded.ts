import type { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { deadline } from "@std/async/deadline";
import { WebSocketServer } from "ws";
import { plainAddress } from "./address.ts";
import { bodyLimitBytes, readBody } from "./body.ts";
import { type Brakes, DEFAULT_BRAKES } from "./brakes.ts";
import { GuardedSocket } from "./guarded_socket.ts";
import { isWebSocketPath, offeredSubprotocols, refuseHandshake } from "./handshake.ts";
import { refuseUpgrade, unavailable } from "./refuse.ts";
import {
  type Admission,
  HIGH_WATER_BYTES,
  type ListenTransport,
  type Peer,
  type Transport,
  type TransportOptions,
} from "./socket.ts";
import { upgradeRequest } from "./upgrade_request.ts";

/**
 * The transport that faces strangers: `node:http` and `ws`, with every brake on.
 * Rejects when the address cannot be listened on.
 */
export function listenGuarded(
  options: TransportOptions,
  brakes: Partial<Brakes> = {},
): Promise<Transport> {
  return new GuardedServer(options, { ...DEFAULT_BRAKES, ...brakes }).listen();
}

listenGuarded satisfies ListenTransport;

/** Node.js 24.9 and Deno 2.9 have this; their types do not yet. */
interface UpgradingServerOptions extends ServerOptions {
  shouldUpgradeCallback(incoming: IncomingMessage): boolean;
}

class GuardedServer {
  readonly #options: TransportOptions;
  readonly #http: Server;
  readonly #ws: WebSocketServer;
  readonly #sockets = new Set<GuardedSocket>();
  /** Handshakes found good, until their `upgrade` event. */
  readonly #handshakes = new WeakMap<IncomingMessage, Request>();
  readonly #subprotocols = new WeakMap<IncomingMessage, string>();

  #closed: Promise<void> | undefined;

  constructor(options: TransportOptions, brakes: Brakes) {
    this.#options = options;
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
    const httpOptions: UpgradingServerOptions = {
      headersTimeout: brakes.headersTimeoutMs,
      requestTimeout: brakes.requestTimeoutMs,
      keepAliveTimeout: brakes.keepAliveTimeoutMs,
      connectionsCheckingInterval: brakes.checkIntervalMs,
      maxHeaderSize: brakes.maxHeaderBytes,
      highWaterMark: HIGH_WATER_BYTES,
      noDelay: true,
      // Only a whole handshake leaves the HTTP server; the rest gets a plain answer from it.
      shouldUpgradeCallback: (incoming) => this.#isHandshake(incoming),
    };
    this.#http = createServer(
      httpOptions,
      getRequestListener((request, { incoming }) => this.#answer(request, peerOf(incoming)), {
        hostname: options.hostname,
        overrideGlobalObjects: false,
        errorHandler: (error) => this.#fault(error, "fetch"),
      }),
    );
    this.#http.setTimeout(brakes.idleTimeoutMs);
    this.#http.on("upgrade", (incoming, _tcp, head) => this.#upgrade(incoming, head));
  }

  listen(): Promise<Transport> {
    const { hostname, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(port, hostname, () => {
        this.#http.off("error", reject);
        this.#http.on("error", (error) => this.#options.onError(error, "listen"));
        const bound = this.#http.address() as AddressInfo;
        resolve({
          kind: "guarded",
          hostname: bound.address,
          port: bound.port,
          stopAccepting: () => void this.#close(),
          stop: (deadlineMs) => this.#stop(deadlineMs),
        });
      });
    });
  }

  #answer(request: Request, peer: Peer): Promise<Response> | Response {
    if (isWebSocketPath(request)) {
      return refuseHandshake(request) ?? this.#fault("no upgrade", "http");
    }
    return this.#fetch(request, peer);
  }

  async #fetch(request: Request, peer: Peer): Promise<Response> {
    const whole = await readBody(request, bodyLimitBytes(this.#options.maxFrameBytes));
    return whole instanceof Response ? whole : await this.#options.fetch(whole, peer);
  }

  #isHandshake(incoming: IncomingMessage): boolean {
    const request = upgradeRequest(incoming);
    if (request === undefined || !isWebSocketPath(request)) return false;
    if (refuseHandshake(request) !== undefined) return false;
    this.#handshakes.set(incoming, request);
    return true;
  }

  /** What the peer sends before it is admitted stays in the stream, at most its high-water mark. */
  async #upgrade(incoming: IncomingMessage, head: Buffer): Promise<void> {
    const tcp = incoming.socket;
    // Nobody else listens until `ws` takes over, and an unheard error would end the process.
    tcp.on("error", () => tcp.destroy());
    try {
      const request = this.#handshakes.get(incoming);
      if (request === undefined) {
        throw new Error("expected a checked handshake, got another upgrade");
      }
      const decision = this.#refuseWhenFull() ??
        await this.#options.admit(request, peerOf(incoming));
      if (tcp.destroyed) return;
      if (decision instanceof Response) await refuseUpgrade(incoming, tcp, decision);
      else this.#open(incoming, request, head, decision);
    } catch (error) {
      await refuseUpgrade(incoming, tcp, this.#fault(error, "admit")).catch(() => tcp.destroy());
    }
  }

  #open(
    incoming: IncomingMessage,
    request: Request,
    head: Buffer,
    admission: Admission,
  ): void {
    const tcp = incoming.socket;
    const { subprotocol, address } = admission;
    if (subprotocol !== undefined && offeredSubprotocols(request).includes(subprotocol)) {
      this.#subprotocols.set(incoming, subprotocol);
    }
    this.#ws.handleUpgrade(incoming, tcp, head, (ws) => {
      const socket: GuardedSocket = new GuardedSocket(ws, tcp, {
        address,
        onError: this.#options.onError,
        onGone: () => this.#sockets.delete(socket),
      });
      this.#sockets.add(socket);
      try {
        admission.accept(socket);
      } catch (error) {
        this.#options.onError(error, "accept");
        socket.terminate();
      }
    });
  }

  #refuseWhenFull(): Response | undefined {
    if (this.#sockets.size < this.#options.maxConnections) return undefined;
    return unavailable("too many connections");
  }

  #fault(error: unknown, where: string): Response {
    this.#options.onError(error, where);
    return new Response("internal error\n", { status: 500 });
  }

  #close(): Promise<void> {
    return this.#closed ??= new Promise((resolve) => this.#http.close(() => resolve()));
  }

  async #stop(deadlineMs: number): Promise<void> {
    const closed = this.#close();
    for (const socket of this.#sockets) socket.close(1001, "the server goes away");
    await deadline(closed, deadlineMs).catch(() => {});
    for (const socket of this.#sockets) socket.terminate();
    this.#http.closeAllConnections();
    await closed;
  }
}

function peerOf(incoming: Pick<IncomingMessage, "socket">): Peer {
  return { address: plainAddress(incoming.socket.remoteAddress ?? "") };
}
