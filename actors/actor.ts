import type { Clock } from "./clock.ts";
import type { Mailbox, Source } from "./mailbox.ts";

/**
 * An actor is an async function over its mailbox, as a goroutine is a function over its channel:
 * it loops `for await (const batch of self.inbox.batches())`, keeps its state in local variables
 * and releases in `finally` what it owns. Its end is its mailbox's end. This file knows nothing of
 * chat.
 */
export type Behaviour<M> = (self: Self<M>) => Promise<void>;

/** What an actor has of itself. */
export interface Self<M> {
  readonly ref: Ref<M>;
  readonly inbox: Mailbox<M>;
  readonly clock: Clock;
  /** Starts a child: it is stopped when this actor ends or is restarted. */
  spawn<C>(name: string, behaviour: Behaviour<C>, options: SpawnOptions): Ref<C>;
}

/** What others have of an actor. */
export interface Ref<M> {
  readonly name: string;
  /** False once the actor takes no more messages. */
  readonly alive: boolean;
  /** False: not taken, the mailbox is full or the actor has stopped. */
  tell(message: M): boolean;
  /**
   * Tells the message that `make` builds around a reply function and waits for the reply.
   * Rejects with `NotTaken`, `AskTimeout` or `ActorStopped`.
   */
  ask<R>(make: (reply: (answer: R) => void) => M, timeoutMs: number): Promise<R>;
  /**
   * As `tell`, but waits for room in a busy actor's mailbox; false when it has stopped instead. What
   * is told it later comes later, also when there is room by then.
   */
  tellWhenFits(message: M): Promise<boolean>;
  /** Lets the actor handle what is queued, then ends it and its children. Safe twice. */
  stop(): Promise<Ending>;
  /** How it ended, once it has. Never rejects. */
  readonly stopped: Promise<Ending>;
}

export type Ending =
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly error: unknown; readonly restarts: number };

export interface SpawnOptions {
  /** Most messages that wait in the mailbox. */
  readonly bound: number;
  /**
   * True: its turns are so many and short that they are not timed; they count as part of the turn
   * before them.
   */
  readonly brief?: boolean;
  /** Where its messages come from; `inside` when not said. */
  readonly source?: Source;
  /** Without it an actor that throws ends as `failed`. */
  readonly restart?: RestartPolicy;
}

export interface RestartPolicy {
  /** More restarts than this within `withinMs` and the actor is given up. */
  readonly most: number;
  readonly withinMs: number;
  /** The first wait; it doubles with every restart inside the window. */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}

/** What an actor is doing, for people. */
export interface Inspection {
  readonly name: string;
  readonly parent: string;
  readonly depth: number;
  readonly bound: number;
  readonly handled: number;
  readonly restarts: number;
  readonly lastError?: string;
  readonly state: "running" | "restarting" | "stopping";
}

/** An actor threw. */
export interface Failure {
  readonly actor: string;
  readonly error: unknown;
  readonly restarts: number;
  /** True: no restart follows. */
  readonly final: boolean;
}

export class NotTaken extends Error {
  override readonly name = "NotTaken";
}
export class AskTimeout extends Error {
  override readonly name = "AskTimeout";
}
export class ActorStopped extends Error {
  override readonly name = "ActorStopped";
}
