import { signal } from "@preact/signals";
import type { Report } from "./report.ts";

/** Listed of each kind; the figures of a kind are of all its actors. */
const LISTED = 50;
const ASK_EVERY_MS = 1_500;
const ASK_AGAIN_MS = 5_000;

export type Trouble = "not_allowed" | "away";

/** Asks the server again and again, while somebody looks at the page. */
export class Feed {
  readonly report = signal<Report | undefined>(undefined);
  readonly trouble = signal<Trouble | undefined>(undefined);
  readonly paused = signal(false);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;

  start(): void {
    document.addEventListener("visibilitychange", () => this.#go());
    this.#go();
  }

  pause(paused: boolean): void {
    this.paused.value = paused;
    this.#go();
  }

  #go(): void {
    clearTimeout(this.#timer);
    if (!document.hidden && !this.paused.value && !this.#asking) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.trouble.value = await this.#read();
    this.#asking = false;
    if (document.hidden || this.paused.value) return;
    this.#timer = setTimeout(() => this.#go(), this.trouble.value ? ASK_AGAIN_MS : ASK_EVERY_MS);
  }

  async #read(): Promise<Trouble | undefined> {
    try {
      const answer = await fetch(new URL(`api/actors?limit=${LISTED}`, document.baseURI));
      if (answer.status === 401 || answer.status === 403) {
        this.report.value = undefined;
        return "not_allowed";
      }
      if (!answer.ok) return "away";
      this.report.value = await answer.json();
      return undefined;
    } catch {
      return "away";
    }
  }
}
