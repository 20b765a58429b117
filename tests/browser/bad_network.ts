/** A TCP proxy on loopback that behaves as badly as it is told. */
export class BadNetwork implements AsyncDisposable {
  /** Each piece, in each direction, is this late. */
  delayMs = 0;
  /** Nothing passes, and nobody is told: the cable is cut. */
  isStalled = false;
  /** New connections are refused. */
  isDown = false;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work = new Set<Promise<void>>();
  #isClosed = false;

  /** `to`: the server's port; a server that comes back elsewhere is followed. */
  constructor(public to: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#track(this.#accept());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Breaks every connection, at once and without a goodbye. */
  cut(): void {
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#listener.close();
    this.cut();
    await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    while (!this.#isClosed) {
      // Whoever has left again before it was its turn is none; the others wait behind it.
      const client = await this.#listener.accept().catch(() => undefined);
      if (client) this.#track(this.#join(client));
    }
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    if (this.isDown) return close(client);
    this.#connections.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.to }).catch(() => null);
    if (!server || !this.#connections.has(client)) {
      // Cut while it was put through.
      if (server) close(server);
      this.#connections.delete(client);
      return close(client);
    }
    this.#connections.add(server);
    await Promise.all([this.#pass(client, server), this.#pass(server, client)]);
    this.#connections.delete(client);
    this.#connections.delete(server);
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        if (this.delayMs > 0) await pause(this.delayMs);
        while (this.isStalled && !this.#isClosed) await pause(20);
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // Cut on either side.
    }
    close(from);
    close(to);
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}
