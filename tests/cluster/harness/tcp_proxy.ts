/** What a connection's bytes one way go through; may keep some back. One per connection. */
export type Tamper = (bytes: Uint8Array) => Uint8Array[];

export interface Proxy extends AsyncDisposable {
  readonly hostname: string;
  readonly port: number;
  /** Breaks every connection and refuses new ones. */
  cut(): void;
  /** How many were refused so far. */
  readonly refused: number;
  /** Passes nothing on and ends nothing, as a network that swallows packets. */
  stall(): void;
  /** Passes everything on, what had been held back first. */
  heal(): void;
  /** Each piece of data waits this long, and what came after it as long as it does. */
  delayMs: number;
}

const honest = (): Tamper => (bytes) => [bytes];

/**
 * A line to a server that can be cut, stalled, slowed and lied on: `makeTamper` for what comes from
 * the server, `makeTamperBefore` for what goes to it.
 */
export function startProxy(
  target: { readonly hostname: string; readonly port: number },
  makeTamper: () => Tamper = honest,
  makeTamperBefore: () => Tamper = honest,
): Proxy {
  return new TcpProxy(target, makeTamper, makeTamperBefore);
}

class TcpProxy implements Proxy {
  readonly hostname = "127.0.0.1";
  readonly port: number;
  delayMs = 0;
  refused = 0;
  readonly #listener: Deno.TcpListener;
  readonly #accepting: Promise<void>;
  /** Both ends of every line. */
  readonly #ends = new Set<Deno.TcpConn>();
  readonly #pumps = new Set<Promise<void>>();
  #gate: PromiseWithResolvers<void> | undefined;
  #refuses = false;

  constructor(
    readonly target: { readonly hostname: string; readonly port: number },
    readonly makeTamper: () => Tamper,
    readonly makeTamperBefore: () => Tamper,
  ) {
    this.#listener = Deno.listen({ hostname: this.hostname, port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  cut(): void {
    this.#refuses = true;
    for (const end of this.#ends) this.#close(end);
    this.#open();
  }

  stall(): void {
    this.#gate ??= Promise.withResolvers();
  }

  heal(): void {
    this.#refuses = false;
    this.#open();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    await this.#accepting;
    await Promise.all(this.#pumps);
  }

  #open(): void {
    this.#gate?.resolve();
    this.#gate = undefined;
  }

  async #accept(): Promise<void> {
    try {
      for await (const near of this.#listener) {
        if (this.#refuses) {
          this.refused++;
          near.close();
        } else this.#keep(this.#join(near));
      }
    } catch {
      // The listener was closed.
    }
  }

  #keep(pump: Promise<void>): void {
    this.#pumps.add(pump);
    void pump.finally(() => this.#pumps.delete(pump));
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    this.#ends.add(near);
    await this.#gate?.promise;
    let far: Deno.TcpConn;
    try {
      far = await Deno.connect(this.target);
    } catch {
      return this.#close(near);
    }
    if (!this.#ends.has(near)) return far.close();
    this.#ends.add(far);
    await Promise.all([
      this.#pump(near, far, this.makeTamperBefore()),
      this.#pump(far, near, this.makeTamper()),
    ]);
  }

  async #pump(from: Deno.TcpConn, to: Deno.TcpConn, tamper: Tamper): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
        while (this.#gate) await this.#gate.promise;
        for (const bytes of tamper(buffer.slice(0, count))) await writeAll(to, bytes);
      }
    } catch {
      // One of the two has gone.
    }
    this.#close(from);
    this.#close(to);
  }

  #close(end: Deno.TcpConn): void {
    if (this.#ends.delete(end)) end.close();
  }
}

async function writeAll(to: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}
