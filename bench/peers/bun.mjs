// Bun's own publish: every connection subscribes to its room, the runtime does the fan-out.
// Run by Bun, not by Deno, hence JavaScript.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request, server) {
    const room = new URL(request.url).searchParams.get("room") ?? "lobby";
    return server.upgrade(request, { data: { room } })
      ? undefined
      : new Response("expected a WebSocket handshake", { status: 426 });
  },
  websocket: {
    idleTimeout: 0,
    open: (socket) => socket.subscribe(socket.data.room),
    message: (socket, text) => void server.publish(socket.data.room, text),
  },
});
console.log(`http://127.0.0.1:${server.port}`);
