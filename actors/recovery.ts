import { Refusal } from "../protocol/errors.ts";
import type { HubMessage, JoinMessage } from "./hub_messages.ts";
import type { Mailbox } from "./mailbox.ts";
import { replyError } from "./replies.ts";
import type { Arrivals } from "./arrivals.ts";
import { type Audience, letGo } from "./audience.ts";

/** What a hub that fails owes to those who were there. */

/** The message at which it failed: whoever asked for something is told, and it is not tried again. */
export function refuseFailed(message: HubMessage | undefined): void {
  if (message) answer(message, new Refusal("internal", "the room failed"));
}

/**
 * What the next start handles first: everyone joins again from the last event that was sent, and
 * joins that were not decided are asked again with what waited for them.
 */
export function joinsAgain(audience: Audience, arrivals: Arrivals, since: number): HubMessage[] {
  const messages: HubMessage[] = [];
  for (const place of audience.places()) {
    const { session, joined } = place;
    letGo(place);
    const undecided = arrivals.undecided(place);
    const again = joined ? "joined" : "attached";
    if (undecided) messages.push(...undecided);
    // In a public room only who has joined is there.
    else if (joined || audience.room.kind !== "public") {
      messages.push({ type: "join", session, since, re: undefined, again } satisfies JoinMessage);
    }
  }
  return messages;
}

/**
 * Ends a hub that cannot start because the store does not answer: who waits is refused, who was
 * there or is owed what the store had taken already comes back and finds out.
 */
export function abandon(inbox: Mailbox<HubMessage>, refusal: Refusal): void {
  inbox.close();
  for (const message of inbox.drain()) {
    if (message.type === "join" && message.again) message.session.out.overflow();
    else if (message.type === "marked") message.session.out.overflow();
    else if (message.type === "appended") {
      for (const { origin } of message.done) origin?.session.out.overflow();
    } else answer(message, refusal);
  }
}

function answer(message: HubMessage, refusal: Refusal): void {
  switch (message.type) {
    case "command":
      return replyError(message.session, message.command.id, refusal);
    case "leave":
      return replyError(message.session, message.re, refusal);
    case "join":
      if (!message.again) replyError(message.session, message.re, refusal);
      return;
    case "admitted":
    case "not_admitted":
      return answer(message.join, refusal);
  }
}
