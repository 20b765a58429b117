import { Refusal } from "../protocol/errors.ts";
import { verdict } from "../protocol/rules.ts";
import { type Act, unchanged } from "./change_log.ts";
import { requireInvitable } from "./invitation.ts";
import { partyOf } from "./rights.ts";
import type { MemberData } from "./rows.ts";
import type { Appended, Op, RoomId, Standing, UserRef } from "./store.ts";
import type { Tables } from "./tables.ts";
import { storable } from "./text.ts";

type MemberOp = Extract<Op, { user: UserRef }>;

/** Who it is done to, as they are before. */
interface Subject {
  readonly user: UserRef;
  readonly no: number;
  readonly before: Standing;
}

/** Who belongs to a room and what they may do there. */
export class Membership {
  readonly #tables: Tables;
  readonly #changes: Tables["changes"];
  readonly #users: Tables["users"];
  readonly #people: Tables["people"];

  constructor(tables: Tables) {
    const { changes, users, people } = tables;
    this.#tables = tables;
    this.#changes = changes;
    this.#users = users;
    this.#people = people;
  }

  /** A group ends with its last member. */
  isLast({ room, no }: Act): boolean {
    return room.kind === "group" && this.#people.standing(room.id, no).role !== undefined &&
      this.#people.heir(room.id, no) === undefined;
  }

  /**
   * An owner stays until another has the room: ownership never moves by accident. Coming to a
   * public room by a mere join is not in its log, and neither is going.
   */
  leave(act: Act): Appended {
    const { room, no, at } = act;
    const against = verdict("leave", room.kind, this.#people.party(room.id, no, at));
    if (against) throw new Refusal(against.code, against.why);
    const { role } = this.#people.standing(room.id, no);
    if (!role) return unchanged(act);
    if (role === "owner") {
      throw new Refusal("conflict", "hand the room over to another or dissolve it first");
    }
    this.#people.setRole(room.id, no, undefined);
    if (room.kind === "public" && role === "member") return unchanged(act);
    return this.#write(act, { user: act.by, no }, { change: "left" });
  }

  change(act: Act, op: MemberOp): Appended {
    const { room, at } = act;
    const no = this.#users.find(op.user.id);
    const before = no === undefined ? undefined : this.#people.standing(room.id, no);
    const against = verdict(
      op.type,
      room.kind,
      partyOf(this.#tables, act, { id: act.by.id, no: act.no }, op.type),
      no === undefined ? undefined : partyOf(this.#tables, act, { id: op.user.id, no }, op.type),
      op.user.id === act.by.id,
      op.type === "role" ? op.role : undefined,
    );
    if (against) throw new Refusal(against.code, against.why);
    // Who is in the room by their own doing gets a role from whomever.
    if ((op.type === "invite" || op.type === "role") && !before?.role) {
      requireInvitable(this.#tables, act.no, op.user);
    }
    if ("reason" in op && op.reason !== undefined) storable(op.reason);
    const subject = no ?? this.#users.ensure(op.user, at);
    const standing = before ?? this.#people.standing(room.id, subject);
    return this.#apply(act, op, { user: op.user, no: subject, before: standing });
  }

  #apply(act: Act, op: MemberOp, subject: Subject): Appended {
    const { room, at } = act;
    const { no, before } = subject;
    switch (op.type) {
      case "invite": {
        this.#users.settle(subject.user, at);
        // A mute outlives being put out; the hub learns of it from the log.
        const muted = before.mutedUntil > at ? { untilMs: before.mutedUntil } : undefined;
        const data = { change: "invited", role: "member", ...muted } as const;
        const written = this.#write(act, subject, data);
        this.#people.join(room, no, "member", at);
        return written;
      }
      case "kick":
        this.#people.setRole(room.id, no, undefined);
        return this.#write(act, subject, { change: "kicked", ...because(op.reason) });
      case "ban":
        if (before.banned) return unchanged(act);
        this.#people.setBanned(room.id, no, true);
        return this.#write(act, subject, { change: "banned", ...because(op.reason) });
      case "unban":
        if (!before.banned) return unchanged(act);
        this.#people.setBanned(room.id, no, false);
        return this.#write(act, subject, { change: "unbanned" });
      case "mute":
        return this.#mute(act, subject, op.untilMs);
      case "role":
        if (before.role === op.role) return unchanged(act);
        // There is one owner, so a reader of this one event knows who is a moderator now.
        if (op.role === "owner") this.#retire(room.id);
        if (before.role) this.#people.setRole(room.id, no, op.role);
        // Merely joined a public room until now: begins with nothing unread, as who is enrolled.
        else this.#people.join(room, no, op.role, at);
        return this.#write(act, subject, { change: "role", role: op.role });
    }
  }

  #retire(room: RoomId): void {
    const owner = this.#people.owner(room);
    if (owner !== undefined) this.#people.setRole(room, owner, "moderator");
  }

  #mute(act: Act, subject: Subject, untilMs: number): Appended {
    const { room, at } = act;
    const { no, before } = subject;
    if (untilMs > at) {
      this.#people.setMutedUntil(room.id, no, untilMs);
      return this.#write(act, subject, { change: "muted", untilMs });
    }
    if (before.mutedUntil <= at) return unchanged(act);
    this.#people.setMutedUntil(room.id, no, 0);
    return this.#write(act, subject, { change: "unmuted" });
  }

  #write(act: Act, subject: Pick<Subject, "user" | "no">, data: MemberData): Appended {
    return this.#changes.write(act, { type: "member", subject, data });
  }
}

function because(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
