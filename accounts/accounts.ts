import { canonicalForm } from "../protocol/canonical.ts";
import { Refusal } from "../protocol/errors.ts";
import { PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS } from "../protocol/limits.ts";
import { type Name, parseUserName, parseUserReference } from "../protocol/names.ts";
import type { Store, UserId, UserRef } from "../store/store.ts";
import type { Identifier, Identity } from "./identify.ts";
import { newUserId } from "./ids.ts";
import { LogInLimits, type Purse } from "./log_in_limits.ts";
import { PasswordHasher } from "./passwords.ts";
import type { LoggedIn, Sessions, SessionsOptions } from "./sessions.ts";
import { Throttle } from "./throttle.ts";

/** Accounts that one address may make: five, then six an hour. */
const REGISTRATIONS = { burst: 5, everyMs: 10 * 60_000 };

export interface AccountsOptions extends Pick<SessionsOptions, "writes" | "now" | "endSockets"> {
  /** Only read from here; what is written goes through `writes`. */
  readonly store: Pick<Store, "userByName" | "passwordHash">;
  readonly identifier: Identifier;
  readonly sessions: Sessions;
  readonly hasher?: PasswordHasher;
  readonly registration: "open" | "closed";
  /** Keeps account of what is limited, for other nodes (`purses`). */
  readonly shared?: boolean;
  /** Leaves the rooms that somebody belongs to, whose account is about to end. */
  depart(who: Identity, address: string): Promise<void>;
  /** Milliseconds from any start, never going back. */
  monotonic(): number;
}

export interface Login {
  readonly name: string;
  readonly password: string;
}

