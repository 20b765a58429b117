import type { CodecName } from "./scenario.ts";

/** What a server wants to see on the wire around a message's content. */
export interface Codec {
  readonly subprotocol?: string;
  path(room: string): string;
  /** The frame that the server must have sent before the client goes on, by what it contains. */
  readonly greeting?: string;
  /** What the client then sends to be in its rooms; what an answer contains; one for each room? */
  readonly enter?: {
    command(rooms: readonly string[]): string;
    readonly answer: string;
    readonly each: boolean;
  };
  /** What goes before and after a content in a message to a room. */
  message(room: string): readonly [before: string, after: string];
  /** The code of a refusal, the first group, in a line that is one. */
  readonly refusal?: RegExp;
  /** A heartbeat in text: what it looks like and its answer. */
  readonly heartbeat?: readonly [asked: string, answer: string];
}

const text: Codec = {
  path: (room) => `/ws?history=0&room=${room}`,
  message: () => ["", ""],
  refusal: /^! (\w+):/m,
};

const json: Codec = {
  subprotocol: "hubbub.json",
  path: () => "/ws",
  greeting: '"type":"welcome"',
  enter: {
    command: (rooms) =>
      rooms.map((room) => JSON.stringify({ type: "join", id: "enter", room, history: 0 })).join(
        "\n",
      ),
    answer: '"re":"enter"',
    each: true,
  },
  message: (room) => [`{"type":"message","room":${JSON.stringify(room)},"content":"`, '"}'],
  refusal: /"type":"error".*?"code":"(\w+)"/,
  heartbeat: ['{"type":"ping"}', '{"type":"pong"}'],
};

/** Engine.IO 4 and Socket.IO 5 packets: `0` open, `40` connect, `42` event. */
const socketio: Codec = {
  path: (room) => `/socket.io/?EIO=4&transport=websocket&room=${room}`,
  greeting: '0{"sid":',
  enter: { command: () => "40", answer: '40{"sid":', each: false },
  message: () => ['42["m","', '"]'],
  heartbeat: ["2", "3"],
};

export const CODECS: Readonly<Record<CodecName, Codec>> = { text, json, socketio };
