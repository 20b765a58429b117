import { PATIENCE_MS } from "../patience.ts";
import {
  closeOf,
  closePayload,
  frameBytes,
  frameIn,
  type FrameOptions,
  joinBytes,
  OPCODE,
  type RawClose,
  type RawFrame,
} from "./raw_frame.ts";

/**
 * A WebSocket client made by hand over a TCP connection, for everything a proper one refuses to do:
 * broken handshakes, unmasked or invalid frames, fragments without end, half-closing, not reading.
 * Reading is by demand: a client that asks for nothing reads nothing.
 */

export interface HttpReply {
  readonly status: number;
  /** Names in lower case; repeated headers joined with ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** The bytes of an opening handshake; `headers` replace or, with `null`, remove the usual ones. */
export function handshakeBytes(
  path: string,
  headers: Readonly<Record<string, string | null>> = {},
  method = "GET",
): Uint8Array {
  const all: Record<string, string | null> = {
    "Host": "localhost",
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`]
  );
  return encoder.encode([`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
}

export class RawClient {
  /** Waiting longer for a byte or the end throws: a promise that is broken is no test that hangs. */
  patienceMs = PATIENCE_MS;
  #buffer = new Uint8Array(0);

  private constructor(readonly tcp: Deno.TcpConn) {}

  static async connect(port: number, hostname = "127.0.0.1"): Promise<RawClient> {
    return new RawClient(await Deno.connect({ hostname, port }));
  }

  /** Connects and shakes hands; throws when the answer is not 101. */
  static async open(
    port: number,
    path = "/ws",
    headers: Readonly<Record<string, string | null>> = {},
  ): Promise<RawClient> {
    const client = await RawClient.connect(port);
    try {
      const { status, body } = await client.handshake(path, headers);
      if (status !== 101) throw new Error(`expected 101, got ${status} ${body}`);
      return client;
    } catch (error) {
      client.destroy();
      throw error;
    }
  }

  async handshake(
    path = "/ws",
    headers: Readonly<Record<string, string | null>> = {},
    method = "GET",
  ): Promise<HttpReply> {
    await this.write(handshakeBytes(path, headers, method));
    return await this.readReply();
  }

  /** Writes all bytes, whatever they are. */
  async write(bytes: Uint8Array | string): Promise<void> {
    let rest = typeof bytes === "string" ? encoder.encode(bytes) : bytes;
    while (rest.byteLength > 0) rest = rest.subarray(await this.tcp.write(rest));
  }

  async send(
    opcode: number,
    payload: string | Uint8Array = "",
    options: FrameOptions = {},
  ): Promise<void> {
    await this.write(frameBytes(opcode, payload, options));
  }

  async text(content: string): Promise<void> {
    await this.send(OPCODE.text, content);
  }

  /** The next frame; undefined when the connection ended before a whole one. */
  async readFrame(): Promise<RawFrame | undefined> {
    let found;
    while (!(found = frameIn(this.#buffer))) if (!await this.#more()) return undefined;
    this.#drop(found.bytes);
    return found.frame;
  }

  /** The next text message, skipping pings and pongs; throws when the connection ends instead. */
  async readText(): Promise<string> {
    while (true) {
      const frame = await this.readFrame();
      if (frame === undefined) throw new Error("expected a text frame, got the end of TCP");
      if (frame.opcode === OPCODE.text) return decoder.decode(frame.payload);
      if (frame.opcode === OPCODE.close) {
        throw new Error(`expected a text frame, got close ${closeOf(frame).code}`);
      }
    }
  }

  /** Reads until the connection closes, dropping what else comes. The answer to it is not sent. */
  async readClose(): Promise<RawClose> {
    while (true) {
      const frame = await this.readFrame();
      if (frame === undefined) return { code: 1006, reason: "" };
      if (frame.opcode === OPCODE.close) return closeOf(frame);
    }
  }

  /** One HTTP response; its body by Content-Length, or up to the end of the connection. */
  async readReply(): Promise<HttpReply> {
    let end: number;
    while ((end = indexOfHeadEnd(this.#buffer)) < 0) {
      if (!await this.#more()) throw new Error("expected an HTTP response, got the end of TCP");
    }
    const [statusLine = "", ...lines] = decoder.decode(this.#buffer.subarray(0, end)).split("\r\n");
    this.#drop(end + 4);
    const headers = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const before = headers.get(name);
      const value = line.slice(colon + 1).trim();
      headers.set(name, before === undefined ? value : `${before}, ${value}`);
    }
    const status = Number(statusLine.split(" ")[1]);
    return { status, headers, body: status === 101 ? "" : await this.#body(headers) };
  }

  /** Everything until the other side ends the connection. */
  async readToEnd(): Promise<string> {
    while (await this.#more());
    const text = decoder.decode(this.#buffer);
    this.#drop(this.#buffer.byteLength);
    return text;
  }

  /** Sends FIN and goes on reading. */
  async halfClose(): Promise<void> {
    await this.tcp.closeWrite();
  }

  /** Sends a close frame, reads up to the server's and closes. */
  async close(code = 1000): Promise<RawClose> {
    await this.send(OPCODE.close, closePayload(code)).catch(() => {});
    const close = await this.readClose();
    this.destroy();
    return close;
  }

  /** Closes the TCP connection at once. Safe twice. */
  destroy(): void {
    try {
      this.tcp.close();
    } catch {
      // Closed already.
    }
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  async #body(headers: ReadonlyMap<string, string>): Promise<string> {
    const length = headers.get("content-length");
    if (length === undefined) {
      if (headers.get("transfer-encoding") === "chunked") throw new Error("chunked is not read");
      return await this.readToEnd();
    }
    const body = await this.#need(Number(length));
    if (body === undefined) throw new Error("expected a whole body, got the end of TCP");
    const text = decoder.decode(body.subarray(0, Number(length)));
    this.#drop(Number(length));
    return text;
  }

  async #need(bytes: number): Promise<Uint8Array | undefined> {
    while (this.#buffer.byteLength < bytes) if (!await this.#more()) return undefined;
    return this.#buffer;
  }

  /** False at the end of the connection, however it came. */
  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(64 * 1024);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.destroy();
    }, this.patienceMs);
    const read = await this.tcp.read(chunk).catch(() => null);
    clearTimeout(timer);
    if (late) throw new Error(`expected a byte or the end within ${this.patienceMs} ms`);
    if (read === null) return false;
    this.#buffer = joinBytes(this.#buffer, chunk.subarray(0, read)) as Uint8Array<ArrayBuffer>;
    return true;
  }

  #drop(bytes: number): void {
    this.#buffer = this.#buffer.subarray(bytes);
  }
}

function indexOfHeadEnd(bytes: Uint8Array): number {
  for (let i = 0; i + 3 < bytes.byteLength; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) {
      return i;
    }
  }
  return -1;
}
