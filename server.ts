import { Identifier, type Identity } from "./accounts/identify.ts";
import { newSecretId } from "./accounts/ids.ts";
import type { Secrets } from "./accounts/secrets.ts";
import { Tickets } from "./accounts/tickets.ts";
import { Tokens } from "./accounts/tokens.ts";
import { ActorSystem, type Inspection, type Ref } from "./actors/actor.ts";
import { archive, ARCHIVE_BOUND, ARCHIVE_RESTART, type ArchiveMessage } from "./actors/archive.ts";
import { type Clock, systemClock } from "./actors/clock.ts";
import { type ConnectionOptions, type Newcomer, openConnection } from "./actors/connection.ts";
import { HUB_IDLE_MS } from "./actors/hub.ts";
import { Queries } from "./actors/queries.ts";
import { asRefusal } from "./actors/replies.ts";
import {
  GRACE_MS,
  switchboard,
  SWITCHBOARD_BOUND,
  type SwitchboardMessage,
} from "./actors/switchboard.ts";
import { DEFAULT_TIMES, type WriterTimes } from "./actors/writer.ts";
import { type Network, trustProxies } from "./http/address.ts";
import { createApp } from "./http/app.ts";
import { StaticFiles } from "./http/static.ts";
import { type Entry, readUpgrade } from "./http/upgrade.ts";
import { CLOSE, Refusal } from "./protocol/errors.ts";
import { encode } from "./protocol/json_codec.ts";
import { type Limits, maxFrameBytes } from "./protocol/limits.ts";
import { textError } from "./protocol/text_codec.ts";
import type { Store } from "./store/store.ts";
import type { Admission, ListenTransport, Peer, Socket, Transport } from "./transport/socket.ts";

export interface ServerOptions {
  readonly store: Store;
  readonly listen: ListenTransport;
  readonly hostname: string;
  readonly port: number;
  readonly version: string;
  readonly limits: Limits;
  readonly origins: readonly string[];
  readonly trustedProxies: readonly Network[];
  readonly guests: boolean;
  readonly secrets: Secrets;
  readonly maxConnections: number;
  /** The folder of the page and its assets. */
  readonly statics: string;
  readonly clock?: Clock;
  readonly times?: WriterTimes;
  readonly graceMs?: number;
  readonly hubIdleMs?: number;
  onFailure(error: unknown, what: string): void;
  /** An actor was given up: the process should end, so that its supervisor starts it anew. */
  onGivenUp(actor: string, error: unknown): void;
}

export interface Server {
  readonly transport: Transport["kind"];
  readonly hostname: string;
  readonly port: number;
  actors(): Inspection[];
  /** Stops accepting, tells everyone, commits what is queued and closes the store. */
  stop(deadlineMs: number): Promise<void>;
}

/** How long a peer may take to answer a close. */
const CLOSE_TIMEOUT_MS = 5_000;

/** Wires transport, actors, accounts and routes. Rejects when the address cannot be listened on. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { store, onFailure, onGivenUp, limits } = options;
  const clock = options.clock ?? systemClock;
  const system = new ActorSystem("hubbub", {
    clock,
    onFailure({ actor, error, final }) {
      onFailure(error, final ? `${actor} has ended` : `${actor} starts again`);
    },
  });
  const writing = system.spawn<ArchiveMessage>("archive", archive({ store, onFailure }), {
    bound: ARCHIVE_BOUND,
    restart: ARCHIVE_RESTART,
  });
  const board = system.spawn<SwitchboardMessage>(
    "switchboard",
    switchboard({
      store,
      archive: writing,
      joinHistory: limits.joinHistory,
      hubIdleMs: options.hubIdleMs ?? HUB_IDLE_MS,
      graceMs: options.graceMs ?? GRACE_MS,
      onFailure,
      onGivenUp,
    }),
    { bound: SWITCHBOARD_BOUND },
  );
  for (const actor of [writing, board]) {
    actor.stopped.then((ending) => {
      if (ending.kind === "failed") onGivenUp(actor.name, ending.error);
    });
  }

  const tokens = await Tokens.create(options.secrets, { now: () => clock.now() });
  const identifier = new Identifier({
    store,
    tokens,
    tickets: new Tickets(() => clock.monotonic()),
    guests: options.guests,
    now: () => clock.now(),
    // The switchboard has the last word when the connection is made known.
    nameOnline: () => false,
  });
  const queries = new Queries({ store, archive: writing, switchboard: board, clock });
  const connections: ConnectionOptions = {
    store,
    switchboard: board,
    queries,
    limits,
    times: options.times ?? DEFAULT_TIMES,
    server: { name: "hubbub", version: options.version },
  };
  const trusts = trustProxies(options.trustedProxies);
  let stopping = false;
  const app = createApp({
    statics: await StaticFiles.load(options.statics),
    trusts,
    notReady: () => stopping ? "stopping" : undefined,
    asRefusal,
    onError: onFailure,
  });
  const admit = async (request: Request, peer: Peer): Promise<Admission | Response> => {
    const entry = await readUpgrade(request, peer, {
      identifier,
      trusts,
      origins: options.origins,
    });
    if (entry instanceof Response) return entry;
    const { subprotocol, address, identity } = entry;
    if (identity instanceof Refusal) {
      return { subprotocol, address, accept: (socket) => turnAway(socket, entry, identity) };
    }
    const token = entry.view === "json" ? await tokenOf(tokens, identity) : "";
    return {
      subprotocol,
      address,
      accept: (socket) =>
        void openConnection(system, socket, newcomer(entry, identity, token), connections),
    };
  };
  const transport = await options.listen({
    hostname: options.hostname,
    port: options.port,
    maxFrameBytes: maxFrameBytes(limits),
    maxConnections: options.maxConnections,
    closeTimeoutMs: CLOSE_TIMEOUT_MS,
    fetch: app,
    admit,
    onError: onFailure,
  });
  return {
    transport: transport.kind,
    hostname: transport.hostname,
    port: transport.port,
    actors: () => system.inspect(),
    async stop(deadlineMs) {
      stopping = true;
      transport.stopAccepting();
      await finishHubs(board, deadlineMs / 2);
      await transport.stop(deadlineMs / 4);
      await system.stop();
      await store.close();
    },
  };
}

function newcomer(entry: Entry, identity: Identity, token: string): Newcomer {
  const { user, canonicalName, admin, sessionId } = identity;
  const { view, room, history } = entry;
  return {
    id: newSecretId(),
    user,
    canonicalName,
    admin,
    tokenId: sessionId,
    token,
    view,
    room,
    history,
  };
}

function tokenOf(tokens: Tokens, { user, sessionId }: Identity): Promise<string> {
  return tokens.sign({ user, sessionId });
}

/** A page cannot see why a handshake failed, so the reason is said over the open socket. */
function turnAway(socket: Socket, { view }: Entry, refusal: Refusal): void {
  const { code, message } = refusal;
  const text = view === "json" ? encode({ type: "error", code, message }) : textError(refusal);
  socket.listen({ onText() {}, onAlive() {}, onDrain() {}, onEnd() {} });
  socket.send({ text });
  const close = code === "name_taken"
    ? CLOSE.nameTaken
    : code === "unauthorized"
    ? CLOSE.unauthorized
    : CLOSE.policyViolation;
  socket.close(close, message);
}

/** Lets every hub answer what is under way; after the deadline it goes on without them. */
async function finishHubs(board: Ref<SwitchboardMessage>, deadlineMs: number): Promise<void> {
  await board.ask<void>((reply) => ({ type: "shutdown", reply }), deadlineMs).catch(() => {});
}
