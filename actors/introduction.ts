import { CLOSE, Refusal } from "../protocol/errors.ts";
import { encode } from "../protocol/json_codec.ts";
import { maxFrameBytes } from "../protocol/limits.ts";
import type { Belonging } from "../store/store.ts";
import type { ConnectionOptions, Newcomer } from "./connection_options.ts";
import { conversationName } from "./queries.ts";
import { asRefusal, replyError } from "./replies.ts";
import { LOOKUP_TIMEOUT_MS } from "./resolve.ts";
import type { Session } from "./session.ts";

/** Makes the session known and welcomes it; false when it was refused and is being closed. */
export async function introduce(
  session: Session,
  newcomer: Newcomer,
  options: ConnectionOptions,
): Promise<boolean> {
  const refused = await options.switchboard.ask<Refusal | undefined>(
    (reply) => ({ type: "connect", session, reply }),
    LOOKUP_TIMEOUT_MS,
  ).catch(() => new Refusal("unavailable", "the server is too busy to let you in"));
  if (refused) return turnAway(session, refused);
  let belongings: readonly Belonging[] | undefined;
  try {
    belongings = await welcome(session, newcomer, options);
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal.code !== "unavailable") throw error;
    return turnAway(session, refusal);
  }
  await options.switchboard.tellWhenFits({ type: "welcomed", session, belongings });
  return true;
}

function turnAway(session: Session, refusal: Refusal): false {
  session.out.greet();
  replyError(session, undefined, refusal);
  const code = refusal.code === "name_taken" ? CLOSE.nameTaken : CLOSE.tooSlow;
  session.out.close(code, refusal.message);
  return false;
}

/** Answers the user's groups and direct conversations, if they matter to anybody. */
async function welcome(
  session: Session,
  { admin, token }: Newcomer,
  { store, limits, times, server, severalNodes }: ConnectionOptions,
): Promise<readonly Belonging[] | undefined> {
  const { name, guest, id } = session.user;
  if (session.view !== "json" && !severalNodes) return undefined;
  const conversations = await store.conversations(id);
  const belongings = conversations.flatMap(({ room: { id: room, kind, seq }, read }) =>
    kind === "public" ? [] : [{ room, kind, seq, user: id, read }]
  );
  if (session.view !== "json") return belongings;
  session.out.greet(encode({
    type: "welcome",
    session: session.id,
    user: { name, guest, ...(admin ? { admin } : undefined) },
    token,
    server,
    heartbeat_ms: times.heartbeatMs,
    limits: {
      message_bytes: limits.messageBytes,
      frame_bytes: maxFrameBytes(limits),
      join_history: limits.joinHistory,
      rate_per_second: limits.ratePerSecond,
    },
    rooms: conversations.map((conversation) => {
      const { room, read, unread } = conversation;
      return {
        room: conversationName(conversation),
        kind: room.kind,
        seq: room.seq,
        read,
        unread,
        ...(room.title === undefined ? undefined : { title: room.title }),
        ...(room.icon === undefined ? undefined : { icon: room.icon }),
      };
    }),
  }));
  return belongings;
}
