import type { Role } from "../../protocol/commands.ts";
import { type Action, type Party, verdict } from "../../protocol/rules.ts";
import { DEFAULT_STRANGER_LIMIT } from "../../store/store.ts";

/**
 * What the chat promises, as plainly as it can be said: logs are arrays, nothing is stored, sent or
 * done at the same time. The generative test holds the server against it. Who may do what to whom
 * is asked of protocol/rules.ts, which has a test of its own. Longer than a file of the program may
 * be, so that it can be read from top to bottom.
 */

export type Kind = "public" | "group" | "direct";

/** An event of a log, but for its time and, of a message, its content, which changes. */
export interface Event {
  readonly seq: number;
  readonly type: "message" | "edited" | "deleted" | "reacted" | "room" | "member";
  readonly from: string;
  readonly target?: number;
  readonly emoji?: string;
  readonly on?: boolean;
  readonly user?: string;
  readonly change?: string;
  readonly role?: Role;
}

export interface Message {
  readonly seq: number;
  readonly from: string;
  content: string;
  edited: boolean;
  deleted: boolean;
  /** "emoji name", sorted. */
  reactions: string[];
}

export interface Person {
  role: Role | undefined;
  banned: boolean;
  muted: boolean;
  read: number;
  /** Wants to be in the public room. */
  here: boolean;
}

export type Code = string;

/** One room with its log. Methods that change it answer "ok" or the code of the refusal. */
export class Room {
  readonly events: Event[] = [];
  readonly messages = new Map<number, Message>();
  readonly people = new Map<string, Person>();
  dissolved = false;
  /** A direct conversation: somebody has tried to write in it. */
  opened = false;
  /** Who takes no messages from the other, in a direct conversation. */
  readonly blocks = new Set<string>();

  constructor(
    readonly kind: Kind,
    readonly name: string,
    readonly between?: readonly [string, string],
    readonly guests: ReadonlySet<string> = new Set(),
  ) {
    for (const user of between ?? []) this.person(user).role = "member";
  }

  get seq(): number {
    return this.events.length;
  }

  /** As `user` calls it. */
  nameFor(user: string): string {
    return this.between ? `@${this.other(user)}` : this.name;
  }

  other(user: string): string {
    const [a, b] = this.between ?? ["", ""];
    return a === user ? b : a;
  }

  person(user: string): Person {
    let person = this.people.get(user);
    if (!person) {
      person = { role: undefined, banned: false, muted: false, read: 0, here: false };
      this.people.set(user, person);
    }
    return person;
  }

  /** Whether every device of the user is in, or shall be when it comes back. */
  shows(user: string): boolean {
    const { role, here } = this.person(user);
    if (this.between && !this.between.includes(user)) return false;
    if (this.dissolved || (this.kind === "direct" && this.seq === 0)) return false;
    return this.kind === "public" ? here : role !== undefined;
  }

  converses(user: string): boolean {
    return !this.dissolved && this.person(user).role !== undefined &&
      (this.kind !== "direct" || this.seq > 0);
  }

  unread(user: string): number {
    const { read } = this.person(user);
    return [...this.messages.values()].filter((message) =>
      message.seq > read && message.from !== user && !message.deleted
    ).length;
  }

  /** Why the user may not write, "ok" otherwise. */
  mayWrite(user: string): Code {
    const person = this.person(user);
    const here = this.kind === "public" ? person.here : person.role !== undefined;
    if (this.dissolved) return "no_such_room";
    if (!here) return person.banned ? "banned" : "not_member";
    const against = this.#against("write", user);
    if (against !== "ok" || !this.between) return against;
    if (this.silenced(user)) return "blocked";
    const by = (who: string) => [...this.messages.values()].filter(({ from }) => from === who);
    return by(this.other(user)).length === 0 && by(user).length >= DEFAULT_STRANGER_LIMIT.messages
      ? "stranger_limit"
      : "ok";
  }

  silenced(user: string): boolean {
    return this.between !== undefined && this.blocks.has(this.other(user));
  }

  write(user: string, content: string): void {
    const seq = this.#log({ type: "message", from: user });
    this.messages.set(seq, {
      seq,
      from: user,
      content,
      edited: false,
      deleted: false,
      reactions: [],
    });
    if (this.kind === "public") this.enroll(user);
  }

