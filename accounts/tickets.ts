import { Refusal } from "../protocol/errors.ts";
import { newSecretId } from "./ids.ts";
import type { Claims } from "./tokens.ts";

export const TICKET_LIFE_MS = 30_000;
/** Most tickets that wait to be used; about 5 MB. */
export const TICKETS_MAX = 10_000;

interface Waiting {
  readonly claims: Claims;
  readonly expiresAtMs: number;
}

/** One-time tickets: what a browser may put into a URL instead of its token. */
export interface TicketOffice {
  /** Throws `busy` or `unavailable`. */
  issue(claims: Claims): string | Promise<string>;
  /** Throws `unauthorized` for one that is unknown, used or expired; `unavailable`. */
  redeem(ticket: string): Claims | Promise<Claims>;
}

/**
 * Tickets of a server that is the only one. Kept in memory, so they do not survive a restart; the
 * client asks for another.
 */
export class Tickets implements TicketOffice {
  /** In the order of their expiry: all live equally long. */
  readonly #waiting = new Map<string, Waiting>();

  /** `monotonic`: milliseconds from any start, never going back. */
  constructor(readonly monotonic: () => number) {}

  /** Throws `busy` when too many wait. */
  issue(claims: Claims): string {
    const nowMs = this.monotonic();
    this.#dropExpired(nowMs);
    if (this.#waiting.size >= TICKETS_MAX) {
      throw new Refusal("busy", `${TICKETS_MAX} tickets wait to be used`, TICKET_LIFE_MS);
    }
    const ticket = newSecretId();
    this.#waiting.set(ticket, { claims, expiresAtMs: nowMs + TICKET_LIFE_MS });
    return ticket;
  }

  /** Throws `unauthorized` for one that is unknown, used or expired. */
  redeem(ticket: string): Claims {
    this.#dropExpired(this.monotonic());
    const found = this.#waiting.get(ticket);
    if (found === undefined) throw unknownTicket();
    this.#waiting.delete(ticket);
    return found.claims;
  }

  #dropExpired(nowMs: number): void {
    for (const [ticket, { expiresAtMs }] of this.#waiting) {
      if (expiresAtMs > nowMs) break;
      this.#waiting.delete(ticket);
    }
  }
}

export function unknownTicket(): Refusal {
  return new Refusal(
    "unauthorized",
    `the ticket is unknown: used already, or older than ${TICKET_LIFE_MS / 1000} s`,
  );
}
