import type { Command } from "../protocol/commands.ts";
import { CLOSE, type ErrorCode, Refusal } from "../protocol/errors.ts";
import { encode } from "../protocol/json_codec.ts";
import { type Limits, maxFrameBytes } from "../protocol/limits.ts";
import type { Belonging, Store, UserRef } from "../store/store.ts";
import type { Frame, Socket } from "../transport/socket.ts";
import { type Ref, type Self, tellWhenFits } from "./actor.ts";
import type { ActorSystem } from "./system.ts";
import { atTime } from "./at_time.ts";
import type { Budget, Budgets } from "./budgets.ts";
import { conversationName, type Queries } from "./queries.ts";
import { Inlet, reader, READER_BOUND, type ReaderMessage } from "./reader.ts";
import { asRefusal, replyError } from "./replies.ts";
import { LOOKUP_TIMEOUT_MS } from "./resolve.ts";
import type { Session, View } from "./session.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";
import { Line, type WriterTimes } from "./heart.ts";
import { Outbox, WRITER_BOUND, type WriterMessage } from "./outbox.ts";
import { writer } from "./writer.ts";

/** Told of what happens on connections; never per message that is sent. */
export interface ConnectionObserver {
  opened(session: Session): void;
  closed(code: number, session: Session): void;
  command(type: Command["type"]): void;
  refused(code: ErrorCode): void;
  /** Ended because its queue is full, or because its socket took nothing for the write timeout. */
  tooSlow(session: Session, why: "queue" | "write"): void;
}

/** What every connection of a server shares. */
export interface ConnectionOptions {
  readonly store: Store;
  readonly switchboard: Ref<SwitchboardMessage>;
  readonly queries: Queries;
  readonly limits: Limits;
  readonly budgets: Budgets;
  readonly times: WriterTimes;
  readonly server: { readonly name: string; readonly version: string };
  /** Whether other nodes serve the same rooms. */
  readonly severalNodes?: boolean | undefined;
  readonly observer?: ConnectionObserver | undefined;
}

/** Who connects, and how. */
export interface Newcomer {
  readonly id: string;
  readonly user: UserRef;
  readonly canonicalName: string;
  /** The group of addresses that it counts against. */
  readonly addressGroup: string;
  readonly admin: boolean;
  readonly tokenId: string | undefined;
  /** When its session ends by itself, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** With which the same user comes back. */
  readonly token: string;
  readonly view: View;
  /** The room to begin in. */
  readonly room: string | undefined;
  /** Messages to begin with there. */
  readonly history: number | undefined;
}

const PING: Frame = { text: encode({ type: "ping" }) };

/**
 * Starts the reader of a connection, and with it its writer: the pair lives and dies together.
 * Ends when the socket has ended and what had come from it before is handled.
 */
export function openConnection(
  system: ActorSystem,
  socket: Socket,
  newcomer: Newcomer,
  options: ConnectionOptions,
): Ref<ReaderMessage> {
  return system.spawn<ReaderMessage>(`reader ${newcomer.id}`, async (self) => {
    const inlet = new Inlet(socket, self.inbox);
    const session = listen(self, socket, inlet, newcomer, options);
    const cancelExpiry = atTime(
      self.clock,
      newcomer.expiresAt,
      () => session.out.close(CLOSE.unauthorized, "the session has ended; log in again"),
    );
    const budget = options.budgets.lend(newcomer.user.id);
    try {
      if (!await introduce(session, newcomer, options)) return;
      await converse(self, inlet, session, budget, newcomer, options);
    } catch (error) {
      session.out.greet();
      replyError(session, undefined, asRefusal(error));
      session.out.close(CLOSE.internalError, "something went wrong here; come back with since");
      throw error;
    } finally {
      cancelExpiry();
      options.budgets.giveBack(budget);
      await tellWhenFits(options.switchboard, { type: "disconnect", session });
    }
  }, { bound: READER_BOUND, source: "outside" });
}

function converse(
  self: Self<ReaderMessage>,
  inlet: Inlet,
  session: Session,
  budget: Budget,
  newcomer: Newcomer,
  options: ConnectionOptions,
): Promise<void> {
  return reader({
    inlet,
    session,
    limits: options.limits,
    budget,
    switchboard: options.switchboard,
    queries: options.queries,
    room: newcomer.room,
    history: newcomer.history,
    observer: options.observer,
  })(self);
}

/** Makes the session and its writer, and lets the socket speak to them. */
function listen(
  self: Self<ReaderMessage>,
  socket: Socket,
  inlet: Inlet,
  newcomer: Newcomer,
  options: ConnectionOptions,
): Session {
  const { observer } = options;
  const line = new Line(self.clock);
  let drained = Promise.withResolvers<void>();
  let ended = false;
  const sending: Ref<WriterMessage> = self.spawn<WriterMessage>(
    `writer ${newcomer.id}`,
    writer({
      socket,
      line,
      times: options.times,
      pingFrame: newcomer.view === "json" ? PING : undefined,
      outbox: () => out,
      drained: () => ended ? Promise.resolve() : drained.promise,
      onStuck: () => observer?.tooSlow(session, "write"),
    }),
    // A look at the clock would cost a twentieth of each turn, for every member of a room.
    { bound: WRITER_BOUND, brief: true },
  );
  sending.stopped.then(({ kind }) => {
    if (kind === "failed") socket.close(CLOSE.internalError, "something went wrong here");
  });
  const out = new Outbox(
    sending,
    () => {
      observer?.tooSlow(session, "queue");
      socket.close(CLOSE.tooSlow, "too slow; come back with since");
    },
    { greeted: newcomer.view === "json" },
  );
  const { id, user, canonicalName, addressGroup, view, tokenId } = newcomer;
  const session: Session = {
    id,
    user,
    canonicalName,
    view,
    address: socket.address,
    addressGroup,
    tokenId,
    out,
    onRefused: observer && ((code) => observer.refused(code)),
  };
  observer?.opened(session);
  socket.listen({
    onText(text) {
      line.lastHeardMs = self.clock.monotonic();
      inlet.take(text);
    },
    onAlive() {
      line.lastHeardMs = self.clock.monotonic();
    },
    onDrain() {
      drained.resolve();
      drained = Promise.withResolvers();
    },
    onEnd({ code }) {
      ended = true;
      drained.resolve();
      self.inbox.close();
      observer?.closed(code, session);
    },
  });
  return session;
}

/** Makes the session known and welcomes it; false when it was refused and is being closed. */
async function introduce(
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
  await tellWhenFits(options.switchboard, { type: "welcomed", session, belongings });
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
