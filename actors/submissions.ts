import type { CommandId } from "../protocol/commands.ts";
import type { Reply } from "../protocol/events.ts";
import { verdict } from "../protocol/rules.ts";
import type { Append, Op, Room, UserRef } from "../store/store.ts";
import { type Self, tellWhenFits } from "./actor.ts";
import type { AppendedMessage, Done, Item } from "./archive.ts";
import type { Delivery } from "./delivery.ts";
import type { HubOptions } from "./hub_options.ts";
import { GROUP_MEMBERS_MAX } from "./hub_options.ts";
import type { HubMessage } from "./hub_messages.ts";
import { opOf } from "./ops.ts";
import { refuseOutsider, whenNotBanned } from "./outsiders.ts";
import { Publication } from "./publication.ts";
import { asRefusal, refuse, reply, replyError } from "./replies.ts";
import { party } from "./rights.ts";
import type { Roster } from "./roster.ts";
import { type Session, show } from "./session.ts";

/** Most appends of one room that are under way; more are refused as busy. */
export const PENDING_MAX = 8192;
/** A user's typing is shown to others at most this often. */
const TYPING_EVERY_MS = 1_000;

/**
 * Writes that were asked for and not yet answered. Outlives the restarts of a hub, as the answers
 * do: a hub must not end before they have come.
 */
export interface UnderWay {
  count: number;
}

type CommandMessage = Extract<HubMessage, { type: "command" }>;

/**
 * What clients want written: checked here as far as the hub can know, gathered over the turn, sent
 * to the archive as one group, and answered when it is kept.
 */
export class Submissions {
  #turn: Item[] = [];
  /** Where there are other nodes. */
  readonly #publication: Publication | undefined;
  readonly #typedMs = new WeakMap<Session, number>();

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

  command({ session, command, target }: CommandMessage): void {
    const re = command.id;
    switch (command.type) {
      case "message":
        if (!this.#mayWrite(session, re)) return;
        return this.#append(session, re, {
          type: "message",
          content: command.content,
          key: command.key,
          reply: command.reply,
        });
      case "typing":
        return this.#typing(session, re);
      case "read":
        return this.#read(session, re, command.seq);
      case "members":
        return this.#members(session, re);
      default: {
        const op = opOf(command, target, this.self.clock.now());
        if (op.type === "invite" && this.roster.count >= GROUP_MEMBERS_MAX) {
          return refuse(
            session,
            re,
            "conflict",
            `a group has at most ${GROUP_MEMBERS_MAX} members`,
          );
        }
        return this.#append(session, re, op);
      }
    }
  }

  leave({ session, re }: Extract<HubMessage, { type: "leave" }>): void {
    const place = this.roster.audience.place(session);
    const name = this.roster.audience.roomName(session.user.id);
    if (this.room.kind !== "public") return this.#append(session, re, { type: "leave" });
    if (!place) return this.#outsider(session, re, `you are not in ${name}`);
    const { role, ...standing } = place.person.standing;
    if (role) {
      this.#append(undefined, re, { type: "leave" }, session.user);
      // An owner is refused and stays one; a plain member who writes on another device is one again.
      if (role !== "owner") place.person.standing = standing;
    }
    this.roster.gone(session);
    reply(session, re, { type: "left", room: name });
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
      if ("refused" in result || !result.row) continue;
      if (result.duplicate) {
        // The first try may have been on another node, whose word of it may be lost.
        this.delivery.knows(result.row.seq);
        continue;
      }
      this.delivery.accept(result.row);
      this.#publication?.add(result.row);
      if (result.row.type === "message") this.#keepInMind(append.by);
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

  /** A guest that writes or sets a mark in a public room has it among its conversations then. */
  #keepInMind(user: UserRef): void {
    if (this.room.kind !== "public") return;
    const person = this.roster.audience.people.get(user.id);
    if (person && !person.standing.role) this.roster.enroll(person);
  }

  #mayWrite(session: Session, re: CommandId): boolean {
    if (session.errand) return true;
    const { audience } = this.roster;
    const person = audience.people.get(session.user.id);
    const here = this.room.kind === "public" ? audience.place(session)?.joined : person;
    if (!person || !here) {
      this.#outsider(session, re, `join ${audience.roomName(session.user.id)} first`);
      return false;
    }
    const no = verdict("write", this.room.kind, party(person.standing, this.self.clock.now()));
    if (no) refuse(session, re, no.code, no.why);
    return no === undefined;
  }

  #append(
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

  #typing(session: Session, re: CommandId): void {
    if (!this.#mayWrite(session, re)) return;
    const room = this.roster.audience.roomName(session.user.id);
    if (re !== undefined) reply(session, re, { type: "ok", room });
    const nowMs = this.self.clock.monotonic();
    if (nowMs - (this.#typedMs.get(session) ?? -Infinity) < TYPING_EVERY_MS) return;
    this.#typedMs.set(session, nowMs);
    const { user } = session;
    this.tellTyping(user);
    const { relay } = this.options;
    relay?.tell({ type: "publish", room: this.room.id, news: { type: "typing", user } });
  }

  tellTyping({ id, name }: UserRef): void {
    this.roster.audience.broadcast(
      (view, room) => show({ type: "typing", room, from: name }, view),
      (place) => place.session.user.id !== id,
    );
  }

  marked({ session, re, seq, error }: Extract<HubMessage, { type: "marked" }>): void {
    this.underWay.count--;
    if (seq === undefined) replyError(session, re, asRefusal(error));
    else this.roster.marked(session, re, seq);
  }

  #read(session: Session, re: CommandId, seq: number): void {
    const { user } = session;
    if (!this.roster.isIn(user.id)) {
      return this.#outsider(session, re, "you are not in this room");
    }
    // Before the mark: who becomes a member begins with nothing unread.
    this.#keepInMind(user);
    const marked = (result: { seq: number } | { error: unknown }) =>
      void tellWhenFits(this.self.ref, { type: "marked", session, re, ...result });
    const taken = this.options.archive.tell({
      type: "write",
      run: async (store) => {
        marked({ seq: await store.markRead(this.room.id, user, seq) });
      },
      failed: (error) => marked({ error }),
    });
    if (taken) this.underWay.count++;
    else refuse(session, re, "busy", "too much waits for the store");
  }

  #members(session: Session, re: CommandId): void {
    const { audience } = this.roster;
    const here = this.roster.isIn(session.user.id);
    if (!here && this.room.kind !== "public") {
      return this.#outsider(session, re, "you are not a member of this room");
    }
    const answer: Reply = {
      type: "members",
      room: audience.roomName(session.user.id),
      members: this.roster.entries(GROUP_MEMBERS_MAX),
      count: this.roster.count,
    };
    if (here) return reply(session, re, answer);
    const { store } = this.options;
    whenNotBanned(store, this.room.id, session, re, () => reply(session, re, answer));
  }

  #outsider(session: Session, re: CommandId, message: string): void {
    refuseOutsider(this.options.store, this.room.id, session, re, message);
  }
}