  change(user: string, action: "edit" | "delete" | "react", target: number, what: string): Code {
    if (this.dissolved) return "no_such_room";
    const found = this.messages.get(target);
    const message = found?.deleted ? undefined : found;
    const against = this.#against(message ? action : "read", user, message?.from);
    if (against !== "ok") return against;
    if (!message) return "no_such_message";
    if (action !== "delete" && this.silenced(user)) return "blocked";
    if (action === "edit") {
      message.content = what;
      message.edited = true;
      this.#log({ type: "edited", from: user, target });
    } else if (action === "delete") {
      Object.assign(message, { content: "", deleted: true, reactions: [] });
      this.#log({ type: "deleted", from: user, target });
    } else {
      const mine = `${what} ${user}`;
      const on = !message.reactions.includes(mine);
      message.reactions = on
        ? [...message.reactions, mine].sort()
        : message.reactions.filter((each) => each !== mine);
      this.#log({ type: "reacted", from: user, target, emoji: what, on });
    }
    return "ok";
  }

  read(user: string, seq: number): Code {
    const person = this.person(user);
    const here = this.kind === "public" ? person.here : person.role !== undefined;
    if (this.dissolved) return "no_such_room";
    if (!here) return person.banned ? "banned" : "not_member";
    if (this.kind === "public") this.enroll(user);
    person.read = Math.max(person.read, Math.min(seq, this.seq));
    return "ok";
  }

  join(user: string): Code {
    const person = this.person(user);
    if (person.banned) return "banned";
    person.here = true;
    if (!this.guests.has(user)) this.enroll(user);
    return "ok";
  }

  leave(user: string): Code {
    const person = this.person(user);
    const { role } = person;
    if (this.dissolved) return "no_such_room";
    if (this.kind === "public") {
      if (!person.here) return person.banned ? "banned" : "not_member";
      person.here = false;
      if (role === "owner") return "ok";
      person.role = undefined;
      if (role === "moderator") this.#log({ type: "member", from: user, user, change: "left" });
      return "ok";
    }
    const against = this.#against("leave", user);
    if (against !== "ok") return against;
    const others = [...this.people].some(([name, { role }]) => name !== user && role);
    if (others && role === "owner") return "conflict";
    person.role = undefined;
    if (others) this.#log({ type: "member", from: user, user, change: "left" });
    else this.dissolved = true;
    return "ok";
  }

  set(user: string): Code {
    const against = this.dissolved ? "no_such_room" : this.#against("set", user);
    if (against === "ok") this.#log({ type: "room", from: user });
    return against;
  }

  dissolve(user: string): Code {
    const against = this.dissolved ? "no_such_room" : this.#against("dissolve", user);
    if (against !== "ok") return against;
    this.#log({ type: "room", from: user });
    this.dissolved = true;
    return "ok";
  }

  moderate(
    by: string,
    action: "invite" | "kick" | "ban" | "unban" | "mute" | "unmute" | "role",
    user: string,
    role: Role,
  ): Code {
    if (this.dissolved) return "no_such_room";
    const person = this.person(user);
    const rule = action === "unmute" ? "mute" : action;
    const no = verdict(rule, this.kind, this.#party(by), this.#party(user), by === user, role);
    if (no) return no.code;
    const log = (change: string, more: { role?: Role } = {}) =>
      void this.#log({ type: "member", from: by, user, change, ...more });
    switch (action) {
      case "invite":
        log("invited", { role: "member" });
        Object.assign(person, { role: "member", read: this.seq });
        return "ok";
      case "kick":
        Object.assign(person, { role: undefined, here: false });
        log("kicked");
        return "ok";
      case "ban":
        if (!person.banned) log("banned");
        Object.assign(person, { role: undefined, here: false, banned: true });
        return "ok";
      case "unban":
        if (person.banned) log("unbanned");
        person.banned = false;
        return "ok";
      case "mute":
        log("muted");
        person.muted = true;
        return "ok";
      case "unmute":
        if (person.muted) log("unmuted");
        person.muted = false;
        return "ok";
      case "role":
        if (person.role === role) return "ok";
        if (role === "owner") this.person(by).role = "moderator";
        if (person.role === undefined) person.read = this.seq;
        person.role = role;
        log("role", { role });
        return "ok";
    }
  }

  /** The room begins with an owner. */
  create(owner: string, members: readonly string[]): void {
    this.#log({ type: "room", from: owner });
    for (const user of members) {
      this.#log({ type: "member", from: owner, user, change: "invited", role: "member" });
    }
    for (const user of members) {
      Object.assign(this.person(user), { role: "member", read: this.seq });
    }
    Object.assign(this.person(owner), { role: "owner", read: this.seq });
  }

  enroll(user: string): void {
    const person = this.person(user);
    if (person.role === undefined) Object.assign(person, { role: "member", read: this.seq });
  }

  #against(action: Action, user: string, author?: string): Code {
    return verdict(action, this.kind, this.#party(user), undefined, author === user)?.code ?? "ok";
  }

  #party(user: string): Party {
    const { role, banned, muted } = this.person(user);
    return { role, banned, muted };
  }

  #log(event: Omit<Event, "seq">): number {
    const seq = this.seq + 1;
    this.events.push({ seq, ...event });
    return seq;
  }
}
