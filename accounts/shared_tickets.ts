import Type from "typebox";
import { Compile } from "typebox/compile";
import { Refusal } from "../protocol/errors.ts";
import { newSecretId } from "./ids.ts";
import { TICKET_LIFE_MS, type TicketOffice, unknownTicket } from "./tickets.ts";
import type { Claims } from "./tokens.ts";

/** Where nodes leave tickets for each other; both reject when it does not answer in time. */
export interface TicketBox {
  put(key: string, value: string, forMs: number): Promise<void>;
  takeOut(key: string): Promise<string | undefined>;
}

const TICKET = /^[A-Za-z0-9_-]{43}$/;

const claims = Compile(Type.Object({
  user: Type.Object({ id: Type.String(), name: Type.String(), guest: Type.Boolean() }),
  sessionId: Type.Optional(Type.String()),
}));

/**
 * One-time tickets that are good on every node: kept where all nodes look, and taken out by the
 * first that is shown one. While that place is away there are none: `unavailable`.
 */
export class SharedTickets implements TicketOffice {
  constructor(readonly box: TicketBox) {}

  async issue(of: Claims): Promise<string> {
    const ticket = newSecretId();
    await this.box.put(keyOf(ticket), JSON.stringify(of), TICKET_LIFE_MS).catch(away);
    return ticket;
  }

  async redeem(ticket: string): Promise<Claims> {
    if (!TICKET.test(ticket)) throw unknownTicket();
    const found = await this.box.takeOut(keyOf(ticket)).catch(away);
    if (found === undefined) throw unknownTicket();
    return claims.Parse(JSON.parse(found));
  }
}

function keyOf(ticket: string): string {
  return `ticket:${ticket}`;
}

function away(): never {
  throw new Refusal("unavailable", "tickets cannot be checked now; try again", 1_000);
}
