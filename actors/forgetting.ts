import type { UserId } from "../store/store.ts";
import type { Ref, Self } from "./actor.ts";
import { type ArchiveMessage, writeThrough } from "./archive.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

/** A guest with a direct conversation or a group keeps its name this long without being seen. */
const GUEST_IDLE_MS = 30 * 24 * 3600 * 1000;
const FORGET_EVERY_MS = 3600 * 1000;
/** One of several nodes looks so often whether it is the one that frees names. */
const LOOK_EVERY_MS = 60_000;

export interface ForgettingOptions {
  readonly archive: Ref<ArchiveMessage>;
  /** Whose names are in use. */
  online(): ReadonlySet<UserId>;
  /** Of several nodes one does it. */
  isOurs(): boolean;
  onFailure(error: unknown, what: string): void;
}

/** Frees the names of guests who have not been seen for long, and tells its actor when it is time. */
export class Forgetting {
  #cancel = () => {};

  constructor(
    readonly self: Self<SwitchboardMessage>,
    readonly options: ForgettingOptions,
  ) {}

  forget(): void {
    const { archive, online, isOurs, onFailure } = this.options;
    const ours = isOurs();
    this.#forgetIn(ours ? FORGET_EVERY_MS : LOOK_EVERY_MS);
    if (!ours) return;
    const idleBefore = this.self.clock.now() - GUEST_IDLE_MS;
    const users = online();
    writeThrough(archive, (store) => store.forgetGuests(idleBefore, users))
      .catch((error) => onFailure(error, "forgetting guests"));
  }

  /** Some went while it could not be known whether they are elsewhere; soon it can. */
  soon(): void {
    this.#forgetIn(LOOK_EVERY_MS);
  }

  stop(): void {
    this.#cancel();
  }

  #forgetIn(delayMs: number): void {
    this.#cancel();
    this.#cancel = this.self.clock.after(
      delayMs,
      () => void this.self.ref.tellWhenFits({ type: "forget" }),
    );
  }
}
