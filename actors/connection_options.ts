import type { Command } from "../protocol/commands.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Store, UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { Budgets } from "./budgets.ts";
import type { WriterTimes } from "./heart.ts";
import type { Queries } from "./queries.ts";
import type { Session, View } from "./session.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

/** Told of what happens on connections; never per message that is sent. */
export interface ConnectionObserver {
  opened(session: Session): void;
  closed(code: number, session: Session): void;
  command(type: Command["type"]): void;
  refused(code: ErrorCode): void;
  /** Ended because its queue is full, or because its socket took nothing for the write timeout. */
  tooSlow(session: Session, why: "queue" | "write"): void;
}

/** What every connection of a server shares. */
export interface ConnectionOptions {
  readonly store: Store;
  readonly switchboard: Ref<SwitchboardMessage>;
  readonly queries: Queries;
  readonly limits: Limits;
  readonly budgets: Budgets;
  readonly times: WriterTimes;
  readonly server: { readonly name: string; readonly version: string };
  /** Whether other nodes serve the same rooms. */
  readonly severalNodes?: boolean | undefined;
  readonly observer?: ConnectionObserver | undefined;
}

/** Who connects, and how. */
export interface Newcomer {
  readonly id: string;
  readonly user: UserRef;
  readonly canonicalName: string;
  /** The group of addresses that it counts against. */
  readonly addressGroup: string;
  readonly admin: boolean;
  readonly tokenId: string | undefined;
  /** When its session ends by itself, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** With which the same user comes back. */
  readonly token: string;
  readonly view: View;
  /** The room to begin in. */
  readonly room: string | undefined;
  /** Messages to begin with there. */
  readonly history: number | undefined;
}
