import { Accounts } from "../accounts/accounts.ts";
import { Identifier, type Identity } from "../accounts/identify.ts";
import { agreeOnSecrets, type SecretsKeeper } from "../accounts/secrets.ts";
import { Sessions } from "../accounts/sessions.ts";
import { SharedTickets } from "../accounts/shared_tickets.ts";
import { Tickets } from "../accounts/tickets.ts";
import { Tokens } from "../accounts/tokens.ts";
import type { Ref } from "../actors/actor.ts";
import type { Clock } from "../actors/clock.ts";
import { LOOKUP_TIMEOUT_MS } from "../actors/resolve.ts";
import type { SwitchboardMessage } from "../actors/switchboard_messages.ts";
import { CLOSE } from "../protocol/errors.ts";
import type { Store, UserRef } from "../store/store.ts";
import type { Cluster } from "./actors.ts";

export interface AccountsOptions {
  readonly store: Store;
  readonly secrets: SecretsKeeper;
  readonly guests: boolean;
  readonly registration: "open" | "closed";
  readonly cluster?: Cluster | undefined;
  readonly clock: Clock;
  readonly board: Ref<SwitchboardMessage>;
  /** Runs it among the writes of the archive. */
  writes<T>(run: (store: Store) => Promise<T>): Promise<T>;
  /** Leaves the rooms of somebody whose account is about to end. */
  depart(who: Identity, address: string): Promise<void>;
}

/** Everything that knows people, on the server's store and its switchboard. */
export async function openAccounts(options: AccountsOptions) {
  const { store, secrets, guests, registration, cluster, clock, board, writes, depart } = options;
  const now = () => clock.now();
  const monotonic = () => clock.monotonic();
  const tokens = await Tokens.create(await agreeOnSecrets(secrets, now()), { now });
  const tickets = cluster ? new SharedTickets(cluster.keys) : new Tickets(monotonic);
  const identifier = new Identifier({
    store,
    tokens,
    tickets,
    guests,
    severalNodes: cluster !== undefined,
    now,
    async nameOnline(canonicalName, except) {
      const holder = await board.ask<UserRef | undefined>(
        (reply) => ({ type: "holder", canonicalName, reply }),
        LOOKUP_TIMEOUT_MS,
      );
      return holder !== undefined && holder.id !== except;
    },
  });
  const endSockets: Sessions["options"]["endSockets"] = (user, { only, except }) => {
    board.tell({
      type: "end_sessions",
      user,
      ...(only === undefined ? undefined : { token: only }),
      ...(except === undefined ? undefined : { exceptToken: except }),
      code: CLOSE.unauthorized,
      reason: "the session has ended; log in again",
    });
  };
  const sessions = new Sessions({ writes, tokens, now, endSockets });
  const accounts = new Accounts({
    store,
    identifier,
    sessions,
    registration,
    writes,
    now,
    monotonic,
    shared: cluster !== undefined,
    endSockets,
    depart,
  });
  return { tokens, tickets, identifier, sessions, accounts };
}
