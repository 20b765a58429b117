import { useSignal } from "@preact/signals";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Avatar } from "../avatar.tsx";
import { Field } from "../field.tsx";
import { goTo } from "../route.ts";

/** Begins a direct conversation, by name or with somebody who is known. */
export function NewDirect() {
  const { chat, ui } = useApp();
  const t = text.value;
  const name = useSignal("");
  const me = chat.me.value?.name;
  const wanted = name.value.trim().replace(/^@/, "");
  const known = new Set<string>();
  for (const room of chat.rooms.value.values()) {
    for (const member of room.members.value.keys()) if (member !== me) known.add(member);
  }
  const open = (user: string) => {
    ui.close();
    goTo(`@${user}`);
  };
  const people = [...known]
    .filter((user) => user.toLowerCase().includes(wanted.toLowerCase()))
    .sort((a, b) => a.localeCompare(b));
  return (
    <div class="stack">
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") open(wanted);
        }}
      >
        <Field
          label={t.userName}
          value={name}
          autoFocus
          dir="auto"
          maxLength={33}
          spellcheck={false}
          autocapitalize="off"
        />
        <button class="primary" type="submit" disabled={wanted === ""}>{t.write}</button>
      </form>
      <ul class="choices">
        {people.slice(0, 50).map((user) => (
          <li key={user}>
            <button type="button" onClick={() => open(user)}>
              <Avatar name={user} small />
              <span class="choice-text">
                <b dir="auto">{user}</b>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
