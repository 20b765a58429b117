import { canonicalForm } from "../protocol/canonical.ts";
import { Refusal } from "../protocol/errors.ts";
import { guestName, isGuestName, type Name, parseUserName } from "../protocol/names.ts";
import type { Store, UserId, UserRef } from "../store/store.ts";
import type { CookieScope } from "./cookies.ts";
import { type Credential, readCredential, type Via } from "./credentials.ts";
import { newUserId, randomHex } from "./ids.ts";
import type { TicketOffice } from "./tickets.ts";
import type { Claims, Tokens } from "./tokens.ts";

/** Who a request or a connection is from. */
export interface Identity {
  readonly user: UserRef;
  readonly canonicalName: string;
  readonly admin: boolean;
  /** What said so. */
  readonly via: Via;
  /** False for a guest that gave no name: a text client without one sees bare lines. */
  readonly named: boolean;
  /** An account's session row: when it ends, its connections end. */
  readonly sessionId: string | undefined;
  /** When that session ends by itself, in milliseconds since 1970. */
  readonly expiresAt: number | undefined;
}

export interface IdentifyOptions {
  readonly store: Pick<Store, "userById" | "userByName" | "session">;
  readonly tokens: Tokens;
  readonly tickets: TicketOffice;
  /** Whether somebody may come in without a credential. */
  readonly guests: boolean;
  /** Other nodes give names, too. */
  readonly severalNodes?: boolean;
  now(): number;
  /** Whether a user other than `except` is online under that name. */
  nameOnline(canonical: string, except: UserId): boolean | Promise<boolean>;
}

/** `unauthorized`: the credential itself is worth nothing. A cookie of this kind is taken away. */
export class BadCredential extends Refusal {
  constructor(readonly via: Via, message: string) {
    super("unauthorized", message);
  }
}

/** More than come in at a time. */
const GIVEN_NAMES_MAX = 4096;

/** Digits of a given name, and how often each length is tried before a longer one. */
const GUEST_NAME_HEX_DIGITS = [4, 4, 4, 6, 6, 8, 12];
/**
 * Of several nodes each sees only a moment later whom another has let in: names that do not meet
 * by chance, should 10,000 guests come at once to each of two nodes, in 97 of 100 times.
 */
const GUEST_NAME_HEX_DIGITS_OF_NODES = [8, 8, 12];

/** Says who requests are from. Reads the store and changes nothing. */
export class Identifier {
  /** Names given last: their guests are on the way in, and nobody else sees them online yet. */
  readonly #given = new Set<string>();

  constructor(readonly options: IdentifyOptions) {}

  /**
   * With a credential, its user; `name` is ignored then. Without one, a guest called `name`, or by
   * a name of the server's when it is null or empty. Throws a `Refusal`: `unauthorized`, `bad_name`,
   * `name_taken`. Side effect: a ticket is used up.
   */
  async identify(request: Request, scope: CookieScope, name: string | null): Promise<Identity> {
    const known = await this.recognize(request, scope);
    if (known === undefined) return await this.newGuest(name);
    await this.requireOwnName(known);
    return known;
  }

  /**
   * The user of the request's credential, undefined without one; makes no guest and does not ask
   * whether a guest's name is still its own. Throws `BadCredential`.
   */
  async recognize(request: Request, scope: CookieScope): Promise<Identity | undefined> {
    const credential = readCredential(request, scope);
    if (credential.via === "none") return undefined;
    try {
      const claims = await this.#claims(credential);
      return claims.sessionId === undefined
        ? await this.#knownGuest(credential.via, claims.user)
        : await this.#knownAccount(credential.via, claims.user.id, claims.sessionId);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "unauthorized") throw error;
      throw new BadCredential(credential.via, error.message);
    }
  }

