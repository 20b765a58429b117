import type { RoomId } from "../store/store.ts";
import type { Self } from "./actor.ts";
import type { Delivery } from "./delivery.ts";
import type { HubOptions } from "./hub_options.ts";
import type { HubMessage } from "./hub_messages.ts";

/** What is missing may be on its way from another node: it is waited for before it is read. */
export const GAP_PATIENCE_MS = 25;
/** When the store did not answer. */
export const GAP_RETRY_MS = 1_000;

/** Reads what a room's delivery lacks from the store, once it is clear that it will not come. */
export class GapReader {
  #cancel = () => {};

  constructor(
    readonly self: Self<HubMessage>,
    readonly options: HubOptions,
    readonly room: RoomId,
    readonly delivery: () => Delivery,
  ) {}

  /** Something is missing, `found` just now or still. */
  missing(found: boolean): void {
    if (found && this.options.relay) this.#readIn(GAP_PATIENCE_MS);
    else this.read();
  }

  read(): void {
    const delivery = this.delivery();
    const { gap } = delivery;
    if (!gap) return delivery.filled(delivery.delivered, []);
    const { after, before } = gap;
    this.options.store.since(this.room, after, before - 1, before - 1 - after).then(
      (rows) => this.self.ref.tellWhenFits({ type: "filled", after, rows }),
      (error) => this.self.ref.tellWhenFits({ type: "not_filled", error }),
    );
  }

  /** It could not be read: nobody is sent away for that. */
  failed(error: unknown): void {
    this.options.onFailure(error, `reading what is missing in room ${this.room}`);
    this.#readIn(GAP_RETRY_MS);
  }

  stop(): void {
    this.#cancel();
  }

  #readIn(delayMs: number): void {
    this.#cancel = this.self.clock.after(
      delayMs,
      () => void this.self.ref.tellWhenFits({ type: "gap" }),
    );
  }
}
