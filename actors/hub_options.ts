import type { RoomId, Store } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { ArchiveMessage } from "./archive.ts";
import type { Neighbours } from "./neighbours.ts";
import type { RelayMessage } from "./relay_messages.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

/** Members of a group that a hub keeps in mind; a group cannot grow beyond it. */
export const GROUP_MEMBERS_MAX = 1_000;

/** Told once a turn of what a hub sends, never per member. */
export interface HubObserver {
  /** So many events of the log left together for so many sessions. */
  delivered(events: number, sessions: number): void;
  /** So many events were read because the word of them did not come in time. */
  gapRead(events: number): void;
}

export interface HubOptions {
  readonly room: RoomId;
  /** Read only: a hub writes through the archive. */
  readonly store: Store;
  readonly archive: Ref<ArchiveMessage>;
  readonly switchboard: Ref<SwitchboardMessage>;
  /** Events a join replays when it asks for nothing else. */
  readonly joinHistory: number;
  readonly idleMs: number;
  /** Undefined: no other node serves this room. */
  readonly relay?: Ref<RelayMessage> | undefined;
  readonly neighbours?: Neighbours | undefined;
  readonly observer?: HubObserver | undefined;
  onFailure(error: unknown, what: string): void;
}
