/** Somebody without a browser who writes fast. */
export interface Speaker extends AsyncDisposable {
  say(content: string): void;
  /** Resolves when everything said so far was acknowledged. */
  settled(): Promise<void>;
  /** Says so many messages, evenly over the seconds, and waits until all were taken. */
  stream(count: number, seconds: number): Promise<void>;
}

const WORDS = 20;
const TICK_MS = 5;

/** Comes in under the name and joins the room. */
export async function speaker(port: number, name: string, room: string): Promise<Speaker> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?name=${name}`, "hubbub.json");
  const joined = Promise.withResolvers<void>();
  let said = 0;
  let taken = 0;
  let settling = Promise.withResolvers<void>();
  settling.resolve();
  socket.onmessage = ({ data }) => {
    for (const line of String(data).split("\n")) {
      const event = JSON.parse(line) as { type: string; re?: unknown; message?: string };
      if (event.type === "joined" && event.re === "join") joined.resolve();
      else if (event.type === "sent" && ++taken === said) settling.resolve();
      else if (event.type === "error") {
        const refused = new Error(`${name} was refused: ${event.message}`);
        joined.reject(refused);
        settling.reject(refused);
      } else if (event.type === "ping") socket.send('{"type":"pong"}');
    }
  };
  const closed = new Promise((resolve) => socket.onclose = resolve);
  await new Promise((resolve) => socket.onopen = resolve);
  socket.send(JSON.stringify({ type: "join", id: "join", room }));
  await joined.promise;

  function say(content: string): void {
    if (said === taken) settling = Promise.withResolvers();
    socket.send(JSON.stringify({ type: "message", id: ++said, room, content }));
  }

  return {
    say,
    settled: () => settling.promise,
    async stream(count, seconds) {
      const start = performance.now();
      for (let sent = 0; sent < count;) {
        const share = (performance.now() - start) / 1000 / seconds;
        // Of different heights, as messages are.
        for (const due = Math.min(count, Math.floor(count * share)); sent < due; sent++) {
          say(`message ${sent + 1} ${"word ".repeat(sent % WORDS)}`);
        }
        await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
      await settling.promise;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}
