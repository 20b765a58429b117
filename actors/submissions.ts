import type { CommandId } from "../protocol/commands.ts";
import type { Reply } from "../protocol/events.ts";
import { verdict } from "../protocol/rules.ts";
import type { Append, LogRow, Op, Room, UserId, UserRef } from "../store/store.ts";
import { type Ref, type Self, tellWhenFits } from "./actor.ts";
import type { AppendedMessage, Done, Item } from "./archive.ts";
import type { Delivery } from "./delivery.ts";
import type { HubOptions } from "./hub.ts";
import { GROUP_MEMBERS_MAX } from "./hub.ts";
import type { HubCommand, HubMessage } from "./hub_messages.ts";
import { refuseOutsider, whenNotBanned } from "./outsiders.ts";
import { asRefusal, refuse, reply, replyError } from "./replies.ts";
import type { RelayMessage } from "./relay.ts";
import { party } from "./rights.ts";
import type { Roster } from "./roster.ts";
import { type Session, show } from "./session.ts";

/** Most appends of one room that are under way; more are refused as busy. */
export const PENDING_MAX = 8192;
/** About as many characters of a log are published together. */
const PUBLISH_CHARS = 64 * 1024;
/** What a row is beside its content, more or less. */
const ROW_CHARS = 200;
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
  /** What the turn brought into the log, for the other nodes. */
  #written: LogRow[] = [];
  #involvedMs = -Infinity;
  readonly #typedMs = new WeakMap<Session, number>();

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly room: Room,
    readonly roster: Roster,
    readonly delivery: Delivery,
    readonly underWay: UnderWay,
  ) {}

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
  publish(relay: Ref<RelayMessage>): void {
    if (this.#written.length === 0) return;
    const written = this.#written;
    this.#written = [];
    for (const rows of handy(written)) {
      relay.tell({ type: "publish", room: this.room.id, news: { type: "rows", rows } });
    }
    if (this.room.kind !== "public") this.#involve(relay, written);
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
      if (this.options.relay) this.#written.push(result.row);
      if (result.row.type === "message") this.#keepInMind(append.by);
    }
  }

  /**
   * Nodes where no hub of this room is active start one when people of theirs belong to it. It lives
   * as long as it hears of the room, so that this need not be said each time.
   */
  #involve(relay: Ref<RelayMessage>, rows: readonly LogRow[]): void {
    const first = rows[0];
    const users = this.room.between?.map(({ id }) => id) ?? rows.flatMap(added);
    const nowMs = this.self.clock.monotonic();
    const due = nowMs - this.#involvedMs >= this.options.idleMs / 2;
    if (!first || !(due || (users.length > 0 && !this.room.between))) return;
    this.#involvedMs = nowMs;
    relay.tell({
      type: "announce",
      news: { type: "involved", room: this.room.id, users, after: first.seq - 1 },
    });
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
    if (!this.roster.audience.people.has(user.id)) {
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
    const here = audience.people.has(session.user.id);
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

/** Who belongs to the room because of this row. */
function added(row: LogRow): UserId[] {
  const joins = row.type === "member" && (row.change === "invited" || row.change === "joined");
  return joins ? [row.userId] : [];
}

/** In pieces of bounded size, so that one busy turn is not more than a slow node can take at once. */
function* handy(rows: readonly LogRow[]): Iterable<readonly LogRow[]> {
  let piece: LogRow[] = [];
  let chars = 0;
  for (const row of rows) {
    piece.push(row);
    chars += ROW_CHARS + ("content" in row ? row.content.length : 0);
    if (chars < PUBLISH_CHARS) continue;
    yield piece;
    piece = [];
    chars = 0;
  }
  if (piece.length > 0) yield piece;
}

type WrittenCommand = Exclude<HubCommand, { type: "message" | "typing" | "read" | "members" }>;

/** The write that a command asks for. Commands that name a user come with that user resolved. */
function opOf(command: WrittenCommand, target: UserRef | undefined, nowMs: number): Op {
  const user = () => {
    if (!target) throw new Error(`a ${command.type} command reached the hub without its user`);
    return target;
  };
  switch (command.type) {
    case "edit":
      return { type: "edit", target: command.seq, content: command.content };
    case "delete":
      return { type: "delete", target: command.seq };
    case "react":
      return { type: "react", target: command.seq, emoji: command.emoji, on: command.on };
    case "set":
      return { type: "set", title: command.title, topic: command.topic, icon: command.icon };
    case "dissolve":
      return { type: "dissolve" };
    case "invite":
    case "unban":
      return { type: command.type, user: user() };
    case "kick":
    case "ban":
      return { type: command.type, user: user(), reason: command.reason };
    case "mute":
      return {
        type: "mute",
        user: user(),
        untilMs: command.seconds === 0 ? 0 : nowMs + command.seconds * 1_000,
      };
    case "role":
      return { type: "role", user: user(), role: command.role };
  }
}
