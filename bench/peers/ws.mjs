// The `ws` library on Node, used as its documentation's broadcast example does.
import { createServer } from "node:http";
import { WebSocket, WebSocketServer } from "ws";

const rooms = new Map();
const http = createServer();
const server = new WebSocketServer({ server: http, path: "/ws", perMessageDeflate: false });

server.on("connection", (socket, request) => {
  const name = new URL(request.url, "http://127.0.0.1").searchParams.get("room") ?? "lobby";
  let room = rooms.get(name);
  if (room === undefined) rooms.set(name, room = new Set());
  room.add(socket);
  socket.on("error", () => socket.terminate());
  socket.on("close", () => room.delete(socket));
  socket.on("message", (data) => {
    for (const member of room) {
      if (member.readyState === WebSocket.OPEN) member.send(data, { binary: false });
    }
  });
});

http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => {
  console.log(`http://127.0.0.1:${http.address().port}`);
});
