import type { Room } from "../../model/room.ts";
import type { App } from "../app_context.ts";
import type { ComposerMode } from "../ui.ts";

/** Says, answers or edits; false when there is nothing to say. */
export function submit(
  { chat, ui }: App,
  room: Room,
  mode: ComposerMode | undefined,
  content: string,
): boolean {
  const said = content.trim();
  if (said === "") return false;
  if (mode?.type === "edit") {
    if (said !== mode.message.content) {
      void chat.do<"edit">({
        type: "edit",
        room: room.name.value,
        seq: mode.message.seq,
        content: said,
      });
    }
    return true;
  }
  chat.say(room, said, mode?.message.seq);
  ui.jumps.value++;
  return true;
}
