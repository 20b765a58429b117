import { openMemory } from "../store/memory.ts";
import type { Store, UserId } from "../store/store.ts";
import { Accounts } from "./accounts.ts";
import { Identifier } from "./identify.ts";
import { PasswordHasher } from "./passwords.ts";
import { makeSecrets } from "./secrets.ts";
import { Sessions, type WhichSockets } from "./sessions.ts";
import { Tickets } from "./tickets.ts";
import { Tokens } from "./tokens.ts";

export interface FakeOptions {
  readonly guests?: boolean;
  readonly registration?: "open" | "closed";
  readonly hasher?: PasswordHasher;
}

/** Everything that accounts are made of, on a store in memory and a clock that tests turn. */
export async function fakeAccounts(options: FakeOptions = {}) {
  const store = await openMemory();
  const time = { nowMs: Date.UTC(2026, 0, 1) };
  const now = () => time.nowMs;
  const ended: [user: UserId, which: WhichSockets][] = [];
  const departed: UserId[] = [];
  /** Canonical names of users who are online, by name. */
  const online = new Map<string, UserId>();
  const tokens = await Tokens.create(makeSecrets(now()), { now });
  const tickets = new Tickets(now);
  const identifier = new Identifier({
    store,
    tokens,
    tickets,
    guests: options.guests ?? true,
    now,
    nameOnline: (canonical, except) => (online.get(canonical) ?? except) !== except,
  });
  const writes = <T>(run: (store: Store) => Promise<T>) => run(store);
  const endSockets = (user: UserId, which: WhichSockets) => void ended.push([user, which]);
  const sessions = new Sessions({ writes, tokens, now, endSockets });
  const accounts = new Accounts({
    store,
    identifier,
    sessions,
    writes,
    endSockets,
    depart: ({ user }) => Promise.resolve(void departed.push(user.id)),
    hasher: options.hasher ?? new PasswordHasher({ lnN: 4, r: 8, p: 1 }),
    registration: options.registration ?? "open",
    now,
    monotonic: now,
  });
  return { store, time, ended, departed, online, tokens, tickets, identifier, sessions, accounts };
}

/** With the cookie names of a plain server at port 8080. */
export const SCOPE = { secure: false, host: "chat.example:8080" };

export function bearing(token: string, url = "http://chat.example:8080/ws"): Request {
  return new Request(url, { headers: { authorization: `Bearer ${token}` } });
}
