import type { Channel, Clock } from "./ports.ts";

/** A tab that has not answered a roll call after this long is gone. */
export const ROLL_CALL_MS = 400;

type TabMessage =
  | { readonly kind: "who" }
  | { readonly kind: "here"; readonly tab: string; readonly lookingAt: string | undefined }
  | { readonly kind: "news"; readonly topic: string; readonly detail?: unknown };

/** The living tabs by their names, and what somebody looks at in each (undefined: nobody does). */
export type Present = ReadonlyMap<string, string | undefined>;

/**
 * The pages of one browser that show the same server. They ask each other who is alive, so that
 * exactly one sends what a closed page left behind or calls the user, and pass each other news.
 */
export class Tabs {
  #present: Map<string, string | undefined> | undefined;

  /**
   * `channel` is undefined where the browser has none: then this tab believes it is alone.
   * `lookingAt`: what the user looks at in this tab now, if they do.
   */
  constructor(
    readonly id: string,
    private readonly channel: Channel | undefined,
    private readonly clock: Clock,
    private readonly onNews: (topic: string, detail: unknown) => void,
    private readonly lookingAt: () => string | undefined = () => undefined,
  ) {
    if (channel) channel.onmessage = ({ data }) => this.#heard(data as TabMessage);
  }

  tell(topic: string, detail?: unknown): void {
    this.channel?.postMessage({ kind: "news", topic, detail } satisfies TabMessage);
  }

  /** Calls back with every tab that is alive, this one included. */
  rollCall(counted: (alive: Present) => void): void {
    const present = this.#present ??= new Map();
    this.channel?.postMessage({ kind: "who" } satisfies TabMessage);
    this.clock.after(this.channel ? ROLL_CALL_MS : 0, () => {
      this.#present = undefined;
      counted(present.set(this.id, this.lookingAt()));
    });
  }

  close(): void {
    this.channel?.close();
  }

  #heard(message: TabMessage): void {
    if (message.kind === "who") {
      const lookingAt = this.lookingAt();
      this.channel?.postMessage({ kind: "here", tab: this.id, lookingAt } satisfies TabMessage);
    } else if (message.kind === "here") this.#present?.set(message.tab, message.lookingAt);
    else this.onNews(message.topic, message.detail);
  }
}
