import type { Store } from "../store/store.ts";
import type { AmongNodes } from "./abroad.ts";
import type { Ref } from "./actor.ts";
import type { ArchiveMessage } from "./archive.ts";
import type { HubObserver } from "./hub_options.ts";

export interface SwitchboardOptions {
  readonly store: Store;
  readonly archive: Ref<ArchiveMessage>;
  readonly joinHistory: number;
  readonly hubIdleMs: number;
  /** A user is told to be offline, and a guest's name is free, this long after its last session. */
  readonly graceMs: number;
  /** Undefined: this node is the only one. */
  readonly among?: AmongNodes | undefined;
  readonly observer?: HubObserver | undefined;
  /** Throws a `Refusal` when too many rooms were made from this group of addresses. */
  mayOpen?: ((from: string) => void) | undefined;
  onFailure(error: unknown, what: string): void;
  /** A hub was given up: the server cannot go on serving that room. */
  onGivenUp(hub: string, error: unknown): void;
}

export const GRACE_MS = 5_000;
