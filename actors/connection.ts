import { CLOSE } from "../protocol/errors.ts";
import { encode } from "../protocol/json_codec.ts";
import type { Frame, Socket } from "../transport/socket.ts";
import type { Ref, Self } from "./actor.ts";
import { atTime } from "./at_time.ts";
import type { Budget } from "./budgets.ts";
import type { ConnectionOptions, Newcomer } from "./connection_options.ts";
import { Inlet, READER_BOUND, type ReaderMessage } from "./inlet.ts";
import { introduce } from "./introduction.ts";
import { Line } from "./line.ts";
import { Outbox, WRITER_BOUND, type WriterMessage } from "./outbox.ts";
import { reader } from "./reader.ts";
import { asRefusal, replyError } from "./replies.ts";
import type { Session } from "./session.ts";
import type { ActorSystem } from "./system.ts";
import { writer } from "./writer.ts";

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
      await options.switchboard.tellWhenFits({ type: "disconnect", session });
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
  const line = new Line(socket, self.clock);
  let isDropped = false;
  // A full queue closes it; where that is not read either, the write's time runs out, too.
  const tooSlow = (why: "queue" | "write") => {
    if (!isDropped) observer?.tooSlow(session, why);
    isDropped = true;
  };
  const sending: Ref<WriterMessage> = self.spawn<WriterMessage>(
    `writer ${newcomer.id}`,
    writer({
      line,
      times: options.times,
      pingFrame: newcomer.view === "json" ? PING : undefined,
      outbox: () => out,
      onStuck: () => tooSlow("write"),
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
      tooSlow("queue");
      socket.close(CLOSE.tooSlow, "too slow; come back with since");
    },
    { greeted: newcomer.view === "json", line },
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
      line.heard();
      inlet.take(text);
    },
    onAlive: () => line.heard(),
    onDrain: () => line.drain(),
    onEnd({ code }) {
      line.end();
      self.inbox.close();
      observer?.closed(code, session);
    },
  });
  return session;
}
