// Plain Deno: every message is sent to every member as it comes, nothing is joined or queued.
const rooms = new Map();

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
}, (request) => {
  const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 });
  const name = new URL(request.url).searchParams.get("room") ?? "lobby";
  let room = rooms.get(name);
  if (room === undefined) rooms.set(name, room = new Set());
  socket.onopen = () => room.add(socket);
  socket.onclose = () => room.delete(socket);
  socket.onmessage = ({ data }) => {
    for (const member of room) if (member.readyState === WebSocket.OPEN) member.send(data);
  };
  return response;
});