  /**
   * A guest called `wanted`, or by a name of the server's. Nothing is kept of it. Throws
   * `unauthorized` where guests are not let in, `bad_name`, `name_taken`.
   */
  async newGuest(wanted: string | null): Promise<Identity> {
    if (!this.options.guests) throw noGuests();
    const id = newUserId();
    if (wanted === null || wanted.trim() === "") {
      const name = await this.#freeGuestName(id);
      return guest({ id, name: name.name, guest: true }, name.canonical, "none");
    }
    const name = parseUserName(wanted);
    if (name instanceof Refusal) throw name;
    await this.requireFree(name, id);
    return guest({ id, name: name.name, guest: true }, name.canonical, "none");
  }

  /**
   * Throws `name_taken` when a guest's name has become somebody else's: it is its own only while it
   * is held.
   */
  async requireOwnName({ user, canonicalName }: Identity): Promise<void> {
    if (user.guest) await this.requireFree({ name: user.name, canonical: canonicalName }, user.id);
  }

  /** Throws `name_taken` when another user holds the name, in the store or by being online. */
  async requireFree(name: Name, by: UserId): Promise<void> {
    if (!await this.#isFree(name, by)) {
      throw new Refusal("name_taken", `${name.name} is taken; choose another name`);
    }
  }

  async #claims(credential: Exclude<Credential, { via: "none" }>): Promise<Claims> {
    return credential.via === "ticket"
      ? await this.options.tickets.redeem(credential.value)
      : await this.options.tokens.verify(credential.value);
  }

  /** The claims were true when they were signed; the store knows what ended since. */
  async #knownAccount(via: Via, id: UserId, sessionId: string): Promise<Identity> {
    const { store, now } = this.options;
    const [session, user] = await Promise.all([store.session(sessionId), store.userById(id)]);
    if (
      session === undefined || session.user !== id || session.expiresAt <= now() ||
      user === undefined || user.guest || user.deletedAt !== undefined
    ) {
      throw new Refusal("unauthorized", "the session has ended; log in again");
    }
    return {
      user: { id: user.id, name: user.name, guest: false },
      canonicalName: canonicalForm(user.name),
      admin: user.admin,
      via,
      named: true,
      sessionId,
      expiresAt: session.expiresAt,
    };
  }

  async #knownGuest(via: Via, user: UserRef): Promise<Identity> {
    if (!this.options.guests) throw noGuests();
    const row = await this.options.store.userById(user.id);
    if (row !== undefined && !row.guest) {
      throw new Refusal("unauthorized", "this guest has become an account; log in");
    }
    return guest(user, canonicalForm(user.name), via);
  }

  async #freeGuestName(id: UserId): Promise<Name> {
    const lengths = this.options.severalNodes
      ? GUEST_NAME_HEX_DIGITS_OF_NODES
      : GUEST_NAME_HEX_DIGITS;
    for (const digits of lengths) {
      const name = guestName(randomHex(digits));
      if (this.#given.has(name.canonical) || !await this.#isFree(name, id)) continue;
      // Looked at and taken in one step: another may have been given it while the store was asked.
      if (this.#given.has(name.canonical)) continue;
      this.#given.add(name.canonical);
      if (this.#given.size > GIVEN_NAMES_MAX) {
        for (const oldest of this.#given) {
          this.#given.delete(oldest);
          break;
        }
      }
      return name;
    }
    throw new Refusal("name_taken", "found no free name for a guest; give one");
  }

  async #isFree({ canonical }: Name, by: UserId): Promise<boolean> {
    if (await this.options.nameOnline(canonical, by)) return false;
    const holder = await this.options.store.userByName(canonical);
    return holder === undefined || holder.id === by;
  }
}

function noGuests(): Refusal {
  return new Refusal("unauthorized", "this server takes no guests; log in");
}

function guest(user: UserRef, canonicalName: string, via: Via): Identity {
  return {
    user,
    canonicalName,
    admin: false,
    via,
    named: !isGuestName(user.name),
    sessionId: undefined,
    expiresAt: undefined,
  };
}
