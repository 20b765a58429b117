import { newUserId } from "../accounts/ids.ts";
import type { AmongNodes } from "../actors/abroad.ts";
import type { Ref } from "../actors/actor.ts";
import { archive, ARCHIVE_BOUND, ARCHIVE_RESTART, type ArchiveMessage } from "../actors/archive.ts";
import type { Bus } from "../actors/bus.ts";
import { HUB_IDLE_MS } from "../actors/hub.ts";
import { relay, RELAY_BOUND, RELAY_RESTART } from "../actors/relay.ts";
import type { RelayMessage, RelayObserver } from "../actors/relay_messages.ts";
import type { SharedKeys } from "../actors/shared_keys.ts";
import { switchboard, SWITCHBOARD_BOUND } from "../actors/switchboard.ts";
import type { SwitchboardMessage } from "../actors/switchboard_messages.ts";
import { GRACE_MS, type SwitchboardOptions } from "../actors/switchboard_options.ts";
import type { ActorSystem } from "../actors/system.ts";
import type { Limits } from "../protocol/limits.ts";
import type { Store } from "../store/store.ts";
import type { Witness } from "../witness.ts";

/** What several nodes have in common beside the store. */
export interface Cluster {
  /** Where they hear of each other. */
  readonly bus: Bus;
  /** What they agree on at once. */
  readonly keys: SharedKeys;
}

export interface ActorsOptions extends Pick<SwitchboardOptions, "mayOpen"> {
  readonly store: Store;
  readonly cluster?: Cluster | undefined;
  readonly limits: Limits;
  readonly graceMs?: number | undefined;
  readonly hubIdleMs?: number | undefined;
  readonly witness: Witness;
  readonly spentElsewhere: AmongNodes["spentElsewhere"];
  readonly onBus: RelayObserver["bus"];
  onFailure(error: unknown, what: string): void;
  /** An actor was given up. */
  onGivenUp(actor: string, error: unknown): void;
}

/** Those that live as long as the server. */
export interface Actors {
  readonly writing: Ref<ArchiveMessage>;
  readonly board: Ref<SwitchboardMessage>;
  readonly relaying: Ref<RelayMessage> | undefined;
}

/** Starts the archive, the switchboard and, where there are several nodes, the relay. */
export function startActors(system: ActorSystem, options: ActorsOptions): Actors {
  const { store, cluster, limits, mayOpen, onBus, spentElsewhere, witness } = options;
  const { hubIdleMs, graceMs, onFailure, onGivenUp } = options;
  const writing = system.spawn<ArchiveMessage>(
    "archive",
    archive({
      store,
      onFailure,
      onCommit: (rows, ms) => witness.committed(rows, ms),
      onRefusal: () => witness.store(false),
    }),
    { bound: ARCHIVE_BOUND, restart: ARCHIVE_RESTART },
  );
  const node = newUserId();
  const relaying = cluster && system.spawn<RelayMessage>(
    "relay",
    relay({
      node,
      bus: cluster.bus,
      store,
      switchboard: () => board,
      observer: witness,
      onBus,
      onFailure,
    }),
    { bound: RELAY_BOUND, restart: RELAY_RESTART },
  );
  const board: Ref<SwitchboardMessage> = system.spawn<SwitchboardMessage>(
    "switchboard",
    switchboard({
      store,
      archive: writing,
      joinHistory: limits.joinHistory,
      hubIdleMs: hubIdleMs ?? HUB_IDLE_MS,
      graceMs: graceMs ?? GRACE_MS,
      mayOpen,
      among: cluster && relaying && {
        relay: relaying,
        node,
        claims: cluster.keys,
        spentElsewhere,
      },
      observer: witness,
      onFailure,
      onGivenUp,
    }),
    { bound: SWITCHBOARD_BOUND },
  );
  for (const actor of [writing, board, relaying]) {
    actor?.stopped.then((ending) => {
      if (ending.kind === "failed") onGivenUp(actor.name, ending.error);
    });
  }
  return { writing, board, relaying };
}
