import type { RoomId } from "../store/store.ts";
import type { Ref, Self } from "./actor.ts";
import type { Heads, HubMessage } from "./hub_messages.ts";
import type { RelayOptions } from "./relay.ts";
import type { RelayMessage } from "./relay_messages.ts";
import { asRefusal } from "./replies.ts";

/** How often the store is asked whether an active room goes on without this node hearing of it. */
export const HEADS_EVERY_MS = 2_000;

/** A room that is active here. */
export interface Active {
  readonly hub: Ref<HubMessage>;
  /** The last head that its hub was told of. */
  head: number;
}

/**
 * Asks the store whether active rooms go on without this node hearing of it: a lost last event
 * shows itself to nobody.
 */
export class HeadCheck {
  #asking = false;
  #cancel = () => {};

  constructor(
    readonly self: Self<RelayMessage>,
    readonly options: Pick<RelayOptions, "store" | "onFailure">,
    readonly active: ReadonlyMap<RoomId, Active>,
  ) {
    this.#later();
  }

  due(): void {
    this.#later();
    if (!this.#asking) this.ask([...this.active.keys()]);
  }

  /** Asks where the logs of these go; the answer comes as `heads`. */
  ask(rooms: readonly RoomId[]): void {
    if (rooms.length === 0) return;
    this.#asking = true;
    this.options.store.heads(rooms).then(
      (heads) => this.self.ref.tellWhenFits({ type: "heads", heads }),
      (error) => {
        // Asked again when it is due; a store that is away is logged by those who write to it.
        if (asRefusal(error).code === "internal") {
          this.options.onFailure(error, "reading where the rooms' logs end");
        }
      },
    ).finally(() => this.#asking = false);
  }

  /** A hub that is behind goes on reading by itself: each head is told once. */
  tell(heads: Heads): void {
    for (const [room, seq] of heads) {
      const active = this.active.get(room);
      if (!active || seq <= active.head) continue;
      if (active.hub.tell({ type: "head", seq })) active.head = seq;
    }
  }

  stop(): void {
    this.#cancel();
  }

  #later(): void {
    this.#cancel = this.self.clock.after(
      HEADS_EVERY_MS,
      () => void this.self.ref.tellWhenFits({ type: "heads_due" }),
    );
  }
}
