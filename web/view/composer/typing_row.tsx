import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";

/** Who is writing. Always there, so that nothing moves when somebody begins. */
export function TypingRow({ room }: { room: Room }) {
  const { chat } = useApp();
  const now = useSignal(Date.now());
  const typing = room.typing.value;
  useEffect(() => {
    now.value = Date.now();
    if (typing.size === 0) return;
    const next = Math.min(...[...typing.values()].filter((until) => until > Date.now()));
    if (!Number.isFinite(next)) return;
    const timer = setTimeout(() => now.value = Date.now(), next - Date.now() + 10);
    return () => clearTimeout(timer);
  }, [typing, now.value]);
  const me = chat.me.value?.name;
  const names = [...typing]
    .filter(([name, until]) => until > now.value && name !== me)
    .map(([name]) => name);
  return <div class="typing">{phrase(names)}</div>;
}

function phrase(names: readonly string[]): string {
  const t = text.value;
  const [first, second] = names;
  if (first === undefined) return "";
  if (second === undefined) return t.typingOne(first);
  return names.length === 2 ? t.typingTwo(first, second) : t.typingMany;
}
