import { deadline } from "@std/async/deadline";
import { plainAddress } from "./address.ts";
import { bodyLimitBytes, readBody } from "./body.ts";
import { affordableConnections } from "./descriptors.ts";
import {
  isWebSocketPath,
  offeredSubprotocols,
  refuseHandshake,
  refuseHost,
  refuseMethod,
} from "./handshake.ts";
import { NativeSocket } from "./native_socket.ts";
import { serverError, unavailable } from "./refuse.ts";
import type { Admission, ListenTransport, Peer, Transport, TransportOptions } from "./socket.ts";

/** Deno pings a peer that has been silent for this long, and drops it when it stays silent. */
export const IDLE_TIMEOUT_SECONDS = 60;

/** An admitted peer whose WebSocket has not opened by then has left. */
const OPEN_TIMEOUT_MS = 5_000;

/** When the server has died, the next one is tried after this. */
const LISTEN_RETRY_MS = 1_000;

/**
 * The transport for this machine alone: Deno's own server and WebSockets. It cannot face strangers:
 * message fragments, slow headers and peers that do not read are unbounded in Deno (decisions.md).
 */
export const listenNative: ListenTransport = (options) => {
  const server = new NativeServer(options);
  return Promise.resolve(server.listen());
};

class NativeServer {
  readonly #sockets = new Set<NativeSocket>();
  /** Timers of the WebSockets that are admitted and not open yet. */
  readonly #opening = new Set<ReturnType<typeof setTimeout>>();
  readonly #bodyLimitBytes: number;
  readonly #maxConnections: number;
  #running: { http: Deno.HttpServer<Deno.NetAddr>; abort: AbortController } | undefined;
  #accepting = true;
  #requests = 0;
  #onIdle: (() => void) | undefined;

  constructor(private readonly options: TransportOptions) {
    this.#maxConnections = affordableConnections(options.maxConnections, 0);
    this.#bodyLimitBytes = bodyLimitBytes(options.maxFrameBytes);
  }

  listen(): Transport {
    const { hostname, port } = this.#serve(this.options.port).addr;
    return {
      kind: "native",
      hostname,
      port,
      maxConnections: this.#maxConnections,
      // Deno's shutdown would close the WebSockets too, so the port stays open for plain requests.
      stopAccepting: () => this.#accepting = false,
      stop: (deadlineMs) => this.#stop(deadlineMs),
    };
  }

  /** Out of descriptors, Deno's server ends with all its connections; another takes its place. */
  #serve(port: number): Deno.HttpServer<Deno.NetAddr> {
    const { hostname } = this.options;
    const abort = new AbortController();
    const http = Deno.serve(
      {
        hostname,
        port,
        signal: abort.signal,
        onListen: () => {},
        onError: (error) => this.#fault(error, "serve"),
      },
      (request, { remoteAddr }) =>
        this.#answer(request, { address: plainAddress(remoteAddr.hostname) }),
    );
    this.#running = { http, abort };
    http.finished.catch((error) => {
      this.options.onError(error, "listen");
      setTimeout(() => this.#serveAgain(http.addr.port), LISTEN_RETRY_MS);
    });
    return http;
  }

  #serveAgain(port: number): void {
    if (!this.#accepting) return;
    try {
      this.#serve(port);
    } catch (error) {
      this.options.onError(error, "listen");
      setTimeout(() => this.#serveAgain(port), LISTEN_RETRY_MS);
    }
  }

  /**
   * Deno's own graceful shutdown is not used: it waits for peers that never go, and can then no
   * longer be cut short.
   */
  async #stop(deadlineMs: number): Promise<void> {
    this.#accepting = false;
    for (const socket of this.#sockets) socket.close(1001, "the server goes away");
    const idle = new Promise<void>((resolve) => this.#onIdle = resolve);
    this.#settle();
    await deadline(idle, deadlineMs).catch(() => {});
    for (const socket of this.#sockets) socket.terminate();
    for (const timer of this.#opening) clearTimeout(timer);
    this.#running?.abort.abort();
    await this.#running?.http.finished;
  }

  #settle(): void {
    if (this.#requests + this.#sockets.size === 0) this.#onIdle?.();
  }

  async #answer(request: Request, peer: Peer): Promise<Response> {
    this.#requests++;
    try {
      const refused = refuseHost(request) ?? refuseMethod(request);
      if (refused !== undefined) return refused;
      const whole = await readBody(request, this.#bodyLimitBytes);
      if (whole instanceof Response) return whole;
      if (isWebSocketPath(request)) return await this.#upgrade(request, peer);
      return await this.options.fetch(whole, peer);
    } finally {
      this.#requests--;
      this.#settle();
    }
  }

  async #upgrade(request: Request, peer: Peer): Promise<Response> {
    const refused = refuseHandshake(request) ?? this.#refuse();
    if (refused !== undefined) {
      this.options.onRefused?.(refused.status, peer);
      return refused;
    }
    const admission = await this.options.admit(request, peer);
    if (admission instanceof Response) return admission;
    // Others may have come in meanwhile.
    const late = this.#refuse();
    if (late !== undefined) {
      this.options.onRefused?.(late.status, peer);
      return late;
    }
    const opened = this.#opens();
    const protocol = agreed(request, admission);
    const { socket, response } = Deno.upgradeWebSocket(request, {
      idleTimeout: IDLE_TIMEOUT_SECONDS,
    });
    // Deno's own option knows an offer only when a comma and one space separate its names.
    if (protocol !== "") response.headers.set("sec-websocket-protocol", protocol);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      // Else what this closure sees, the request with all its headers, stays with the socket.
      socket.onopen = null;
      opened();
      this.#accept(socket, admission, protocol);
    };
    return response;
  }

  /** Counts a WebSocket on its way; Deno never says that its peer has left before it was there. */
  #opens(): () => void {
    const opened = () => {
      clearTimeout(tooLate);
      this.#opening.delete(tooLate);
    };
    const tooLate = setTimeout(opened, OPEN_TIMEOUT_MS);
    this.#opening.add(tooLate);
    return opened;
  }

  #accept(web: WebSocket, admission: Admission, subprotocol: string): void {
    const { maxFrameBytes, closeTimeoutMs, onError } = this.options;
    const socket: NativeSocket = new NativeSocket(web, {
      address: admission.address,
      subprotocol,
      maxFrameBytes,
      closeTimeoutMs,
      onError,
      onGone: () => {
        this.#sockets.delete(socket);
        this.#settle();
      },
    });
    this.#sockets.add(socket);
    try {
      admission.accept(socket);
    } catch (error) {
      onError(error, "accept");
      socket.terminate();
    }
  }

  #refuse(): Response | undefined {
    if (!this.#accepting) return unavailable("the server goes away");
    if (this.#sockets.size + this.#opening.size >= this.#maxConnections) {
      return unavailable("too many connections");
    }
    return undefined;
  }

  #fault(error: unknown, where: string): Response {
    this.options.onError(error, where);
    return serverError();
  }
}

/** A subprotocol that the client did not offer must not be agreed on (RFC 6455 section 4.2.2). */
function agreed(request: Request, { subprotocol = "" }: Admission): string {
  return offeredSubprotocols(request).includes(subprotocol) ? subprotocol : "";
}
