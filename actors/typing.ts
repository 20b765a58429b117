import type { CommandId } from "../protocol/commands.ts";
import type { UserRef } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type { Audience } from "./audience.ts";
import type { HubMessage } from "./hub_messages.ts";
import type { HubOptions } from "./hub_options.ts";
import { asRefusal, refuse, reply, replyError } from "./replies.ts";
import { type Session, show } from "./session.ts";

/** A user's typing is shown to others at most this often. */
const TYPING_EVERY_MS = 1_000;

/** Who types: shown to the others in the room, on every node, and kept nowhere. */
export class Typing {
  readonly #typedMs = new WeakMap<Session, number>();

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly audience: Audience,
  ) {}

  /** The session may write here. In a direct room the store knows whether the other blocks it. */
  typed(session: Session, re: CommandId): void {
    const nowMs = this.self.clock.monotonic();
    if (nowMs - (this.#typedMs.get(session) ?? -Infinity) < TYPING_EVERY_MS) {
      return this.#answer(session, re);
    }
    this.#typedMs.set(session, nowMs);
    const { user } = session;
    const other = this.audience.room.between?.find(({ id }) => id !== user.id);
    if (!other) {
      this.#answer(session, re);
      return this.show(user);
    }
    this.options.store.blocks(other.id, user.id).then((isBlocked) => {
      if (isBlocked) {
        this.#typedMs.delete(session);
        return refuse(session, re, "blocked", "the other takes no messages from you");
      }
      this.#answer(session, re);
      this.self.ref.tell({ type: "typed", user });
    }, (error) => replyError(session, re, asRefusal(error)));
  }

  /** Tells the sessions here, and the other nodes. */
  show(user: UserRef): void {
    this.tell(user);
    const { relay, room } = this.options;
    relay?.tell({ type: "publish", room, news: { type: "typing", user } });
  }

  #answer(session: Session, re: CommandId): void {
    if (re === undefined) return;
    reply(session, re, { type: "ok", room: this.audience.roomName(session.user.id) });
  }

  /** Tells the sessions here. */
  tell({ id, name }: UserRef): void {
    this.audience.broadcast(
      (view, room) => show({ type: "typing", room, from: name }, view),
      { to: (place) => place.session.user.id !== id },
    );
  }
}
