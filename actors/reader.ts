import { CLOSE, Refusal } from "../protocol/errors.ts";
import type { Command, CommandId, CommandType } from "../protocol/commands.ts";
import { type Decoded, decodeFrame } from "../protocol/json_codec.ts";
import { type Limits, RATE_BURST_FACTOR } from "../protocol/limits.ts";
import { decodeText } from "../protocol/text_codec.ts";
import type { Behaviour, Ref, Self } from "./actor.ts";
import type { Budget } from "./budgets.ts";
import type { ConnectionObserver } from "./connection_options.ts";
import type { Inlet, ReaderMessage } from "./inlet.ts";
import { ROWS_AT_A_TIME } from "./pace.ts";
import type { Queries } from "./queries.ts";
import { asRefusal, reply, replyError } from "./replies.ts";
import { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";
import { TokenBucket } from "./token_bucket.ts";

/**
 * A client may be refused for its rate as often as its rate is, and this often in a burst. Who is
 * refused more does not listen: it is flooding and closed with 1008.
 */
export const FLOOD_REFUSALS_BURST = 500;

/** What everybody in a room is sent: bounded for a user over all its connections. */
const SAID: ReadonlySet<CommandType> = new Set(["message", "edit", "delete", "react"]);

export interface ReaderOptions {
  readonly limits: Limits;
  /** What the user may still say, over all its connections. */
  readonly budget: Budget;
  readonly switchboard: Ref<SwitchboardMessage>;
  readonly queries: Queries;
  readonly session: Session;
  readonly inlet: Inlet;
  /** The room a session is put into when it begins. */
  readonly room?: string | undefined;
  readonly history?: number | undefined;
  readonly observer?: ConnectionObserver | undefined;
}

/**
 * One per connection, fed by the transport: frames in, checked commands out, to the hubs and, for
 * what only reads, to the store. It takes one command after the other; while it waits, its socket
 * is paused where the transport can.
 */
export function reader(options: ReaderOptions): Behaviour<ReaderMessage> {
  return (self) => new Reader(self, options).run();
}

class Reader {
  readonly #session: Session;
  readonly #rooms: Rooms;
  readonly #bucket: TokenBucket;
  readonly #refusals: TokenBucket;

  constructor(readonly self: Self<ReaderMessage>, readonly options: ReaderOptions) {
    const { limits } = options;
    this.#session = options.session;
    this.#rooms = new Rooms(this.#session, options.switchboard);
    this.#bucket = new TokenBucket(
      self.clock,
      limits.ratePerSecond,
      limits.ratePerSecond * RATE_BURST_FACTOR,
    );
    this.#refusals = new TokenBucket(self.clock, limits.ratePerSecond, FLOOD_REFUSALS_BURST);
  }

  async run(): Promise<void> {
    const { room, history } = this.options;
    try {
      if (room !== undefined) await this.#joinFirst(room, history);
      for await (const batch of this.self.inbox.batches()) {
        for (const text of batch) {
          if (!this.#session.out.writer.alive) return;
          const serving = this.#frame(text);
          if (serving) await serving;
          this.options.inlet.served(text);
        }
      }
    } finally {
      for (const hub of this.#rooms.joined()) {
        await hub.tellWhenFits({ type: "gone", session: this.#session });
      }
    }
  }

  #joinFirst(room: string, history: number | undefined): Promise<void> {
    const join = {
      type: "join" as const,
      room,
      ...(history === undefined ? undefined : { history }),
    };
    return this.#guarded(undefined, () => this.#rooms.join(join));
  }

  /** Undefined when nothing is to be waited for. */
  #frame(text: string): Promise<void> | undefined {
    const { limits, room } = this.options;
    const session = this.#session;
    if (session.view === "json") return this.#commands(decodeFrame(text, limits).values());
    const content = decodeText(text, limits);
    if (!this.#admits(undefined, "message") || content === undefined) return undefined;
    if (!(content instanceof Refusal)) {
      return room === undefined ? undefined : this.#serve({ type: "message", room, content });
    }
    this.#refused(undefined, content);
    return undefined;
  }

  /** Serves one after the other; the rest waits while one is to be waited for. */
  #commands(frame: Iterator<Decoded>): Promise<void> | undefined {
    for (let next = frame.next(); !next.done; next = frame.next()) {
      const decoded = next.value;
      // What cannot be read costs as much as what can; a pong is only an answer, unless it asks for one.
      const id = decoded.error ? decoded.id : decoded.command.id;
      const type = decoded.command?.type;
      if ((type !== "pong" || id !== undefined) && !this.#admits(id, type)) continue;
      if (decoded.error) this.#refused(id, decoded.error);
      else {
        const serving = this.#serve(decoded.command);
        if (serving) return serving.then(() => this.#commands(frame));
      }
    }
    return undefined;
  }

  #serve(command: Command): Promise<void> | undefined {
    this.options.observer?.command(command.type);
    const handled = this.#handle(command);
    return handled && this.#guarded(command.id, () => handled);
  }

  /** Undefined when nothing is to be waited for. Rejects with what the client is to be told. */
  #handle(command: Command): Promise<void> | undefined {
    const { queries } = this.options;
    const session = this.#session;
    switch (command.type) {
      case "join":
        return this.#rooms.join(command);
      case "leave":
        return this.#rooms.leave(command);
      case "pong":
        if (command.id !== undefined) reply(session, command.id, { type: "ok" });
        return undefined;
      case "ping":
        reply(session, command.id, { type: "pong", at: this.self.clock.now() });
        return undefined;
      case "unread":
      case "history":
      case "search":
      case "rooms":
      case "create":
      case "block":
      case "unblock":
        return session.out.inTurn(
          ROWS_AT_A_TIME,
          () => queries.answer(session.user, command, session.addressGroup),
        ).then((answer) => reply(session, command.id, answer));
      default:
        return this.#rooms.send(command);
    }
  }

  async #guarded(re: CommandId, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const refusal = asRefusal(error);
      this.#refused(re, refusal);
      if (refusal.code === "internal") throw error;
    }
  }

  #refused(re: CommandId, refusal: Refusal): void {
    replyError(this.#session, re, refusal);
  }

  /** False: too fast, and the client has been told; or it is being sent away and told nothing. */
  #admits(re: CommandId, type: CommandType | undefined): boolean {
    if (this.#session.out.closing) return false;
    const nowMs = this.self.clock.monotonic();
    let waitMs = this.#bucket.take(nowMs);
    if (waitMs === 0 && type && SAID.has(type)) waitMs = this.options.budget.take(nowMs);
    if (waitMs === 0) return true;
    if (this.#refusals.take() > 0) {
      this.#session.out.close(CLOSE.policyViolation, "flooding");
      return false;
    }
    this.#refused(re, new Refusal("rate_limited", "too fast", waitMs));
    return false;
  }
}