/**
 * Accounts: registering, logging in, changing a password, going away. All throw a `Refusal`.
 * `by` is who asks, as far as the request says; `address` is the group of addresses it counts as.
 */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #hasher: PasswordHasher;
  readonly #limits: LogInLimits;
  readonly #registrations: Throttle;

  constructor(options: AccountsOptions) {
    this.#options = options;
    this.#hasher = options.hasher ?? new PasswordHasher();
    const { monotonic, shared = false } = options;
    this.#limits = new LogInLimits(monotonic, shared);
    this.#registrations = new Throttle({ ...REGISTRATIONS, monotonic, shared });
  }

  /** What is limited here, for nodes to share. */
  get purses(): Readonly<Record<string, Purse>> {
    return { ...this.#limits.purses, "new accounts": this.#registrations };
  }

  /**
   * Makes an account and logs it in. A guest becomes the account: the same user under the new name,
   * with the conversations it has. Its connections are closed, for its old token is worth nothing.
   * An administrator's program makes accounts for others, where registration is closed, too, and as
   * many as it likes; not a browser, where whoever registers becomes the account.
   */
  async register(login: Login, by: Identity | undefined, address: string): Promise<LoggedIn> {
    const { registration, identifier, sessions, endSockets, writes, now } = this.#options;
    const forAnother = by?.admin === true && by.via !== "cookie";
    if (registration === "closed" && !forAnother) {
      throw new Refusal("forbidden", "this server takes no new accounts");
    }
    const guest = by?.user.guest ? by : undefined;
    if (by !== undefined && guest === undefined && !forAnother) {
      throw new Refusal("conflict", `you are logged in as ${by.user.name}; log out first`);
    }
    const name = parseUserName(login.name);
    if (name instanceof Refusal) throw name;
    requireGoodPassword(login.password, name);
    const id = guest?.user.id ?? newUserId();
    await identifier.requireFree(name, id);
    if (!forAnother) this.#registrations.take(address, "accounts made from your address");

    const make = async () => {
      const hash = await this.#hasher.hash(login.password);
      // Hashing took its time: somebody may have come in under this name meanwhile.
      await identifier.requireFree(name, id);
      const session = sessions.make(id);
      const user = await writes(async (store) => {
        const ref = { id, name: name.name, guest: false };
        const made = await store.createAccount(ref, name.canonical, hash, now(), session);
        if ("refused" in made) throw new Refusal(made.refused, made.message);
        return made;
      });
      return { user, session };
    };
    const { user, session } = await make().catch((error) => {
      if (isOurFailure(error) && !forAnother) this.#registrations.giveBack(address);
      throw error;
    });
    if (guest !== undefined) endSockets(id, {});
    return await sessions.loggedIn(user, session);
  }

  /**
   * A new session. A wrong password and an unknown name are answered alike, and as late. The session
   * of the request's cookie, which the new one takes the place of, ends.
   */
  async logIn(login: Login, by: Identity | undefined, address: string): Promise<LoggedIn> {
    const { store, sessions } = this.#options;
    const name = parseUserReference(login.name);
    const canonical = name instanceof Refusal ? "" : name.canonical;
    const owner = by !== undefined && !by.user.guest && by.canonicalName === canonical;
    const asking = { canonicalName: canonical, address, owner };
    const { user, hash, right, outdated } = await this.#limits.through(asking, async (count) => {
      const user = canonical === "" ? undefined : await store.userByName(canonical);
      const hash = user === undefined ? undefined : await store.passwordHash(user.id);
      return { user, hash, ...await this.#hasher.verify(login.password, hash, count) };
    });
    if (!right || user === undefined || hash === undefined) {
      throw new Refusal("unauthorized", "wrong name or password");
    }
    const current = outdated ? await this.#rehash(user.id, login.password, hash) : hash;
    const loggedIn = await sessions.begin(user, current);
    if (by?.via === "cookie") await sessions.end(by);
    return loggedIn;
  }

  /** Ends every other session of the account. */
  async changePassword(
    by: Identity,
    passwords: { readonly old: string; readonly new: string },
    address: string,
  ): Promise<void> {
    const { writes, endSockets } = this.#options;
    const { user, sessionId } = requireAccount(by);
    requireGoodPassword(passwords.new, { name: user.name, canonical: by.canonicalName });
    await this.#requirePassword(by, passwords.old, address);
    const hash = await this.#hasher.hash(passwords.new);
    await writes(async (store) => {
      // In this order: a crash in between logs out too many, never too few.
      await store.endSessions(user.id, sessionId);
      await store.setPasswordHash(user.id, hash);
    });
    endSockets(user.id, { except: sessionId });
  }

  /** The account goes, with its sessions; what it said stays, without its name. */
  async remove(by: Identity, password: string, address: string): Promise<void> {
    const { writes, endSockets, depart, now } = this.#options;
    const { user } = requireAccount(by);
    await this.#requirePassword(by, password, address);
    await depart(by, address);
    await writes(async (store) => {
      await store.endSessions(user.id);
      await store.deleteUser(user.id, now());
    });
    endSockets(user.id, {});
  }

  /** A session counts for less than the password where the account itself is at stake. */
  async #requirePassword(by: Identity, password: string, address: string): Promise<void> {
    const asking = { canonicalName: by.canonicalName, address, owner: true };
    const { right } = await this.#limits.through(asking, async (count) => {
      const hash = await this.#options.store.passwordHash(by.user.id);
      return await this.#hasher.verify(password, hash, count);
    });
    if (!right) throw new Refusal("forbidden", "wrong password");
  }

  /** Answers the new hash, which is kept unless the password was changed meanwhile. */
  async #rehash(id: UserId, password: string, old: string): Promise<string> {
    const hash = await this.#hasher.hash(password);
    await this.#options.writes(async (store) => {
      if (await store.passwordHash(id) === old) await store.setPasswordHash(id, hash);
    });
    return hash;
  }
}

/** Nothing that whoever asks could have done otherwise: the store's, or too much at once. */
function isOurFailure(error: unknown): boolean {
  return !(error instanceof Refusal) || error.code === "busy" || error.code === "unavailable";
}

function requireAccount(by: Identity): { user: UserRef; sessionId: string } {
  if (by.sessionId === undefined) {
    throw new Refusal("forbidden", "a guest has no account; register first");
  }
  return { user: by.user, sessionId: by.sessionId };
}

/**
 * By length alone, as NIST SP 800-63B section 3.1.1.2 asks (no rules of composition), and not the
 * name. No list of common passwords is kept.
 */
function requireGoodPassword(password: string, name: Name): void {
  const chars = [...password].length;
  if (chars < PASSWORD_MIN_CHARS || chars > PASSWORD_MAX_CHARS) {
    throw new Refusal(
      "bad_command",
      `password: expected ${PASSWORD_MIN_CHARS} to ${PASSWORD_MAX_CHARS} characters, got ${chars}`,
    );
  }
  if (canonicalForm(password) === name.canonical) {
    throw new Refusal("bad_command", "password: expected something else than your name");
  }
}
