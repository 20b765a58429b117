import type { WireMessage } from "../../../protocol/events.ts";
import type { Outgoing } from "../../connection/outbox.ts";
import type { Row } from "../../model/log.ts";
import { dayNumber } from "../../text/time.ts";

/** Messages of one sender within this time stand under one name. */
const GROUP_MS = 5 * 60_000;

/** What stands in the log, top to bottom. */
export type Item =
  | { readonly type: "day"; readonly key: string; readonly at: number }
  | { readonly type: "divider"; readonly key: string }
  | {
    readonly type: "message";
    readonly key: string;
    readonly row: WireMessage;
    /** The first of its group: name, picture and time are shown. */
    readonly isHead: boolean;
  }
  | { readonly type: "note"; readonly key: string; readonly row: Exclude<Row, WireMessage> }
  | {
    readonly type: "outgoing";
    readonly key: string;
    readonly entry: Outgoing;
    readonly isHead: boolean;
  };

export interface ItemsOptions {
  readonly rows: readonly Row[];
  readonly from: number;
  readonly to: number;
  /** Shown after the rows. */
  readonly outgoing: readonly Outgoing[];
  /** The unread divider stands after this seq. */
  readonly divider: number | undefined;
  readonly me: string;
}

export function buildItems(options: ItemsOptions): Item[] {
  const { rows, from, to, outgoing, divider, me } = options;
  const items: Item[] = [];
  let previous = rows[from - 1];
  let isDivided = divider === undefined || (previous !== undefined && previous.seq > divider);
  for (let at = from; at < to; at++) {
    const row = rows[at]!;
    const isNewDay = !previous || dayNumber(previous.at) !== dayNumber(row.at);
    if (isNewDay) items.push({ type: "day", key: `day ${row.seq}`, at: row.at });
    let breaks = isNewDay;
    if (!isDivided && divider !== undefined && row.seq > divider && isFromOthers(row, me)) {
      isDivided = true;
      breaks = true;
      items.push({ type: "divider", key: "divider" });
    }
    if (row.type === "message") {
      const isHead = breaks || row.reply !== undefined || !continues(previous, row.from, row.at);
      items.push({ type: "message", key: messageKey(row, me), row, isHead });
    } else items.push({ type: "note", key: String(row.seq), row });
    previous = row;
  }
  let last: { from: string; at: number } | undefined = previous?.type === "message"
    ? previous
    : undefined;
  for (const entry of outgoing) {
    const isHead = !last || last.from !== me || entry.at - last.at > GROUP_MS ||
      entry.reply !== undefined;
    items.push({ type: "outgoing", key: `mine ${entry.key}`, entry, isHead });
    last = { from: me, at: entry.at };
  }
  return items;
}

/** My own keep their place in the page when they turn from pending to sent. */
function messageKey(row: WireMessage, me: string): string {
  return row.key !== undefined && row.from === me ? `mine ${row.key}` : String(row.seq);
}

function isFromOthers(row: Row, me: string): boolean {
  return row.type === "message" && row.from !== me && !row.deleted;
}

function continues(previous: Row | undefined, from: string, at: number): boolean {
  return previous?.type === "message" && previous.from === from && at - previous.at <= GROUP_MS;
}
