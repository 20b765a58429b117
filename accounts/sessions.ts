import { Refusal } from "../protocol/errors.ts";
import type { Session, Store, User, UserId, UserRef } from "../store/store.ts";
import type { Identity } from "./identify.ts";
import { newSecretId } from "./ids.ts";
import type { Tokens } from "./tokens.ts";

/** A session ends this long after its log-in, however much it is used (its token, when idle). */
export const SESSION_LIFE_MS = 180 * 24 * 60 * 60_000;

/** Which connections of a user to close; neither: all of them. */
export interface WhichSockets {
  /** Those of this session. */
  readonly only?: string;
  /** All but those of this session. */
  readonly except?: string;
}

export interface SessionsOptions {
  /** Runs one write where writes are run; answers when it is kept. */
  writes<T>(run: (store: Store) => Promise<T>): Promise<T>;
  readonly tokens: Tokens;
  readonly lifeMs?: number;
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Closes connections whose session has ended; they may come back and log in again. */
  endSockets(user: UserId, which: WhichSockets): void;
}

/** A new session, and the token that stands for it. */
export interface LoggedIn {
  readonly user: UserRef & { readonly admin: boolean };
  readonly token: string;
}

/** Sessions of accounts: rows of the store that tokens name, so that they can be ended. */
export class Sessions {
  constructor(readonly options: SessionsOptions) {}

  /** Throws `unauthorized` when the password that `hash` stands for has been changed meanwhile. */
  async begin(user: User, hash: string): Promise<LoggedIn> {
    const session = this.make(user.id);
    await this.options.writes(async (store) => {
      if (await store.passwordHash(user.id) !== hash) {
        throw new Refusal("unauthorized", "the password has just been changed");
      }
      await store.createSession(session);
    });
    return await this.loggedIn(user, session);
  }

  /** A session that begins now, to be kept. */
  make(user: UserId): Session {
    const { now, lifeMs = SESSION_LIFE_MS } = this.options;
    const createdAt = now();
    return { id: newSecretId(), user, createdAt, expiresAt: createdAt + lifeMs };
  }

  /** Of a session that is kept. */
  async loggedIn(user: User, session: Session): Promise<LoggedIn> {
    const ref = { id: user.id, name: user.name, guest: false };
    return {
      user: { ...ref, admin: user.admin },
      token: await this.options.tokens.sign({ user: ref, sessionId: session.id }),
    };
  }

  /** Ends the session and its connections. A guest has none: all its connections are closed. */
  async end({ user, sessionId }: Identity): Promise<void> {
    const { writes, endSockets } = this.options;
    if (sessionId === undefined) return endSockets(user.id, {});
    await writes((store) => store.endSession(sessionId));
    endSockets(user.id, { only: sessionId });
  }

  /** A fresh token for who is known already: good for as long again as a new one. */
  token({ user, sessionId }: Identity): Promise<string> {
    return this.options.tokens.sign({ user, sessionId });
  }
}
