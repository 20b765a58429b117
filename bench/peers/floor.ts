/**
 * Not a chat server but what one can cost at least on this platform: `node:http`, `ws`, one frame a
 * turn of the event loop, made once and written to everyone, whoever wrote first. Nothing is kept,
 * numbered, checked or bounded. What Hubbub takes beyond this is its own.
 */
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setImmediate } from "node:timers";
import { WebSocketServer } from "ws";
import { encodeTextFrame } from "../../transport/frame.ts";

class Room {
  readonly members = new Set<Socket>();
  #said: string[] = [];
  #speakers = new Set<Socket>();

  say(speaker: Socket, text: string): void {
    if (this.#said.push(text) === 1) setImmediate(() => this.#flush());
    this.#speakers.add(speaker);
  }

  #flush(): void {
    const frame = encodeTextFrame(this.#said.join("\n"));
    const first = this.#speakers;
    this.#said = [];
    this.#speakers = new Set();
    for (const member of first) member.write(frame);
    for (const member of this.members) if (!first.has(member)) member.write(frame);
  }
}

const rooms = new Map<string, Room>();
// Bounds that nobody here meets.
const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  closeTimeout: 30_000,
  maxPayload: 1024 ** 2,
  maxFragments: 1024,
  maxBufferedChunks: 1024,
  maxPendingAutoPongs: 1024,
  handleProtocols: () => false,
});
const http = createServer({ noDelay: true });

http.on("upgrade", (request, _tcp, head) => {
  const tcp = request.socket;
  const name = new URL(request.url ?? "", "http://floor").searchParams.get("room") ?? "lobby";
  const room = rooms.get(name) ?? new Room();
  rooms.set(name, room);
  server.handleUpgrade(request, tcp, head, (socket) => {
    room.members.add(tcp);
    socket.on("error", () => socket.terminate());
    socket.on("close", () => room.members.delete(tcp));
    socket.on("message", (data) => room.say(tcp, data.toString()));
  });
});

http.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
