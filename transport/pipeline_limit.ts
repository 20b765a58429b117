import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { Socket as TcpSocket } from "node:net";

/** Requests of one connection that may be under way; browsers and proxies send one at a time. */
export const PIPELINED_MAX = 16;

/**
 * Bounds the requests that one connection has sent and not had answered yet (pipelining, RFC 9112,
 * section 9.3.2). `node:http` makes objects of all that come, 16 KB each, and goes on reading until
 * answers pile up: whoever sends faster than is answered would fill the memory, and everybody else
 * would wait behind it. One too many ends the connection. It cannot be told why: answers come in the
 * order of the requests.
 */
export function limitPipelining(listener: RequestListener): RequestListener {
  const underWay = new WeakMap<TcpSocket, number>();
  return (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const tcp = incoming.socket;
    // What was read together with the one too many still comes.
    if (tcp.destroyed) return;
    const count = (underWay.get(tcp) ?? 0) + 1;
    if (count > PIPELINED_MAX) return void tcp.destroy();
    underWay.set(tcp, count);
    outgoing.once("close", () => underWay.set(tcp, (underWay.get(tcp) ?? 1) - 1));
    listener(incoming, outgoing);
  };
}
