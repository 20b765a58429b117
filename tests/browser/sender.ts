import type { ServerProcess } from "../chat/server_process.ts";

/** Somebody without a browser, who can write fast. */
export interface Sender extends AsyncDisposable {
  say(content: string): void;
  /** Any other command; its reply is not waited for. */
  send(command: object): void;
  /** Is seen to type in the room, and goes on until disposed: who stops is seen to for 5 s more. */
  types(): Disposable;
  /** Resolves when everything said so far was acknowledged. */
  settled(): Promise<void>;
}

const TYPES_EVERY_MS = 1_000;

/** Comes in under the name and joins the room. */
export async function sender(
  { ws }: ServerProcess,
  name: string,
  room: string,
): Promise<Sender> {
  const socket = new WebSocket(`${ws}?name=${name}`, "hubbub.json");
  const joined = Promise.withResolvers<void>();
  let said = 0;
  let sent = 0;
  let whenSettled = Promise.withResolvers<void>();
  socket.onmessage = ({ data }) => {
    for (const line of String(data).split("\n")) {
      const event = JSON.parse(line) as { type: string; re?: string; message?: string };
      if (event.type === "joined" && event.re === "join") joined.resolve();
      else if (event.type === "sent" && ++sent === said) whenSettled.resolve();
      else if (event.type === "error") whenSettled.reject(new Error(event.message));
      else if (event.type === "ping") socket.send('{"type":"pong"}');
    }
  };
  const closed = new Promise((resolve) => socket.onclose = resolve);
  await new Promise((resolve) => socket.onopen = resolve);
  socket.send(JSON.stringify({ type: "join", id: "join", room }));
  await joined.promise;
  return {
    say(content) {
      if (said++ === sent) whenSettled = Promise.withResolvers();
      socket.send(JSON.stringify({ type: "message", id: said, room, content }));
    },
    send: (command) => socket.send(JSON.stringify(command)),
    types() {
      const type = () => socket.send(JSON.stringify({ type: "typing", room }));
      type();
      const timer = setInterval(type, TYPES_EVERY_MS);
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
    settled: () => whenSettled.promise,
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}
