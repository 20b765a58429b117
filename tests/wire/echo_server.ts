import { DEFAULT_BRAKES } from "../../transport/brakes.ts";
import type { Brakes } from "../../transport/brakes.ts";
import { listenGuarded } from "../../transport/guarded.ts";
import { listenNative } from "../../transport/native.ts";
import { until } from "../patience.ts";
import type { Socket, SocketEnd, Transport, TransportOptions } from "../../transport/socket.ts";

export type Kind = Transport["kind"];
export const KINDS: readonly Kind[] = ["native", "guarded"];

export const MAX_FRAME_BYTES = 64 * 1024;
export const CLOSE_TIMEOUT_MS = 300;

/** One connection as the server sees it. */
export interface Served {
  readonly socket: Socket;
  readonly texts: string[];
  alive: number;
  drains: number;
  readonly ends: SocketEnd[];
}

export interface EchoServer {
  readonly port: number;
  readonly transport: Transport;
  readonly served: Served[];
  /** The connection that came as number `index`, counted from 0; waits for it. */
  connection(index: number): Promise<Served>;
  readonly errors: { readonly error: unknown; readonly where: string }[];
  [Symbol.asyncDispose](): Promise<void>;
}

export interface EchoOptions extends Partial<TransportOptions> {
  readonly brakes?: Partial<Brakes>;
  /** How long `admit` thinks; default 0. */
  readonly admissionDelayMs?: number;
  /** Called first in `admit`; may throw. */
  onAdmit?(): void;
  /** What to do with a message; the default sends it back. */
  onText?(text: string, served: Served): void;
}

/** A server of one transport that keeps what every connection reports, and echoes. */
export async function serveEcho(kind: Kind, options: EchoOptions = {}): Promise<EchoServer> {
  const served: Served[] = [];
  const errors: EchoServer["errors"] = [];
  const { onText = (text, { socket }) => void socket.send({ text }), brakes, ...rest } = options;
  const { admissionDelayMs = 0, onAdmit = () => {} } = options;
  const accept = (socket: Socket) => {
    const one: Served = { socket, texts: [], alive: 0, drains: 0, ends: [] };
    served.push(one);
    socket.listen({
      onText(text) {
        one.texts.push(text);
        onText(text, one);
      },
      onAlive: () => one.alive++,
      onDrain: () => one.drains++,
      onEnd: (end) => one.ends.push(end),
    });
  };
  const all: TransportOptions = {
    hostname: "127.0.0.1",
    port: 0,
    maxFrameBytes: MAX_FRAME_BYTES,
    maxConnections: 100,
    closeTimeoutMs: CLOSE_TIMEOUT_MS,
    fetch: async (request) => new Response(`echo ${await request.text()}`),
    async admit(_request, peer) {
      onAdmit();
      if (admissionDelayMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, admissionDelayMs));
      }
      return { address: peer.address, accept };
    },
    onError: (error, where) => errors.push({ error, where }),
    ...rest,
  };
  const transport = kind === "native"
    ? await listenNative(all)
    : await listenGuarded(all, { ...DEFAULT_BRAKES, ...brakes });
  return {
    port: transport.port,
    transport,
    served,
    async connection(index) {
      await until(`connection ${index}`, () => served.length > index);
      return served[index] as Served;
    },
    errors,
    [Symbol.asyncDispose]: () => transport.stop(500),
  };
}
