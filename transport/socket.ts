/**
 * The port between the actors and the network: what a connection can do, what it reports and how it
 * ended. `native.ts` and `guarded.ts` are its two adapters; the actors know neither.
 */

/**
 * Text to send, shared by every connection that gets the same. A transport may keep the wire form
 * it made of `text` in `wire`, so that a turn's frame is encoded once however many receive it.
 */
export interface Frame {
  readonly text: string;
  wire?: Uint8Array;
}

/** What a connection reports, in order. `onEnd` comes exactly once, last, whatever happened. */
export interface SocketListener {
  /** One whole text message, valid UTF-8, at most the transport's frame limit. */
  onText(text: string): void;
  /** A sign of life that carries no message: a pong or, where the transport sees it, a ping. */
  onAlive(): void;
  /** What waited to be sent has fallen below the low-water mark after `send` answered false. */
  onDrain(): void;
  onEnd(end: SocketEnd): void;
}

/** How a connection ended. `code` is the close code, 1006 when the peer just vanished. */
export interface SocketEnd {
  readonly code: number;
  readonly reason: string;
}

export interface Socket {
  /** The peer's address, or the forwarded one behind a trusted proxy. */
  readonly address: string;
  /** The subprotocol agreed in the handshake, or the empty string. */
  readonly subprotocol: string;
  /** Must be called once, at once; nothing is reported before. What came earlier is not lost. */
  listen(listener: SocketListener): void;
  /** Queues a frame. False: more waits than the high-water mark; send again after `onDrain`. */
  send(frame: Frame): boolean;
  /** Bytes accepted by `send` and not yet taken by the operating system. */
  readonly waitingBytes: number;
  /** Stop and resume reading from the peer. False where the transport cannot (native). */
  pause(): boolean;
  resume(): void;
  /** Sends a protocol-level ping where the transport can; false where it cannot (native). */
  ping(): boolean;
  /**
   * Starts the closing handshake after what was queued; the transport ends the connection by itself
   * when the peer does not answer in time (guarded: frees it; native: stops reporting it).
   */
  close(code: number, reason: string): void;
  /** Ends the connection now, without a handshake. Safe twice. */
  terminate(): void;
}

/** Above this many waiting bytes `send` answers false. */
export const HIGH_WATER_BYTES = 64 * 1024;

/** What a transport is told to serve; both adapters serve the same. */
export interface TransportOptions {
  readonly hostname: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** A longer frame or message ends the connection with 1009. */
  readonly maxFrameBytes: number;
  /** One more is refused with 503. Guarded counts TCP connections, native can count WebSockets only. */
  readonly maxConnections: number;
  /** Longest time a peer may take to answer a close. */
  readonly closeTimeoutMs: number;
  /**
   * Answers everything but `/ws` (handshake.ts), where only a WebSocket handshake is right. A body
   * is in memory and bounded when this is called.
   */
  fetch(request: Request, peer: Peer): Response | Promise<Response>;
  /**
   * Decides about an upgrade before it happens: a Response refuses it, an Admission opens it.
   * May take its time (token checks); what the peer sends meanwhile is kept within bounds.
   */
  admit(request: Request, peer: Peer): Admission | Response | Promise<Admission | Response>;
  /** Whether this peer may make one more TCP connection; without it, always. Only guarded asks. */
  mayConnect?(peer: Peer): boolean;
  onError(error: unknown, where: string): void;
  /** A handshake that `admit` never saw: 503 no room or stopping, otherwise not a handshake. */
  onRefused?(status: number, peer: Peer): void;
}

export interface Peer {
  /** The address of the other end of the TCP connection, without a port. */
  readonly address: string;
}

export interface Admission {
  /** The subprotocol to agree on; undefined for none. */
  readonly subprotocol?: string | undefined;
  /** The address to report as `Socket.address`. */
  readonly address: string;
  accept(socket: Socket): void;
}

export interface Transport {
  readonly kind: "native" | "guarded";
  readonly hostname: string;
  /** The real port, also when 0 was asked for. */
  readonly port: number;
  /** What was asked for, or as many as the process has file descriptors for. */
  readonly maxConnections: number;
  /** Takes no new WebSockets; open connections go on until `stop`. */
  stopAccepting(): void;
  /** Ends everything within the deadline, terminating what does not go by itself. */
  stop(deadlineMs: number): Promise<void>;
}

export type ListenTransport = (options: TransportOptions) => Promise<Transport>;
