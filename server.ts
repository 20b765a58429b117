import type { SecretsKeeper } from "./accounts/secrets.ts";
import { watchSecrets } from "./accounts/secrets_watch.ts";
import { Throttle } from "./accounts/throttle.ts";
import type { Inspection, Ref } from "./actors/actor.ts";
import { ActorSystem } from "./actors/system.ts";
import { writeThrough } from "./actors/archive.ts";
import { type Clock, systemClock } from "./actors/clock.ts";
import { Budgets } from "./actors/budgets.ts";
import { depart } from "./actors/departure.ts";
import { say } from "./actors/errand.ts";
import { Queries } from "./actors/queries.ts";
import { asRefusal } from "./actors/replies.ts";
import { type Purse, Spending } from "./actors/spending.ts";
import type { SwitchboardMessage } from "./actors/switchboard_messages.ts";
import { DEFAULT_TIMES, type WriterTimes } from "./actors/heart.ts";
import { Entrance } from "./entrance.ts";
import { Census } from "./metrics/census.ts";
import { watchEventLoop } from "./metrics/event_loop.ts";
import { Metrics } from "./metrics/metrics.ts";
import { openAccounts } from "./serving/accounts.ts";
import { type Cluster, startActors } from "./serving/actors.ts";
import { Readiness } from "./serving/readiness.ts";
import { Witness } from "./witness.ts";
import { type Network, trustProxies } from "./http/address.ts";
import type { ApiOptions } from "./http/api.ts";
import { createApp } from "./http/app.ts";
import { servedHosts } from "./http/host.ts";
import { StaticFiles } from "./http/static.ts";
import { Refusal } from "./protocol/errors.ts";
import { type Limits, maxFrameBytes } from "./protocol/limits.ts";
import type { Store } from "./store/store.ts";
import type { ListenTransport, Transport } from "./transport/socket.ts";

export interface ServerOptions {
  readonly store: Store;
  /** Where nodes that share the store meet. Undefined: there is only this one. */
  readonly cluster?: Cluster | undefined;
  /** What this node is called, for people; `node` where nothing is said. */
  readonly node?: string;
  readonly listen: ListenTransport;
  readonly hostname: string;
  readonly port: number;
  readonly version: string;
  readonly limits: Limits;
  readonly origins: readonly string[];
  readonly trustedProxies: readonly Network[];
  readonly guests: boolean;
  readonly registration: "open" | "closed";
  /** Of the keys that sign tokens; made there when there are none. */
  readonly secrets: SecretsKeeper;
  readonly maxConnections: number;
  /** 0: no limit. */
  readonly maxPerAddress: number;
  /** The folder of the page and its assets. */
  readonly statics: string;
  readonly clock?: Clock;
  readonly times?: WriterTimes;
  readonly graceMs?: number;
  readonly hubIdleMs?: number;
  /** Counts and writes down what happens; without one a witness of the server's own. */
  readonly witness?: Witness;
  /** Told of every failure inside, which the witness has written down. */
  onFailure?(error: unknown, what: string): void;
  /** An actor was given up: the process should end, so that its supervisor starts it anew. */
  onGivenUp(actor: string, error: unknown): void;
}

export interface Server {
  readonly transport: Transport["kind"];
  readonly hostname: string;
  readonly port: number;
  /** As many as were asked for, or as there are file descriptors for. */
  readonly maxConnections: number;
  actors(): Inspection[];
  /** Stops accepting, tells everyone, commits what is queued and closes the store. */
  stop(deadlineMs: number): Promise<void>;
}

/** How long a peer may take to answer a close. */
const CLOSE_TIMEOUT_MS = 5_000;
/** Rooms, groups and direct conversations opened from one address: 100 at once, then 360 an hour. */
const OPENINGS = { burst: 100, everyMs: 10_000 };
const OPENINGS_CALLED = "new rooms from your address";

