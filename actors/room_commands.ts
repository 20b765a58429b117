import type { CommandId } from "../protocol/commands.ts";
import type { Reply } from "../protocol/events.ts";
import { verdict } from "../protocol/rules.ts";
import type { Room } from "../store/store.ts";
import type { Clock } from "./clock.ts";
import type { HubMessage } from "./hub_messages.ts";
import { GROUP_MEMBERS_MAX, type HubOptions } from "./hub_options.ts";
import type { Joins } from "./joins.ts";
import { opOf } from "./ops.ts";
import { refuseOutsider, whenNotBanned } from "./outsiders.ts";
import type { ReadMarks } from "./read_marks.ts";
import { refuse, reply } from "./replies.ts";
import { party } from "./rights.ts";
import type { Roster } from "./roster.ts";
import type { Session } from "./session.ts";
import type { Submissions } from "./submissions.ts";
import type { Typing } from "./typing.ts";

export interface RoomCommandsParts {
  readonly clock: Clock;
  readonly options: HubOptions;
  readonly room: Room;
  readonly roster: Roster;
  readonly joins: Joins;
  readonly submissions: Submissions;
  readonly marks: ReadMarks;
  readonly typing: Typing;
}

/** What sessions ask of a room, checked as far as its hub can know. The store checks the rest. */
export class RoomCommands {
  constructor(readonly parts: RoomCommandsParts) {}

  command({ session, command, target }: Extract<HubMessage, { type: "command" }>): void {
    const { clock, roster, submissions, marks, typing } = this.parts;
    const re = command.id;
    switch (command.type) {
      case "message":
        if (!this.#mayWrite(session, re)) return;
        return submissions.append(session, re, {
          type: "message",
          content: command.content,
          key: command.key,
          reply: command.reply,
        });
      case "typing":
        if (this.#mayWrite(session, re)) typing.typed(session, re);
        return;
      case "read":
        if (roster.isIn(session.user.id)) return marks.set(session, re, command.seq);
        return this.#outsider(session, re, "you are not in this room");
      case "members":
        return this.#members(session, re);
      default: {
        const op = opOf(command, target, clock.now());
        if (op.type === "invite" && roster.count >= GROUP_MEMBERS_MAX) {
          return refuse(
            session,
            re,
            "conflict",
            `a group has at most ${GROUP_MEMBERS_MAX} members`,
          );
        }
        return submissions.append(session, re, op);
      }
    }
  }

  leave({ session, re }: Extract<HubMessage, { type: "leave" }>): void {
    const { room, roster: { audience }, joins, submissions } = this.parts;
    if (room.kind !== "public") return submissions.append(session, re, { type: "leave" });
    const name = audience.roomName(session.user.id);
    const place = audience.place(session);
    if (!place) return this.#outsider(session, re, `you are not in ${name}`);
    const { role, ...standing } = place.person.standing;
    if (role) {
      submissions.append(undefined, re, { type: "leave" }, session.user);
      // An owner is refused and stays one; a plain member who writes on another device is one again.
      if (role !== "owner") place.person.standing = standing;
    }
    joins.gone(session);
    reply(session, re, { type: "left", room: name });
  }

  #mayWrite(session: Session, re: CommandId): boolean {
    if (session.errand) return true;
    const { clock, room, roster: { audience } } = this.parts;
    const person = audience.people.get(session.user.id);
    const here = room.kind === "public" ? audience.place(session)?.joined : person;
    if (!person || !here) {
      this.#outsider(session, re, `join ${audience.roomName(session.user.id)} first`);
      return false;
    }
    const no = verdict("write", room.kind, party(person.standing, clock.now()));
    if (no) refuse(session, re, no.code, no.why);
    return no === undefined;
  }

  #members(session: Session, re: CommandId): void {
    const { options: { store }, room, roster } = this.parts;
    const here = roster.isIn(session.user.id);
    if (!here && room.kind !== "public") {
      return this.#outsider(session, re, "you are not a member of this room");
    }
    const answer = (): Reply => ({
      type: "members",
      room: roster.audience.roomName(session.user.id),
      members: roster.entries(GROUP_MEMBERS_MAX),
      count: roster.count,
    });
    // Who is in it hears of those on other nodes when they are found.
    if (here) return reply(session, re, answer());
    whenNotBanned(store, room.id, session, re, () => {
      roster.crowd.whenKnown(() => reply(session, re, answer()));
    });
  }

  #outsider(session: Session, re: CommandId, message: string): void {
    const { options: { store }, room } = this.parts;
    refuseOutsider(store, room.id, session, re, message);
  }
}
