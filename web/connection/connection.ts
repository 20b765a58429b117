import type { CommandType } from "../../protocol/commands.ts";
import type { LiveEventOf } from "../../protocol/events.ts";
import { Line, type LineState } from "./line.ts";
import { OutgoingMessages, type OutgoingOptions } from "./outgoing_messages.ts";
import type { Socket } from "./ports.ts";
import { Requests } from "./requests.ts";
import { type Joined, Rooms } from "./rooms.ts";
import type { CommandBody, Refused, ReplyTo, ServerEvent } from "./wire.ts";

export interface ConnectionOptions extends OutgoingOptions {
  /** Opens a socket to the server that speaks the JSON codec. */
  readonly open: () => Socket;
  readonly onState: (state: LineState) => void;
  /** Everything that is news, once and in order, replies included. */
  readonly onEvent: (event: ServerEvent) => void;
  /** A room that was to be kept is closed to us. */
  readonly onRefused: (room: string, refusal: Refused) => void;
}

/**
 * A client's connection to Hubbub: commands with typed replies, rooms that stay joined over any
 * break, and messages that are sent exactly once however often the line goes down.
 */
export class Connection {
  readonly #line: Line;
  readonly #requests: Requests;
  readonly #rooms: Rooms;
  /** What the user wrote and the server has not taken yet. */
  readonly outgoing: OutgoingMessages;

  constructor(private readonly options: ConnectionOptions) {
    const { open, clock, random, onRefused } = options;
    this.#line = new Line({
      open,
      clock,
      random,
      onState: (state) => this.#stateChanged(state),
      onEvents: (events) => this.#received(events),
    });
    this.#requests = new Requests(
      clock,
      (text) => this.#line.send(text),
      () => this.#line.wake(),
    );
    this.#rooms = new Rooms({
      clock,
      random,
      ask: (command) => this.ask<"join">(command),
      onInside: () => this.outgoing.flush(),
      onRefused,
    });
    this.outgoing = new OutgoingMessages({
      ...options,
      rooms: this.#rooms,
      status: () => this.state.status,
      ask: (command) => this.ask<"message">(command),
    });
  }

  get state(): LineState {
    return this.#line.state;
  }

  start(): void {
    this.#line.start();
  }

  stop(): void {
    this.#line.stop();
    this.outgoing.stop();
  }

  /** See `Line.wake`. */
  wake(): void {
    this.#line.wake();
  }

  retryNow(): void {
    this.#line.retryNow();
  }

  /** Throws `Refused` or `LineLost`. */
  ask<T extends CommandType>(command: CommandBody<T>): Promise<ReplyTo<T>> {
    return this.#requests.ask(command);
  }

  /** Says something that needs no answer; lost when the line is down. */
  tell(command: CommandBody<"typing">): void {
    this.#line.send(JSON.stringify(command));
  }

  /** Joins a room and keeps it joined. */
  enter(room: string, history: number): Promise<Joined> {
    return this.#rooms.enter(room, history);
  }

  /** Leaves a room, also when the line is down. */
  async leave(room: string): Promise<void> {
    this.#rooms.forget(room);
    await this.ask<"leave">({ type: "leave", room });
  }

  /** Stops keeping a room that is gone. */
  forget(room: string): void {
    this.#rooms.forget(room);
  }

  isInside(room: string): boolean {
    return this.#rooms.isInside(room);
  }

  #stateChanged(state: LineState): void {
    if (state.status !== "online") {
      this.#rooms.offline();
      this.#requests.lose();
    }
    this.options.onState(state);
  }

  #received(events: readonly ServerEvent[]): void {
    for (const event of events) {
      if (event.type === "welcome") this.#welcomed(event);
      const isNews = this.#rooms.admit(event);
      if (event.type === "message" && event.key !== undefined) {
        this.outgoing.seen(event.key, event.from);
      }
      if (isNews) this.options.onEvent(event);
      this.#requests.answer(event);
    }
  }

  #welcomed(welcome: LiveEventOf<"welcome">): void {
    this.outgoing.assume(welcome.user.name);
    this.#rooms.online();
    this.outgoing.online();
  }
}
