/**
 * The port to what carries words between nodes. It may lose, double and swap them, and be away;
 * whoever uses it heals that by itself. Nothing here waits for anybody.
 */
export interface Bus {
  /** Connects and, whatever happens, connects again until it is closed. Called once. */
  open(listener: BusListener): void;
  /**
   * False: dropped, because it is away or too much is under way. True is no promise that anybody
   * hears it.
   */
  publish(channel: string, text: string): boolean;
  /** Kept over every reconnection. Safe twice. */
  subscribe(channel: string): void;
  unsubscribe(channel: string): void;
  /** Sends what `publish` took, if that can be done soon, and ends. Tells the listener nothing more. */
  close(): Promise<void>;
}

export interface BusListener {
  /** Also told of what this node published itself where it listens. */
  received(channel: string, text: string): void;
  /** From now on what is published there comes; told again after every reconnection. */
  subscribed(channels: readonly string[]): void;
  /**
   * Connected, and what was published meanwhile is lost; or away, and why: told again when that is
   * for another reason.
   */
  changed(state: { readonly up: true } | { readonly up: false; readonly why: string }): void;
  /** How long a word took from this node to this node. */
  took(ms: number): void;
}
