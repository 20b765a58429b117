import type { Clock } from "../actors/clock.ts";
import type { RelayObserver } from "../actors/relay_messages.ts";
import type { SharedKeys } from "../actors/shared_keys.ts";

/** A store that has not written a small row by then is not ready. */
const PROBE_TIMEOUT_MS = 2_000;

export interface ReadinessOptions {
  readonly clock: Clock;
  /** What one of several nodes shares with the others: without it no name can be given. */
  readonly keys: Pick<SharedKeys, "up"> | undefined;
  /** Told whether the store could be written. */
  onStore(up: boolean): void;
}

/** Whether a server can serve, as `/readyz` says it. */
export class Readiness {
  #busTrouble: string | undefined;
  #stopping = false;

  constructor(readonly options: ReadinessOptions) {
    if (options.keys) this.#busTrouble = "Redis has not answered yet";
  }

  readonly bus: RelayObserver["bus"] = (state) => {
    this.#busTrouble = state.up ? undefined : `Redis is away: ${state.why}`;
  };

  stop(): void {
    this.#stopping = true;
  }

  /** Why it cannot serve; undefined: it can. `probe` writes a small row. */
  async trouble(probe: () => Promise<void>): Promise<string | undefined> {
    if (this.#stopping) return "stopping";
    const trouble = await this.#storeTrouble(probe);
    this.options.onStore(trouble === undefined);
    return [this.#redisTrouble(), trouble].filter((each) => each !== undefined).join("; ") ||
      undefined;
  }

  /** They have connections of their own, and each comes back when it can. */
  #redisTrouble(): string | undefined {
    const { keys } = this.options;
    return this.#busTrouble ?? (keys?.up === false ? "Redis is away for names" : undefined);
  }

  async #storeTrouble(probe: () => Promise<void>): Promise<string | undefined> {
    const late = Promise.withResolvers<string>();
    const cancel = this.options.clock.after(
      PROBE_TIMEOUT_MS,
      () => late.resolve("the store does not answer"),
    );
    const probed = probe().then(() => undefined, () => "the store cannot be written");
    const trouble = await Promise.race([probed, late.promise]);
    cancel();
    return trouble;
  }
}