/**
 * Wires transport, actors, accounts and routes. Rejects when the address cannot be listened on. Long
 * because a server is put together in one place.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { store, limits } = options;
  const clock = options.clock ?? systemClock;
  const witness = options.witness ?? new Witness(new Metrics(), () => clock.monotonic());
  const onFailure = (error: unknown, what: string) => {
    witness.failed(error, what);
    options.onFailure?.(error, what);
  };
  const system = new ActorSystem("hubbub", {
    clock,
    onFailure(failure) {
      witness.actorFailed(failure);
      const { actor, error, final } = failure;
      options.onFailure?.(error, final ? `${actor} has ended` : `${actor} starts again`);
    },
  });
  const { node = "node" } = options;
  witness.metrics.ofNode(node);
  witness.metrics.watchActors(() => system.inspect());
  const census = new Census(() => system.inspect(), () => clock.monotonic());
  const openings = limitOpenings(options, clock);
  const mayOpen = openings && ((from: string) => openings.take(from, OPENINGS_CALLED));
  const budgets = new Budgets(clock, limits.ratePerSecond, options.cluster !== undefined);
  let spending: Spending | undefined;
  const readiness = new Readiness({
    clock,
    keys: options.cluster?.keys,
    onStore: (up) => witness.store(up),
  });
  const { writing, board, relaying } = startActors(system, {
    ...options,
    witness,
    mayOpen,
    onBus: readiness.bus,
    onFailure,
    spentElsewhere: (purse, spent) => spending?.heard(purse, spent),
  });
  const writes = <T>(run: (store: Store) => Promise<T>) => writeThrough(writing, run);
  const queries = new Queries({ store, archive: writing, switchboard: board, clock, mayOpen });
  const people = await openAccounts({
    ...options,
    clock,
    board,
    writes,
    depart: (who, address) => depart({ system, switchboard: board, store }, who, address),
  });
  if (relaying) {
    const purses: [string, Purse][] = [
      ["said", budgets],
      ...openings ? [["new rooms", openings] as [string, Purse]] : [],
      ...Object.entries(people.accounts.purses),
    ];
    spending = new Spending(clock, new Map(purses), (purse, spent) => {
      relaying.tell({ type: "announce", news: { type: "spent", purse, spent } });
    });
  }
  const trusts = trustProxies(options.trustedProxies);
  const serves = servedHosts(options);
  const api: ApiOptions = {
    ...people,
    origins: options.origins,
    monotonic: () => clock.monotonic(),
    limits,
    version: options.version,
    actors: (limit) => ({ node, ...census.report(limit) }),
    answer: (me, command) => queries.answer(me, command),
    say(by, command, addressGroup) {
      const budget = budgets.lend(by.user.id);
      const waitMs = budget.take();
      budgets.giveBack(budget);
      if (waitMs > 0) throw new Refusal("rate_limited", "too fast", waitMs);
      return say({ system, switchboard: board, queries }, by, command, addressGroup);
    },
    notice: (content) => void board.tell({ type: "notice", content }),
  };
  const entrance = new Entrance({
    system,
    tokens: people.tokens,
    identifier: people.identifier,
    trusts,
    serves,
    origins: options.origins,
    asRefusal,
    maxPerAddress: options.maxPerAddress,
    observer: witness,
    connections: {
      store,
      switchboard: board,
      queries,
      limits,
      budgets,
      times: options.times ?? DEFAULT_TIMES,
      server: { name: "hubbub", version: options.version },
      severalNodes: options.cluster !== undefined,
      observer: witness,
    },
  });
  const transport = await options.listen({
    hostname: options.hostname,
    port: options.port,
    maxFrameBytes: maxFrameBytes(limits),
    maxConnections: options.maxConnections,
    closeTimeoutMs: CLOSE_TIMEOUT_MS,
    fetch: createApp({
      api,
      metrics: witness.metrics,
      statics: await StaticFiles.load(options.statics),
      trusts,
      serves,
      notReady: () => readiness.trouble(() => writes((store) => store.probe())),
      asRefusal,
      onError: onFailure,
    }),
    mayConnect: (peer) => entrance.mayConnect(peer),
    admit: (request, peer) => entrance.admit(request, peer),
    onError: onFailure,
    onRefused: (status, { address }) =>
      witness.refusedHandshake(status === 503 ? "no_room" : "not_a_handshake", address),
  });
  const stopWatching = watchEventLoop(
    clock,
    (lagMs) => witness.lagged(lagMs, system.takeLongestTurn()),
  );
  const stopWatchingSecrets = watchSecrets({
    keeper: options.secrets,
    tokens: people.tokens,
    after: (ms, run) => clock.after(ms, run),
    onFailure,
  });
  return {
    transport: transport.kind,
    hostname: transport.hostname,
    port: transport.port,
    maxConnections: transport.maxConnections,
    actors: () => system.inspect(),
    async stop(deadlineMs) {
      readiness.stop();
      stopWatching();
      stopWatchingSecrets();
      spending?.stop();
      transport.stopAccepting();
      await finishHubs(board, deadlineMs / 2);
      await transport.stop(deadlineMs / 4);
      await system.stop();
      await options.cluster?.keys.close();
      await store.close();
    },
  };
}

/** What may open a room for an address; without a rate of commands there is none of rooms either. */
function limitOpenings({ limits, cluster }: ServerOptions, clock: Clock): Throttle | undefined {
  if (limits.ratePerSecond === 0) return undefined;
  const shared = cluster !== undefined;
  return new Throttle({ ...OPENINGS, shared, monotonic: () => clock.monotonic() });
}

/** Lets every hub answer what is under way; after the deadline it goes on without them. */
async function finishHubs(board: Ref<SwitchboardMessage>, deadlineMs: number): Promise<void> {
  await board.ask<void>((reply) => ({ type: "shutdown", reply }), deadlineMs).catch(() => {});
}
