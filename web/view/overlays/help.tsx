import { text } from "../../text/text.ts";
import type { Text } from "../../text/en.ts";

const KEYS: readonly (readonly [keyof Text["shortcuts"], readonly string[]])[] = [
  ["switcher", ["Ctrl+K"]],
  ["search", ["Ctrl+Shift+F"]],
  ["room", ["Alt+↑", "Alt+↓"]],
  ["unreadRoom", ["Alt+Shift+↑", "Alt+Shift+↓"]],
  ["send", ["Enter"]],
  ["newline", ["Shift+Enter"]],
  ["editLast", ["↑"]],
  ["complete", ["Tab"]],
  ["log", ["↑", "↓"]],
  ["markRead", ["Esc"]],
  ["help", ["Ctrl+/"]],
];

export function Help() {
  return (
    <dl class="keys">
      {KEYS.map(([what, keys]) => (
        <div key={what}>
          <dt>{text.value.shortcuts[what]}</dt>
          <dd>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dd>
        </div>
      ))}
    </dl>
  );
}
