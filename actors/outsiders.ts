import type { CommandId } from "../protocol/commands.ts";
import { Refusal } from "../protocol/errors.ts";
import type { RoomId, Store } from "../store/store.ts";
import { asRefusal, replyError } from "./replies.ts";
import type { Session } from "./session.ts";

/**
 * Refuses somebody who is not in the room. A hub remembers nobody who was put out: only the store
 * knows who is banned, and they are told so. Nothing waits for it.
 */
export function refuseOutsider(
  store: Store,
  room: RoomId,
  session: Session,
  re: CommandId,
  message: string,
): void {
  whenNotBanned(
    store,
    room,
    session,
    re,
    () => replyError(session, re, new Refusal("not_member", message)),
  );
}

/** Calls `then`, which must touch nothing of the hub's, unless the user is banned and told so. */
export function whenNotBanned(
  store: Store,
  room: RoomId,
  session: Session,
  re: CommandId,
  then: () => void,
): void {
  store.standing(room, session.user.id).then(
    ({ banned }) => {
      if (!banned) return then();
      replyError(session, re, new Refusal("banned", "you are banned from this room"));
    },
    (error) => replyError(session, re, asRefusal(error)),
  );
}
