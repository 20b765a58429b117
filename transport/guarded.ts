import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  ServerResponse,
} from "node:http";
import { type AddressInfo, Server as NetServer } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { deadline } from "@std/async/deadline";
import { bodyLimitBytes, readBody } from "./body.ts";
import { type Brakes, DEFAULT_BRAKES } from "./brakes.ts";
import { ConnectionLimit, SURPLUS_MAX } from "./connection_limit.ts";
import { affordableConnections } from "./descriptors.ts";
import { isWebSocketPath, refuseHandshake, refuseHost } from "./handshake.ts";
import { refusal } from "./refusal.ts";
import { serverError } from "./refuse.ts";
import { respond } from "./respond.ts";
import {
  HIGH_WATER_BYTES,
  type ListenTransport,
  type Peer,
  type Transport,
  type TransportOptions,
} from "./socket.ts";
import { Turnstile } from "./turnstile.ts";
import { peerOf, Upgrades } from "./upgrades.ts";

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

/**
 * From the stop on, idle connections are kept for so long: whoever asks in the meantime is answered
 * and told that the connection ends. A proxy that is busy knows of all of them by then, and its
 * next request goes to another node.
 */
const IDLE_END_MS = 500;

/** When the address cannot be listened on again, the next attempt comes after this. */
const LISTEN_RETRY_MS = 1_000;

/** Node.js 24.9 and Deno 2.9 have this; their types do not yet. */
interface UpgradingServerOptions extends ServerOptions {
  shouldUpgradeCallback(incoming: IncomingMessage): boolean;
}

class GuardedServer {
  readonly #options: TransportOptions;
  readonly #http: Server;
  readonly #upgrades: Upgrades;
  readonly #limit: ConnectionLimit;
  readonly #maxConnections: number;
  /** The real one, to listen on again. */
  #port = 0;
  #stopping = false;
  #idleEnd: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TransportOptions, brakes: Brakes) {
    this.#options = options;
    this.#maxConnections = affordableConnections(options.maxConnections, SURPLUS_MAX);
    this.#limit = new ConnectionLimit(this.#maxConnections, {
      // Not http's own close: that would also stop its watch over slow requests.
      shut: () => void NetServer.prototype.close.call(this.#http),
      open: () => this.#listenAgain(),
    });
    this.#upgrades = new Upgrades(options, brakes, this.#limit);
    const turnstile = new Turnstile((error) => options.onError(error, "request"));
    const httpOptions: UpgradingServerOptions = {
      ServerResponse: turnstile.ServerResponse,
      headersTimeout: brakes.headersTimeoutMs,
      requestTimeout: brakes.requestTimeoutMs,
      keepAliveTimeout: brakes.keepAliveTimeoutMs,
      connectionsCheckingInterval: brakes.checkIntervalMs,
      maxHeaderSize: brakes.maxHeaderBytes,
      highWaterMark: HIGH_WATER_BYTES,
      noDelay: true,
      // Only a whole handshake leaves the HTTP server; the rest gets a plain answer from it.
      shouldUpgradeCallback: (incoming) => this.#upgrades.isHandshake(incoming),
    };
    const listener = getRequestListener(async (request, { incoming, outgoing }) => {
      const response = await this.#answer(request, peerOf(incoming));
      // There is no HTTP/2 here.
      if (!(outgoing instanceof ServerResponse)) return response;
      // Node.js sends `Connection: close` for this; a surplus connection gets one answer, and so
      // does any when the server stops, and who announced a body that nobody reads: it could come as
      // slowly as the peer likes.
      if (
        this.#stopping || this.#limit.isSurplus(incoming.socket) || leavesBody(request, incoming)
      ) outgoing.shouldKeepAlive = false;
      // Written here: the listener would write what goes wrong to the console, and to the peer.
      await respond(outgoing, response).catch((error) => this.#unanswered(outgoing, error));
      return RESPONSE_ALREADY_SENT;
    }, {
      hostname: options.hostname,
      overrideGlobalObjects: false,
      // Bodies are read whole, or refused with the connection.
      autoCleanupIncoming: false,
      errorHandler: (error) =>
        error instanceof RequestError ? badRequest() : this.#fault(error, "fetch"),
    });
    this.#http = createServer(httpOptions, listener);
    this.#http.setTimeout(brakes.idleTimeoutMs);
    this.#http.on("connection", (tcp) => {
      this.#limit.add(tcp);
      if (options.mayConnect?.(peerOf({ socket: tcp })) === false) return void tcp.destroy();
      turnstile.add(tcp);
    });
    this.#http.on("upgrade", (incoming, _tcp, head) => {
      turnstile.leave(incoming.socket);
      this.#upgrades.take(incoming, head);
    });
  }

  listen(): Promise<Transport> {
    const { hostname, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen(port, hostname, () => {
        this.#http.off("error", reject);
        this.#http.on("error", (error) => {
          this.#options.onError(error, "listen");
          setTimeout(() => this.#listenAgain(), LISTEN_RETRY_MS);
        });
        const bound = this.#http.address() as AddressInfo;
        this.#port = bound.port;
        resolve({
          kind: "guarded",
          hostname: bound.address,
          port: bound.port,
          maxConnections: this.#maxConnections,
          stopAccepting: () => this.#stopAccepting(),
          stop: (deadlineMs) => this.#stop(deadlineMs),
        });
      });
    });
  }

  #listenAgain(): void {
    if (this.#stopping || this.#http.listening) return;
    this.#http.listen(this.#port, this.#options.hostname);
  }

  async #answer(request: Request, peer: Peer): Promise<Response> {
    const refused = refuseHost(request);
    if (refused !== undefined) return refused;
    const whole = await readBody(request, bodyLimitBytes(this.#options.maxFrameBytes));
    if (whole instanceof Response) return whole;
    // A handshake in order would have come as an upgrade.
    if (isWebSocketPath(request)) {
      const refusal = refuseHandshake(request) ?? badRequest();
      this.#options.onRefused?.(refusal.status, peer);
      return refusal;
    }
    return await this.#options.fetch(whole, peer);
  }

  #fault(error: unknown, where: string): Response {
    this.#options.onError(error, where);
    return serverError();
  }

  /** What was to be answered is not whole; nothing of it was sent, or no more can be. */
  async #unanswered(outgoing: ServerResponse, error: unknown): Promise<void> {
    const sorry = this.#fault(error, "respond");
    if (outgoing.headersSent) outgoing.destroy();
    else await respond(outgoing, sorry);
  }

  #stopAccepting(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    // Not http's own close, which ends idle connections at once, whatever is on its way there.
    NetServer.prototype.close.call(this.#http);
    this.#idleEnd = setTimeout(() => this.#http.close(), IDLE_END_MS);
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.#stopAccepting();
    this.#upgrades.closeAll(1001, "the server goes away");
    const drained = this.#limit.drained();
    await deadline(drained, deadlineMs).catch(() => {});
    this.#limit.destroyAll();
    await drained;
    clearTimeout(this.#idleEnd);
    // What is left of it: its watch over slow requests.
    this.#http.close();
  }
}

/** Whether a body was announced that a web Request of this method does not have (GET, HEAD). */
function leavesBody(request: Request, { headers }: Pick<IncomingMessage, "headers">): boolean {
  return request.body === null &&
    (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0);
}

/** For a target or Host that make no URL; the body is not read, so that the connection ends. */
function badRequest(): Response {
  return refusal(400, "expected a target and a Host that make a URL", { connection: "close" });
}
