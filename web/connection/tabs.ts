import type { Channel, Clock } from "./ports.ts";

/** A tab that has not answered a roll call after this long is gone. */
export const ROLL_CALL_MS = 400;

type TabMessage =
  | { readonly kind: "who" }
  | { readonly kind: "here"; readonly tab: string }
  | { readonly kind: "news"; readonly topic: string; readonly detail?: unknown };

/**
 * The pages of one browser that show the same server. They ask each other who is alive, so that
 * exactly one sends what a closed page left behind, and pass each other news.
 */
export class Tabs {
  #present: Set<string> | undefined;

  /** `channel` is undefined where the browser has none: then this tab believes it is alone. */
  constructor(
    readonly id: string,
    private readonly channel: Channel | undefined,
    private readonly clock: Clock,
    private readonly onNews: (topic: string, detail: unknown) => void,
  ) {
    if (channel) channel.onmessage = ({ data }) => this.#heard(data as TabMessage);
  }

  tell(topic: string, detail?: unknown): void {
    this.channel?.postMessage({ kind: "news", topic, detail } satisfies TabMessage);
  }

  /** Calls back with every tab that is alive, this one included. */
  rollCall(counted: (alive: ReadonlySet<string>) => void): void {
    const present = this.#present ??= new Set([this.id]);
    this.channel?.postMessage({ kind: "who" } satisfies TabMessage);
    this.clock.after(this.channel ? ROLL_CALL_MS : 0, () => {
      this.#present = undefined;
      counted(present);
    });
  }

  close(): void {
    this.channel?.close();
  }

  #heard(message: TabMessage): void {
    if (message.kind === "who") {
      this.channel?.postMessage({ kind: "here", tab: this.id } satisfies TabMessage);
    } else if (message.kind === "here") this.#present?.add(message.tab);
    else this.onNews(message.topic, message.detail);
  }
}
