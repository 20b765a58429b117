import type { Room } from "../model/room.ts";
import { Icon, type IconName } from "./icon.tsx";

const KINDS: Readonly<Record<"public" | "group" | "direct", IconName>> = {
  public: "hash",
  group: "group",
  direct: "direct",
};
/** Longer than any emoji: something that is not meant for this page. */
const EMOJI_MAX_CHARS = 16;

/** A room's own emoji, or the sign of its kind. */
export function RoomIcon({ room }: { room: Room }) {
  const own = room.icon.value;
  return own && own.length <= EMOJI_MAX_CHARS
    ? <span class="room-emoji" aria-hidden="true">{own}</span>
    : <Icon name={KINDS[room.kind.value]} />;
}
