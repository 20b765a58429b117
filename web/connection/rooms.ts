import type { LogEvent, ReplyOf } from "../../protocol/events.ts";
import { backoffMs } from "./backoff.ts";
import type { Clock } from "./ports.ts";
import { roomKey } from "./room_key.ts";
import { type CommandBody, LineLost, Refused, type ReplyTo, type ServerEvent } from "./wire.ts";

export type Joined = ReplyOf<"joined">;

interface Room {
  readonly name: string;
  /** How many messages the first join asks for. */
  readonly history: number;
  /** The highest seq seen: what `since` says after a break. */
  seen: number | undefined;
  /** The seq before which nothing can be missing: of the last `joined`, or of a later event. */
  head: number;
  phase: "outside" | "joining" | "inside";
  attempt: number;
  cancelRetry: () => void;
  /** Those who wait for the first successful join. */
  waiting: { resolve: (joined: Joined) => void; reject: (error: Error) => void }[];
}

export interface RoomsOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly ask: (command: CommandBody<"join">) => Promise<ReplyTo<"join">>;
  /** The room is in step again. */
  readonly onInside: (room: string) => void;
  /** A join was refused for good: the room is no longer kept. */
  readonly onRefused: (room: string, refusal: Refused) => void;
}

const LOG_TYPES: ReadonlySet<string> = new Set(
  ["message", "edited", "deleted", "reacted", "room", "member"] satisfies LogEvent["type"][],
);

function isLogEvent(event: ServerEvent): event is LogEvent {
  return LOG_TYPES.has(event.type);
}

/**
 * The rooms to be in. Joins them again after every break with `since`, drops what was seen before,
 * and asks again when a seq is missing: each room's events come out once and in order.
 */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  #online = false;

  constructor(private readonly options: RoomsOptions) {}

  /**
   * Joins and stays. Resolves with the next `joined`, so a room that is joined already is asked
   * for again (without doubling an event). Rejects when it is refused for good.
   */
  enter(name: string, history: number): Promise<Joined> {
    let room = this.#rooms.get(roomKey(name));
    if (!room) {
      room = {
        name,
        history,
        seen: undefined,
        head: 0,
        phase: "outside",
        attempt: 0,
        cancelRetry: () => {},
        waiting: [],
      };
      this.#rooms.set(roomKey(name), room);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Joined>();
    room.waiting.push({ resolve, reject });
    if (this.#online && room.phase !== "joining") this.#join(room);
    return promise;
  }

  /** Stops keeping the room; telling the server is the caller's. */
  forget(name: string): void {
    const room = this.#rooms.get(roomKey(name));
    if (!room) return;
    this.#rooms.delete(roomKey(name));
    room.cancelRetry();
    for (const { reject } of room.waiting) reject(new LineLost("the room was left"));
  }

  has(name: string): boolean {
    return this.#rooms.has(roomKey(name));
  }

  isInside(name: string): boolean {
    return this.#rooms.get(roomKey(name))?.phase === "inside";
  }

  online(): void {
    this.#online = true;
    for (const room of this.#rooms.values()) this.#join(room);
  }

  offline(): void {
    this.#online = false;
    for (const room of this.#rooms.values()) {
      room.phase = "outside";
      room.cancelRetry();
    }
  }

  /** Whether the event is news to whoever shows the room. */
  admit(event: ServerEvent): boolean {
    if (event.type === "joined" && "members" in event) return this.#joined(event);
    if (!isLogEvent(event)) return true;
    const room = this.#rooms.get(roomKey(event.room));
    if (!room) return true;
    // Until `joined` has come this may be a live event ahead of the backlog that holds it too.
    if (room.phase !== "inside") return false;
    if (room.seen !== undefined && event.seq <= room.seen) return false;
    if (event.seq > room.head + 1) {
      this.#join(room);
      return false;
    }
    room.seen = event.seq;
    room.head = Math.max(room.head, event.seq);
    return true;
  }

  #joined(reply: Joined): boolean {
    const room = this.#rooms.get(roomKey(reply.room));
    if (!room) return false;
    room.phase = "inside";
    room.attempt = 0;
    room.head = reply.seq;
    // A room that was dissolved and made anew, or a store put back to an older state: start over.
    if (room.seen !== undefined && room.seen > reply.seq) room.seen = undefined;
    // No backlog was asked for: whatever comes after this is what `since` must mean.
    if (room.history === 0) room.seen ??= reply.seq;
    return true;
  }

  async #join(room: Room): Promise<void> {
    room.cancelRetry();
    room.phase = "joining";
    const since = room.seen;
    try {
      const joined = await this.options.ask(
        since === undefined
          ? { type: "join", room: room.name, history: room.history }
          : { type: "join", room: room.name, since },
      );
      for (const { resolve } of room.waiting.splice(0)) resolve(joined);
      this.options.onInside(room.name);
    } catch (error) {
      if (this.#rooms.get(roomKey(room.name)) !== room) return;
      if (error instanceof Refused && !error.passing) {
        for (const { reject } of room.waiting.splice(0)) reject(error);
        this.forget(room.name);
        this.options.onRefused(room.name, error);
      } else if (this.#online) {
        room.phase = "outside";
        const waitMs = (error instanceof Refused ? error.retryMs : undefined) ?? 0;
        const spreadMs = backoffMs(room.attempt++, this.options.random);
        room.cancelRetry = this.options.clock.after(waitMs + spreadMs, () => {
          if (this.#online) this.#join(room);
        });
      }
    }
  }
}
