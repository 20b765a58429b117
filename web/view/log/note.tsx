import type { LogEventOf } from "../../../protocol/events.ts";
import { text } from "../../text/text.ts";
import { fullTime } from "../../text/time.ts";

/** Something that happened to the room. */
export function Note({ row }: { row: LogEventOf<"member"> | LogEventOf<"room"> }) {
  return (
    <div class="note" title={fullTime(row.at)}>
      <span dir="auto">{row.type === "room" ? roomNote(row) : memberNote(row)}</span>
    </div>
  );
}

function roomNote(row: LogEventOf<"room">): string {
  const t = text.value;
  if (row.created) return t.roomCreated(row.from);
  if (row.dissolved) return t.roomDissolved(row.from);
  if (row.title !== undefined) return t.titleSet(row.from, row.title);
  if (row.topic !== undefined) return t.topicSet(row.from, row.topic);
  return t.roomChanged(row.from);
}

function memberNote({ change, user, from, role, reason }: LogEventOf<"member">): string {
  const t = text.value;
  const said = {
    joined: t.memberJoined(user),
    invited: t.memberInvited(user, from),
    left: t.memberLeft(user),
    kicked: t.memberKicked(user, from),
    banned: t.memberBanned(user, from),
    unbanned: t.memberUnbanned(user, from),
    muted: t.memberMuted(user, from),
    unmuted: t.memberUnmuted(user, from),
    role: t.memberRole(user, t[role ?? "member"]),
  }[change];
  return reason ? `${said} (${reason})` : said;
}
