import type { CommandId } from "../protocol/commands.ts";
import type { Room, UserRef } from "../store/store.ts";
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
    readonly room: Room,
    readonly roster: Roster,
    readonly underWay: UnderWay,
  ) {}

  /** The mark of somebody who is in the room. */
  set(session: Session, re: CommandId, seqAsked: number): void {
    const { user } = session;
    // Before the mark: who becomes a member begins with nothing unread.
    this.roster.enroll(user.id);
    const marked = (result: { seq: number; unseen: boolean } | { error: unknown }) =>
      void this.self.ref.tellWhenFits({ type: "marked", session, re, ...result });
    const failed = (error: unknown) => marked({ error });
    const taken = this.options.archive.tell({
      type: "write",
      run: async (store) => {
        const seq = await store.markRead(this.room.id, user, seqAsked);
        // The archive goes on meanwhile.
        this.#isUnseen(user).then((unseen) => marked({ seq, unseen }), failed);
      },
      failed,
    });
    if (taken) this.underWay.count++;
    else refuse(session, re, "busy", "too much waits for the store");
  }

  /** It was written, or could not be. */
  marked({ session, re, seq, unseen, error }: Extract<HubMessage, { type: "marked" }>): void {
    this.underWay.count--;
    if (seq === undefined) return replyError(session, re, asRefusal(error));
    const { user } = session;
    reply(session, re, { type: "ok", room: this.roster.audience.roomName(user.id), seq });
    this.#tell(user, seq, unseen, session);
    const { relay } = this.options;
    const news = { type: "marked", user, seq, ...(unseen ? { unseen } : undefined) } as const;
    relay?.tell({ type: "publish", room: this.room.id, news });
  }

  /** Another node says so; it may come late, or twice. */
  heard(user: UserRef, seq: number, unseen?: boolean): void {
    const person = this.roster.audience.people.get(user.id);
    if (person && seq > person.standing.read) this.#tell(user, seq, unseen);
  }

  async #isUnseen({ id }: UserRef): Promise<boolean> {
    const other = this.room.between?.find((user) => user.id !== id);
    return other !== undefined && await this.options.store.blocks(other.id, id);
  }

  /** Tells who shall know how far somebody has read: the user's other devices, in a group all. */
  #tell(user: UserRef, seq: number, unseen = false, except?: Session): void {
    const { audience } = this.roster;
    const person = audience.people.get(user.id);
    // Answers about blocks may overtake each other.
    if (person && seq < person.standing.read) return;
    if (person) person.standing = { ...person.standing, read: seq };
    if (audience.room.kind !== "public" && !unseen) {
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
