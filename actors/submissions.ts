import type { CommandId } from "../protocol/commands.ts";
import type { Append, Op, Room, UserRef } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type { AppendedMessage, Done, Item } from "./archive.ts";
import type { Delivery } from "./delivery.ts";
import type { HubOptions } from "./hub_options.ts";
import type { HubMessage } from "./hub_messages.ts";
import { Publication } from "./publication.ts";
import { refuse, reply } from "./replies.ts";
import type { Roster } from "./roster.ts";
import type { Session } from "./session.ts";

/** Most appends of one room that are under way; more are refused as busy. */
export const PENDING_MAX = 8192;

/**
 * Writes that were asked for and not yet answered. Outlives the restarts of a hub, as the answers
 * do: a hub must not end before they have come.
 */
export interface UnderWay {
  count: number;
}

/**
 * What is to be written into the room's log: gathered over the turn, sent to the archive as one
 * group, and answered when it is kept.
 */
export class Submissions {
  #turn: Item[] = [];
  #over = false;
  /** Where there are other nodes. */
  readonly #publication: Publication | undefined;

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly room: Room,
    readonly roster: Roster,
    readonly delivery: Delivery,
    readonly underWay: UnderWay,
  ) {
    const { relay, idleMs } = options;
    this.#publication = relay && new Publication({ relay, room, clock: self.clock, idleMs });
  }

  /** One of the two of a direct conversation is no more; their name may be another's. */
  get over(): boolean {
    return this.#over;
  }

  /** `session` undefined: nobody waits for the answer. */
  append(
    session: Session | undefined,
    re: CommandId,
    op: Op,
    by: UserRef | undefined = session?.user,
  ): void {
    if (!by) return;
    if (this.underWay.count >= PENDING_MAX) {
      if (session) refuse(session, re, "busy", `${PENDING_MAX} events of this room wait already`);
      return;
    }
    this.underWay.count++;
    const append: Append = { room: this.room.id, by, op };
    this.#turn.push({ append, origin: session && { session, re } });
  }

  /** At the end of a turn: everything it gathered, as one group. */
  submit(): void {
    if (this.#turn.length === 0) return;
    const items = this.#turn;
    this.#turn = [];
    if (this.options.archive.tell({ type: "append", items, hub: this.self.ref })) return;
    this.underWay.count -= items.length;
    for (const { origin } of items) {
      if (origin) refuse(origin.session, origin.re, "busy", "too much waits for the store");
    }
  }

  /** At the end of a turn: tells the other nodes what it brought into the log. */
  publish(): void {
    this.#publication?.publish();
  }

  appended(message: AppendedMessage): void {
    this.underWay.count -= message.done.length;
    // Everyone is answered before anything is done with the rows, which may fail.
    for (const done of message.done) this.#answer(done, message.at);
    for (const { append, result } of message.done) {
      if ("refused" in result && result.refused === "no_such_user") {
        this.#over ||= this.room.between !== undefined;
      }
      if ("refused" in result || !result.row) continue;
      if (result.duplicate) {
        // The first try may have been on another node, whose word of it may be lost.
        this.delivery.knows(result.row.seq);
        continue;
      }
      this.delivery.accept(result.row);
      this.#publication?.add(result.row);
      // A guest that writes has the room among its conversations then.
      if (result.row.type === "message") this.roster.enroll(append.by.id);
    }
  }

  #answer({ origin, append, result }: Done, at: number): void {
    if (!origin) return;
    const { session, re } = origin;
    if ("refused" in result) return refuse(session, re, result.refused, result.message);
    const room = this.roster.audience.roomName(session.user.id);
    const seq = result.row ? result.row.seq : result.seq;
    if (append.op.type === "leave") return reply(session, re, { type: "left", room });
    if (append.op.type !== "message") return reply(session, re, { type: "ok", room, seq });
    const other = this.room.between?.find((user) => user.id !== session.user.id);
    reply(session, re, {
      type: "sent",
      room,
      seq,
      at: result.row?.at ?? at,
      ...(result.row && result.duplicate ? { duplicate: true } : undefined),
      ...(other ? { online: this.roster.isOnline(other.id) } : undefined),
    });
  }
}
