import type { CommandId } from "../protocol/commands.ts";
import type { RoomId, UserRef } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type { HubMessage } from "./hub_messages.ts";
import type { HubOptions } from "./hub_options.ts";
import { asRefusal, refuse, reply, replyError } from "./replies.ts";
import type { Roster } from "./roster.ts";
import { type Session, show } from "./session.ts";
import type { UnderWay } from "./submissions.ts";

/** How far people have read: their marks are written, and told to those who shall know. */
export class ReadMarks {
  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly room: RoomId,
    readonly roster: Roster,
    readonly underWay: UnderWay,
  ) {}

  /** The mark of somebody who is in the room. */
  set(session: Session, re: CommandId, seq: number): void {
    const { user } = session;
    // Before the mark: who becomes a member begins with nothing unread.
    this.roster.enroll(user.id);
    const marked = (result: { seq: number } | { error: unknown }) =>
      void this.self.ref.tellWhenFits({ type: "marked", session, re, ...result });
    const taken = this.options.archive.tell({
      type: "write",
      run: async (store) => {
        marked({ seq: await store.markRead(this.room, user, seq) });
      },
      failed: (error) => marked({ error }),
    });
    if (taken) this.underWay.count++;
    else refuse(session, re, "busy", "too much waits for the store");
  }

  /** It was written, or could not be. */
  marked({ session, re, seq, error }: Extract<HubMessage, { type: "marked" }>): void {
    this.underWay.count--;
    if (seq === undefined) return replyError(session, re, asRefusal(error));
    const { user } = session;
    reply(session, re, { type: "ok", room: this.roster.audience.roomName(user.id), seq });
    this.tell(user, seq, session);
    const { relay } = this.options;
    relay?.tell({ type: "publish", room: this.room, news: { type: "marked", user, seq } });
  }

  /** Tells who shall know how far somebody has read: the user's other devices, in a group all. */
  tell(user: UserRef, seq: number, except?: Session): void {
    const { audience } = this.roster;
    const person = audience.people.get(user.id);
    // The mark of another node may come late, or twice.
    if (!except && (!person || seq <= person.standing.read)) return;
    if (person) person.standing = { ...person.standing, read: seq };
    if (audience.room.kind !== "public") {
      return audience.broadcast(
        (view, room) => show({ type: "read", room, from: user.name, seq }, view),
        { to: (place) => place.session !== except },
      );
    }
    const room = audience.roomName(user.id);
    for (const { session } of person?.places ?? []) {
      const shown = show({ type: "read", room, from: user.name, seq }, session.view);
      if (session !== except && shown !== undefined) session.out.say(shown);
    }
  }
}
