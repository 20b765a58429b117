import { CLOSE } from "../protocol/errors.ts";
import type { Store } from "../store/store.ts";
import type { Ref, Self } from "./actor.ts";
import { HeldNames, type NameClaims } from "./held_names.ts";
import { OtherNodes, type OtherNodesListener } from "./other_nodes.ts";
import type { Presence } from "./presence.ts";
import { Recheck } from "./recheck.ts";
import type { FromNodes, RelayMessage } from "./relay_messages.ts";
import type { NodeId, NodeNews } from "./relay_news.ts";
import type { Spent } from "./spending.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

/** What a switchboard needs that is one of several. */
export interface AmongNodes {
  readonly relay: Ref<RelayMessage>;
  /** This node. */
  readonly node: NodeId;
  readonly claims: NameClaims;
  /** What another node says was spent there of an allowance that nodes share. */
  readonly spentElsewhere?: ((purse: string, spent: Spent) => void) | undefined;
}

/** A node has met the others by then, if there are any. */
const MEETING_MS = 60_000;

export interface AbroadOptions extends AmongNodes {
  readonly store: Pick<Store, "ended">;
  readonly presence: Presence;
  /** Of users here, and of hubs. */
  readonly listener: OtherNodesListener;
  /** News for the people on this node. */
  heard(from: NodeId, news: NodeNews): void;
  onFailure(error: unknown, what: string): void;
}

/** The switchboard's part in what several nodes do together. */
export class Abroad {
  readonly nodes: OtherNodes;
  readonly names: HeldNames;
  readonly #recheck: Recheck;
  readonly #beganMs: number;

  constructor(readonly self: Self<SwitchboardMessage>, readonly options: AbroadOptions) {
    const { clock } = self;
    const { presence, onFailure } = options;
    this.#beganMs = clock.monotonic();
    this.nodes = new OtherNodes(self, options, options.listener);
    this.names = new HeldNames({
      clock,
      claims: options.claims,
      elsewhere: (user) => this.nodes.has(user),
      lost: (user) => {
        for (const session of presence.sessions(user)) {
          session.out.close(CLOSE.nameTaken, "your name is another's now");
        }
      },
      onFailure,
    });
    this.#recheck = new Recheck({
      clock,
      store: options.store,
      connections: () => presence.allSessions(),
      end: (session, why) => {
        if (why === "name") session.out.close(CLOSE.nameTaken, "your name is another's now");
        else session.out.close(CLOSE.unauthorized, "the session has ended; log in again");
      },
      onFailure,
    });
  }

  /** Whether this node frees the names of guests who are online nowhere: it knows, and is the one. */
  get forgets(): boolean {
    const { alive, self } = this.nodes.neighbours;
    return this.self.clock.monotonic() - this.#beganMs >= MEETING_MS && this.nodes.complete &&
      [...alive].every((node) => self < node);
  }

  hear(message: FromNodes): void {
    switch (message.type) {
      case "nodes":
        return this.nodes.nodes(message);
      case "missed":
        return this.nodes.missed(message.from);
      case "bus":
        this.nodes.bus(message.up);
        // They may have been forgotten.
        if (message.up) this.names.keep();
        return;
      case "announced":
        return this.#announced(message.from, message.news);
    }
  }

  stop(): void {
    this.nodes.stop();
    this.names.stop();
    this.#recheck.stop();
  }

  #announced(from: NodeId, news: NodeNews): void {
    switch (news.type) {
      case "online":
        return this.nodes.heardOnline(from, news);
      case "rooms":
        return this.nodes.heardRooms(from, news);
      case "spent":
        return this.options.spentElsewhere?.(news.purse, news.spent);
      default:
        return this.options.heard(from, news);
    }
  }
}
