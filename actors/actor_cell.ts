import {
  ActorStopped,
  AskTimeout,
  type Behaviour,
  type Ending,
  type Failure,
  type Inspection,
  NotTaken,
  type Ref,
  type Self,
  type SpawnOptions,
} from "./actor.ts";
import type { Clock } from "./clock.ts";
import { Mailbox } from "./mailbox.ts";
import type { Turns } from "./turns.ts";

/** What the actors of a system share. */
export interface Context {
  readonly clock: Clock;
  readonly turns: Turns;
  onFailure(failure: Failure): void;
}

/** An actor as its parent sees it, whatever its message type. */
export interface Cell {
  stop(): Promise<Ending>;
  inspect(into: Inspection[]): void;
}

/**
 * How one actor lives: started, restarted, stopped and looked at. Knows nothing of chat either. Long
 * because one life has all of these, and they share its state.
 *
 * One object for all who look at the actor: others have it as its `Ref`, the actor itself as its
 * `Self`, its parent as a `Cell`. There are two actors to a connection, so what one takes while it
 * waits counts: methods are not closures, and sets are made when something is in them.
 */
export class ActorCell<M> implements Ref<M>, Self<M>, Cell {
  readonly inbox: Mailbox<M>;
  readonly stopped: Promise<Ending>;
  readonly #context: Context;
  readonly #parent: string;
  readonly #behaviour: Behaviour<M>;
  readonly #options: SpawnOptions;
  #children: Set<Cell> | undefined;
  #asking: Set<(error: Error) => void> | undefined;
  #restartTimes: number[] | undefined;
  #restarts = 0;
  #lastError: string | undefined;
  #state: Inspection["state"] = "running";
  #skipBackoff: (() => void) | undefined;

  constructor(
    context: Context,
    parent: string,
    siblings: Set<Cell>,
    readonly name: string,
    behaviour: Behaviour<M>,
    options: SpawnOptions,
  ) {
    this.#context = context;
    this.#parent = parent;
    this.#behaviour = behaviour;
    this.#options = options;
    this.inbox = options.brief
      ? new Mailbox(options.bound, undefined, options.source)
      : new Mailbox(options.bound, () => context.turns.began(name), options.source);
    siblings.add(this);
    this.stopped = this.#live(siblings);
  }

  get ref(): Ref<M> {
    return this;
  }

  get clock(): Clock {
    return this.#context.clock;
  }

  get alive(): boolean {
    return !this.inbox.closed;
  }

  tell(message: M): boolean {
    return this.inbox.offer(message);
  }

  ask<R>(make: (reply: (answer: R) => void) => M, timeoutMs: number): Promise<R> {
    const asking = this.#asking ??= new Set();
    return new Promise<R>((resolve, reject) => {
      const settle = () => {
        cancel();
        asking.delete(fail);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      const cancel = this.#context.clock.after(
        timeoutMs,
        () => fail(new AskTimeout(`${this.name} did not answer within ${timeoutMs} ms`)),
      );
      asking.add(fail);
      const message = make((answer) => {
        settle();
        resolve(answer);
      });
      if (!this.inbox.offer(message)) {
        fail(
          this.inbox.closed
            ? new ActorStopped(`${this.name} has stopped`)
            : new NotTaken(`${this.name} is busy: ${this.inbox.bound} messages wait`),
        );
      }
    });
  }

  tellWhenFits(message: M): Promise<boolean> {
    return this.inbox.offerWhenFits(message);
  }

  spawn<C>(name: string, behaviour: Behaviour<C>, options: SpawnOptions): Ref<C> {
    this.#children ??= new Set();
    return new ActorCell(this.#context, this.name, this.#children, name, behaviour, options);
  }

  stop(): Promise<Ending> {
    this.#state = "stopping";
    this.inbox.close();
    this.#skipBackoff?.();
    return this.stopped;
  }

  inspect(into: Inspection[]): void {
    into.push({
      name: this.name,
      parent: this.#parent,
      depth: this.inbox.depth,
      bound: this.inbox.bound,
      handled: this.inbox.taken,
      restarts: this.#restarts,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      state: this.#state,
    });
    for (const child of this.#children ?? []) child.inspect(into);
  }

  /** Runs the behaviour until it ends well or is given up. */
  async #live(siblings: Set<Cell>): Promise<Ending> {
    // Whoever spawns has its Ref before the actor runs.
    await undefined;
    let ending: Ending | undefined;
    while (!ending) {
      let failure: { readonly error: unknown } | undefined;
      try {
        await this.#behaviour(this);
      } catch (error) {
        failure = { error };
      }
      await Promise.all([...this.#children ?? []].map((child) => child.stop()));
      ending = failure ? await this.#failed(failure.error) : { kind: "stopped" };
    }
    this.inbox.close();
    siblings.delete(this);
    for (const reject of this.#asking ?? []) reject(new ActorStopped(`${this.name} stopped`));
    return ending;
  }

  /** Waits until it is time for another start; an ending when there is to be none. */
  async #failed(error: unknown): Promise<Ending | undefined> {
    const backoffMs = this.#backoffMs();
    const restarts = this.#restarts;
    this.#lastError = String(error);
    this.#context.onFailure({
      actor: this.name,
      error,
      restarts,
      final: backoffMs === undefined,
    });
    if (backoffMs === undefined) return { kind: "failed", error, restarts };
    this.#restarts++;
    await this.#pause(backoffMs);
    return undefined;
  }

  /** How long to wait before the next start; undefined when it is given up. */
  #backoffMs(): number | undefined {
    const policy = this.#options.restart;
    // A closed mailbox is only worth a restart while something is left in it to handle.
    if (!policy || (this.inbox.closed && this.inbox.depth === 0)) return undefined;
    const nowMs = this.#context.clock.monotonic();
    const times = this.#restartTimes ??= [];
    while (times[0] !== undefined && times[0] <= nowMs - policy.withinMs) times.shift();
    if (times.length >= policy.most) return undefined;
    times.push(nowMs);
    return Math.min(policy.backoffMs * 2 ** (times.length - 1), policy.backoffMaxMs);
  }

  #pause(backoffMs: number): Promise<void> {
    if (this.#state === "stopping") return Promise.resolve();
    this.#state = "restarting";
    return new Promise((resolve) => {
      const cancel = this.#context.clock.after(backoffMs, () => {
        if (this.#state === "restarting") this.#state = "running";
        this.#skipBackoff = undefined;
        resolve();
      });
      this.#skipBackoff = () => {
        cancel();
        resolve();
      };
    });
  }
}
