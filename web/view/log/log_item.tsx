import type { WireMessage } from "../../../protocol/events.ts";
import type { Outgoing } from "../../connection/outbox.ts";
import type { Row } from "../../model/log.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { dayName } from "../../text/time.ts";
import type { Item } from "./items.ts";
import { Message } from "./message.tsx";
import { Note } from "./note.tsx";
import { Pending } from "./pending.tsx";

export interface LogItemProps {
  readonly itemKey: string;
  readonly type: Item["type"];
  readonly row: Row | undefined;
  readonly entry: Outgoing | undefined;
  readonly at: number;
  readonly isHead: boolean;
  readonly isActive: boolean;
  readonly room: Room;
  readonly activate: (key: string | undefined) => void;
}

/**
 * One thing in the log. Its props are compared one by one and it reads a signal, so that signals
 * skip it when nothing changed: a frame with one new message renders one row.
 */
export function LogItem(props: LogItemProps) {
  const t = text.value;
  const { type, row, entry, isHead, itemKey, isActive, room, activate } = props;
  switch (type) {
    case "day":
      return <div class="day" role="separator">{dayName(props.at)}</div>;
    case "divider":
      return <div class="divider" role="separator">{t.newDivider}</div>;
    case "note":
      return row && row.type !== "message" ? <Note row={row} /> : null;
    case "outgoing":
      return entry ? <Pending entry={entry} isHead={isHead} itemKey={itemKey} /> : null;
    case "message":
      return (
        <Message
          message={row as WireMessage}
          isHead={isHead}
          itemKey={itemKey}
          isActive={isActive}
          room={room}
          activate={activate}
        />
      );
  }
}
