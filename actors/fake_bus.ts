import type { Bus, BusListener } from "./bus.ts";

/** What becomes of one publication on its way to one listener. */
export type Fate = "arrives" | "lost" | "doubled" | "late";

/**
 * What several nodes of a test share instead of Redis. Words arrive in a later turn of the event
 * loop; `fate` decides about each of them, and `away` takes the bus away from everybody.
 */
export class FakeBusServer {
  readonly #connections = new Set<FakeBus>();
  readonly #late: (() => void)[] = [];
  #away = false;
  fate: (channel: string, text: string) => Fate = () => "arrives";
  published = 0;

  /** The bus as one node has it. */
  connect(): FakeBus {
    return new FakeBus(this);
  }

  get away(): boolean {
    return this.#away;
  }

  /** Goes away, or comes back without what was published meanwhile. */
  set away(away: boolean) {
    if (away === this.#away) return;
    this.#away = away;
    for (const connection of this.#connections) connection.changed(!away);
  }

  /** Delivers what was late, the last first. */
  deliverLate(): void {
    for (const deliver of this.#late.splice(0).reverse()) deliver();
  }

  opened(connection: FakeBus): void {
    this.#connections.add(connection);
    if (!this.#away) connection.changed(true);
  }

  closed(connection: FakeBus): void {
    this.#connections.delete(connection);
  }

  publish(channel: string, text: string): void {
    this.published++;
    for (const connection of this.#connections) {
      if (!connection.listens(channel)) continue;
      const deliver = () => connection.deliver(channel, text);
      switch (this.fate(channel, text)) {
        case "arrives":
          queueMicrotask(deliver);
          break;
        case "doubled":
          queueMicrotask(deliver);
          queueMicrotask(deliver);
          break;
        case "late":
          this.#late.push(deliver);
          break;
        case "lost":
      }
    }
  }
}

export class FakeBus implements Bus {
  readonly #channels = new Set<string>();
  #listener: BusListener | undefined;
  #cut = false;

  constructor(readonly server: FakeBusServer) {}

  /** Takes the bus away from this node alone, or gives it back. */
  set cut(cut: boolean) {
    this.#cut = cut;
    this.changed(!cut);
  }

  get up(): boolean {
    return this.#listener !== undefined && !this.#cut && !this.server.away;
  }

  open(listener: BusListener): void {
    this.#listener = listener;
    this.server.opened(this);
  }

  publish(channel: string, text: string): boolean {
    if (!this.up) return false;
    this.server.publish(channel, text);
    return true;
  }

  subscribe(channel: string): void {
    this.#channels.add(channel);
    if (this.up) queueMicrotask(() => this.#listener?.subscribed([channel]));
  }

  unsubscribe(channel: string): void {
    this.#channels.delete(channel);
  }

  close(): Promise<void> {
    this.server.closed(this);
    this.#listener = undefined;
    return Promise.resolve();
  }

  listens(channel: string): boolean {
    return this.up && this.#channels.has(channel);
  }

  deliver(channel: string, text: string): void {
    if (this.listens(channel)) this.#listener?.received(channel, text);
  }

  changed(up: boolean): void {
    if (up && this.up) {
      this.#listener?.changed({ up });
      this.#listener?.subscribed([...this.#channels]);
    } else if (!up) this.#listener?.changed({ up, why: "taken away" });
  }
}
