// Not a chat server: after the handshake it sends the same frames to everyone, without end and
// without reading. Shows how much the generator can take, so that a table can tell whether it
// measured a server or its own measuring.
import { createServer } from "node:net";

const MESSAGES_PER_FRAME = 10;
const FRAMES_PER_WRITE = 50;
const HEAD_END = "\r\n\r\n";
// Any answer does: the generator does not check the key's digest.
const UPGRADED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade" +
  HEAD_END;

const message = `~${"a".repeat(14)}${"x".repeat(48)};`;
const payload = Array(MESSAGES_PER_FRAME).fill(message).join("\n");
const frame = new Uint8Array(4 + payload.length);
frame.set([0x81, 126, payload.length >> 8, payload.length & 0xff]);
new TextEncoder().encodeInto(payload, frame.subarray(4));
const frames = new Uint8Array(frame.length * FRAMES_PER_WRITE);
for (let n = 0; n < FRAMES_PER_WRITE; n++) frames.set(frame, n * frame.length);

const server = createServer((socket) => {
  const pour = () => socket.write(frames, (error) => error ? socket.destroy() : pour());
  let head = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    if (head.endsWith(HEAD_END)) return;
    head += bytes.toString("latin1");
    if (!head.endsWith(HEAD_END)) return;
    socket.write(UPGRADED);
    // The generator opens all its connections before it counts.
    setTimeout(pour, 2_000);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
