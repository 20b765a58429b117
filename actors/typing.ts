import type { UserRef } from "../store/store.ts";
import type { Audience } from "./audience.ts";
import type { Clock } from "./clock.ts";
import type { HubOptions } from "./hub_options.ts";
import { type Session, show } from "./session.ts";

/** A user's typing is shown to others at most this often. */
const TYPING_EVERY_MS = 1_000;

/** Who types: shown to the others in the room, on every node, and kept nowhere. */
export class Typing {
  readonly #typedMs = new WeakMap<Session, number>();

  constructor(
    readonly clock: Clock,
    readonly options: HubOptions,
    readonly audience: Audience,
  ) {}

  typed(session: Session): void {
    const nowMs = this.clock.monotonic();
    if (nowMs - (this.#typedMs.get(session) ?? -Infinity) < TYPING_EVERY_MS) return;
    this.#typedMs.set(session, nowMs);
    const { user } = session;
    this.tell(user);
    const { relay, room } = this.options;
    relay?.tell({ type: "publish", room, news: { type: "typing", user } });
  }

  /** Tells the sessions here. */
  tell({ id, name }: UserRef): void {
    this.audience.broadcast(
      (view, room) => show({ type: "typing", room, from: name }, view),
      { to: (place) => place.session.user.id !== id },
    );
  }
}
