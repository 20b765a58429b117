import type { CommandOf } from "../protocol/commands.ts";
import { Refusal } from "../protocol/errors.ts";
import type { Reply, ReplyOf } from "../protocol/events.ts";
import type { UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { ActorSystem } from "./system.ts";
import type { Queries } from "./queries.ts";
import { Rooms } from "./rooms.ts";
import type { Session } from "./session.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";
import { Outbox, type WriterMessage } from "./outbox.ts";

/** How long what is done without a connection may take to be kept. */
const ERRAND_TIMEOUT_MS = 10_000;

export interface ErrandOptions {
  readonly system: ActorSystem;
  readonly switchboard: Ref<SwitchboardMessage>;
}

/** Who goes on an errand. */
export interface Errander {
  readonly user: UserRef;
  readonly canonicalName: string;
}

/**
 * Says something for a user without a connection, as an HTTP request does. Throws the `Refusal` that
 * a connection would be told.
 */
export async function say(
  options: ErrandOptions & { readonly queries: Queries },
  me: Errander,
  command: CommandOf<"message">,
  addressGroup: string,
): Promise<ReplyOf<"sent">> {
  await options.queries.mayWrite(me.user, command.room);
  const reply = await errand(
    options,
    me,
    addressGroup,
    (rooms) => rooms.send({ ...command, id: "errand" }),
  );
  if (reply.type !== "sent") throw new Error(`expected sent, got ${reply.type}`);
  return reply;
}

/**
 * One command in the name of a user: by a session that nobody sees come or go, ended by its one
 * reply. Throws the `Refusal` that a connection would be told.
 */
export async function errand(
  { system, switchboard }: ErrandOptions,
  me: Errander,
  addressGroup: string,
  tell: (rooms: Rooms) => Promise<void> | undefined,
): Promise<Reply> {
  const answered = Promise.withResolvers<Reply>();
  // When the message finds no hub, nobody waits for the answer any more.
  answered.promise.catch(() => {});
  const writer = system.spawn<WriterMessage>("errand", async (self) => {
    for await (const message of self.inbox) {
      if (typeof message !== "object" || !("text" in message)) continue;
      // `re` is between this and the hub; whoever asked has an answer to nothing but this.
      const { re: _, ...reply }: Reply = JSON.parse(message.text);
      if (reply.type !== "error") return answered.resolve(reply);
      answered.reject(new Refusal(reply.code, reply.message, reply.retry_ms));
    }
    answered.reject(new Refusal("unavailable", "the server stops"));
  }, { bound: 4 });
  const out = new Outbox(writer, () => {});
  const session: Session = {
    id: "",
    ...me,
    view: "json",
    address: "",
    addressGroup,
    errand: true,
    out,
  };
  const cancel = system.clock.after(
    ERRAND_TIMEOUT_MS,
    () => answered.reject(new Refusal("unavailable", "no answer in time; try again")),
  );
  try {
    await tell(new Rooms(session, switchboard));
    return await answered.promise;
  } finally {
    cancel();
    void writer.stop();
  }
}
