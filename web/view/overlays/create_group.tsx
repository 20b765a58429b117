import { useSignal } from "@preact/signals";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Field } from "../field.tsx";
import { goTo } from "../route.ts";

/** Makes a group, or a public room with a card of its own. */
export function CreateGroup() {
  const { chat, ui } = useApp();
  const t = text.value;
  const name = useSignal("");
  const title = useSignal("");
  const topic = useSignal("");
  const people = useSignal("");
  const kind = useSignal<"group" | "public">("group");

  async function create(event: Event) {
    event.preventDefault();
    const members = namesIn(people.value);
    const created = await chat.do<"create">({
      type: "create",
      room: name.value.trim().replace(/^#/, ""),
      kind: kind.value,
      ...(title.value.trim() ? { title: title.value.trim() } : {}),
      ...(topic.value.trim() ? { topic: topic.value.trim() } : {}),
      ...(kind.value === "group" && members.length > 0 ? { members } : {}),
    });
    if (!created) return;
    ui.close();
    goTo(created.room);
  }

  return (
    <form class="stack" onSubmit={create}>
      <div class="segments" role="group">
        {(["group", "public"] as const).map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={kind.value === each}
            onClick={() => kind.value = each}
          >
            {each === "group" ? t.kindGroup : t.kindPublic}
          </button>
        ))}
      </div>
      <Field
        label={t.roomName}
        value={name}
        autoFocus
        required
        dir="auto"
        maxLength={64}
        spellcheck={false}
        autocapitalize="off"
      />
      <Field label={t.title} value={title} dir="auto" maxLength={100} />
      <Field
        label={t.topic}
        value={topic}
        dir="auto"
        maxLength={500}
        placeholder={t.topicPlaceholder}
      />
      {kind.value === "group" && (
        <Field label={t.invite} value={people} dir="auto" placeholder={t.invitePlaceholder} />
      )}
      <div class="buttons">
        <button class="primary" type="submit" disabled={name.value.trim() === ""}>
          {t.create}
        </button>
      </div>
    </form>
  );
}

export function namesIn(text: string): string[] {
  return text.split(/[\s,，、;；]+/).map((name) => name.replace(/^@/, "")).filter((name) => name);
}
