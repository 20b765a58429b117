import type { NodeId } from "./relay_news.ts";

/** The other nodes as they are now; the switchboard keeps it up to date. */
export interface Neighbours {
  readonly self: NodeId;
  /** Beside this one. */
  readonly alive: ReadonlySet<NodeId>;
  /** Whether anybody can be heard. */
  readonly up: boolean;
}
