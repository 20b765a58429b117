import type { RoomId } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { HubMessage } from "./hub_messages.ts";
import type { NodeId, NodeNews, RoomNews } from "./relay_news.ts";

export type RelayMessage =
  /** A hub serves this room here from now on. It is told what other nodes' hubs of it publish. */
  | { readonly type: "attach"; readonly room: RoomId; readonly hub: Ref<HubMessage> }
  /** It does not any more. Of another hub than the last that was attached: nothing happens. */
  | { readonly type: "detach"; readonly room: RoomId; readonly hub: Ref<HubMessage> }
  /** Tells the hubs of this room on the other nodes. May be lost. */
  | { readonly type: "publish"; readonly room: RoomId; readonly news: RoomNews }
  /**
   * Tells the switchboards of all other nodes, or one of them. May be lost or doubled; a node that
   * missed what was told to all is told so (`missed`) with the next heartbeat.
   */
  | { readonly type: "announce"; readonly news: NodeNews; readonly to?: NodeId }
  /** From the bus. */
  | { readonly type: "received"; readonly channel: string; readonly text: string }
  | { readonly type: "subscribed"; readonly channels: readonly string[] }
  | { readonly type: "bus"; readonly up: boolean; readonly why?: string }
  /** Where the logs of these rooms end, according to the store. */
  | { readonly type: "heads"; readonly heads: ReadonlyMap<RoomId, number> }
  | { readonly type: "heads_due" }
  | { readonly type: "heartbeat_due" };

/** What the relay tells its node, of other nodes: to the switchboard. */
export type FromNodes =
  /** These nodes live, beside this one. Told whenever that changes. */
  | { readonly type: "nodes"; readonly alive: ReadonlySet<NodeId> }
  /** What another node announced. */
  | { readonly type: "announced"; readonly from: NodeId; readonly news: NodeNews }
  /** Something that this node announced was missed here, or perhaps came twice. */
  | { readonly type: "missed"; readonly from: NodeId }
  /** The bus is there, or away. What is announced meanwhile is lost. */
  | { readonly type: "bus"; readonly up: boolean };

/** Told of what the relay does; once a publication, never per member. */
export interface RelayObserver {
  published(): void;
  received(): void;
  /** `why` is one of few words. */
  dropped(why: "away" | "malformed" | "full"): void;
  /** Nodes alive, this one included. */
  nodes(count: number): void;
  /** The bus is there again, or away, and why. */
  bus(state: { readonly up: true } | { readonly up: false; readonly why: string }): void;
  /** A word's way from this node to this node. */
  took(ms: number): void;
}
