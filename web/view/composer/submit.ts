import type { Room } from "../../model/room.ts";
import type { App } from "../app_context.ts";
import type { WireMessage } from "../../../protocol/events.ts";
import type { ComposerMode } from "../ui.ts";

/** Says, answers or edits; false when there is nothing to say. */
export function submit(
  app: App,
  room: Room,
  mode: ComposerMode | undefined,
  content: string,
): boolean {
  const { chat, ui } = app;
  const said = content.trim();
  if (said === "") return false;
  if (mode?.type === "edit") {
    if (said !== mode.message.content) void saveEdit(app, room, mode.message, said);
    return true;
  }
  chat.say(room, said, mode?.message.seq);
  ui.jumps.value++;
  return true;
}

/** An edit is not kept in the outbox: when it cannot be saved now, the writer has it back. */
async function saveEdit(
  { chat, ui }: App,
  room: Room,
  message: WireMessage,
  text: string,
): Promise<void> {
  const { seq } = message;
  const saved = await chat.do<"edit">({ type: "edit", room: room.name.value, seq, content: text });
  if (saved || ui.mode.peek() || chat.current.peek() !== room) return;
  ui.mode.value = { type: "edit", message, text };
}
