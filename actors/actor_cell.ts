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

/** How one actor lives: started, restarted, stopped and looked at. Knows nothing of chat either. */
export class ActorCell<M> implements Cell {
  readonly ref: Ref<M>;
  readonly #inbox: Mailbox<M>;
  readonly #children = new Set<Cell>();
  readonly #asking = new Set<(error: Error) => void>();
  readonly #restartTimes: number[] = [];
  #restarts = 0;
  #lastError: string | undefined;
  #state: Inspection["state"] = "running";
  #skipBackoff: (() => void) | undefined;

  constructor(
    readonly context: Context,
    readonly parent: string,
    siblings: Set<Cell>,
    readonly name: string,
    readonly behaviour: Behaviour<M>,
    readonly options: SpawnOptions,
  ) {
    this.#inbox = options.brief
      ? new Mailbox(options.bound, undefined, options.source)
      : new Mailbox(options.bound, () => context.turns.began(name), options.source);
    const { promise: stopped, resolve } = Promise.withResolvers<Ending>();
    const inbox = this.#inbox;
    this.ref = {
      name,
      get alive() {
        return !inbox.closed;
      },
      tell: (message) => inbox.offer(message),
      ask: (make, timeoutMs) => this.#ask(make, timeoutMs),
      space: () => inbox.space(),
      stop: () => this.stop(),
      stopped,
    };
    siblings.add(this);
    // Starts in a microtask: whoever spawns has its Ref before the actor runs.
    Promise.resolve().then(() => this.#live()).then((ending) => {
      siblings.delete(this);
      for (const reject of this.#asking) reject(new ActorStopped(`${name} stopped`));
      resolve(ending);
    });
  }

  stop(): Promise<Ending> {
    this.#state = "stopping";
    this.#inbox.close();
    this.#skipBackoff?.();
    return this.ref.stopped;
  }

  inspect(into: Inspection[]): void {
    into.push({
      name: this.name,
      parent: this.parent,
      depth: this.#inbox.depth,
      bound: this.#inbox.bound,
      handled: this.#inbox.taken,
      restarts: this.#restarts,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      state: this.#state,
    });
    for (const child of this.#children) child.inspect(into);
  }

  /** Runs the behaviour until it ends well or is given up. */
  async #live(): Promise<Ending> {
    for (;;) {
      const failed = await this.#runOnce();
      if (!failed) {
        this.#inbox.close();
        return { kind: "stopped" };
      }
      const backoffMs = this.#backoffMs();
      this.#lastError = String(failed.error);
      this.context.onFailure({
        actor: this.name,
        error: failed.error,
        restarts: this.#restarts,
        final: backoffMs === undefined,
      });
      if (backoffMs === undefined) {
        this.#inbox.close();
        return { kind: "failed", error: failed.error, restarts: this.#restarts };
      }
      this.#restarts++;
      await this.#pause(backoffMs);
    }
  }

  async #runOnce(): Promise<{ error: unknown } | undefined> {
    const self: Self<M> = {
      ref: this.ref,
      inbox: this.#inbox,
      clock: this.context.clock,
      spawn: (name, behaviour, options) =>
        new ActorCell(this.context, this.name, this.#children, name, behaviour, options).ref,
    };
    let failed: { error: unknown } | undefined;
    try {
      await this.behaviour(self);
    } catch (error) {
      failed = { error };
    }
    await Promise.all([...this.#children].map((child) => child.stop()));
    return failed;
  }

  /** How long to wait before the next start; undefined when it is given up. */
  #backoffMs(): number | undefined {
    const policy = this.options.restart;
    // A closed mailbox is only worth a restart while something is left in it to handle.
    if (!policy || (this.#inbox.closed && this.#inbox.depth === 0)) return undefined;
    const nowMs = this.context.clock.monotonic();
    const times = this.#restartTimes;
    while (times[0] !== undefined && times[0] <= nowMs - policy.withinMs) times.shift();
    if (times.length >= policy.most) return undefined;
    times.push(nowMs);
    return Math.min(policy.backoffMs * 2 ** (times.length - 1), policy.backoffMaxMs);
  }

  #pause(backoffMs: number): Promise<void> {
    if (this.#state === "stopping") return Promise.resolve();
    this.#state = "restarting";
    return new Promise((resolve) => {
      const cancel = this.context.clock.after(backoffMs, () => {
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

  #ask<R>(make: (reply: (answer: R) => void) => M, timeoutMs: number): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      const settle = () => {
        cancel();
        this.#asking.delete(fail);
      };
      const fail = (error: Error) => {
        settle();
        reject(error);
      };
      const cancel = this.context.clock.after(
        timeoutMs,
        () => fail(new AskTimeout(`${this.name} did not answer within ${timeoutMs} ms`)),
      );
      this.#asking.add(fail);
      const message = make((answer) => {
        settle();
        resolve(answer);
      });
      if (!this.#inbox.offer(message)) {
        fail(
          this.#inbox.closed
            ? new ActorStopped(`${this.name} has stopped`)
            : new NotTaken(`${this.name} is busy: ${this.#inbox.bound} messages wait`),
        );
      }
    });
  }
}
