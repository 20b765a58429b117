import { useSignal } from "@preact/signals";
import { verdict } from "../../../protocol/rules.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Field } from "../field.tsx";
import { Icon } from "../icon.tsx";
import { RoomIcon } from "../room_icon.tsx";
import { copy, linkTo } from "../log/message_actions.ts";
import { namesIn } from "./create_group.tsx";

/** A room's card, and what I can do with the room. */
export function RoomSheet({ room }: { room: Room }) {
  const app = useApp();
  const { chat, ui } = app;
  const t = text.value;
  const title = useSignal(room.title.value ?? "");
  const topic = useSignal(room.topic.value ?? "");
  const icon = useSignal(room.icon.value ?? "");
  const people = useSignal("");
  const kind = room.kind.value;
  const actor = chat.partyIn(room);
  const may = (action: "set" | "invite" | "dissolve") => verdict(action, kind, actor) === undefined;
  const name = room.name.value;

  async function save(event: Event) {
    event.preventDefault();
    const changed = await chat.do<"set">({
      type: "set",
      room: name,
      title: title.value.trim(),
      topic: topic.value.trim(),
      icon: icon.value.trim(),
    });
    if (changed) ui.close();
  }

  async function invite(event: Event) {
    event.preventDefault();
    for (const user of namesIn(people.value)) {
      await chat.do<"invite">({ type: "invite", room: name, user });
    }
    people.value = "";
  }

  return (
    <div class="stack">
      <p class="who">
        <RoomIcon room={room} />
        <span>
          <b dir="auto">{room.label.value}</b>{" "}
          <span class="meta">{t.people(room.count.value)}</span>
        </span>
      </p>
      {may("set") && kind !== "direct"
        ? (
          <form class="stack" onSubmit={save}>
            <Field label={t.title} value={title} dir="auto" maxLength={100} />
            <Field
              label={t.topic}
              value={topic}
              dir="auto"
              maxLength={500}
              placeholder={t.topicPlaceholder}
            />
            <Field label={t.icon} value={icon} maxLength={16} />
            <div class="buttons">
              <button class="primary" type="submit">{t.save}</button>
            </div>
          </form>
        )
        : kind !== "direct" && <p dir="auto">{room.topic.value || t.noTopic}</p>}
      {may("invite") && (
        <form class="inline-form" onSubmit={invite}>
          <Field label={t.invite} value={people} dir="auto" placeholder={t.invitePlaceholder} />
          <button class="primary" type="submit" disabled={namesIn(people.value).length === 0}>
            {t.invite}
          </button>
        </form>
      )}
      <ul class="choices">
        <li>
          <button type="button" onClick={() => copy(app, linkTo(name))}>
            <Icon name="link" />
            {t.copyLink}
          </button>
        </li>
        <li>
          <button
            type="button"
            onClick={() => {
              ui.close();
              void chat.leave(room);
            }}
          >
            <Icon name="logout" />
            {kind === "direct" ? t.close : t.leave}
          </button>
        </li>
        {may("dissolve") && kind !== "direct" && (
          <li>
            <button
              type="button"
              class="dangerous"
              onClick={() =>
                ui.open({
                  type: "ask",
                  title: t.dissolve,
                  question: t.dissolveAsk,
                  isDangerous: true,
                  then: () => void chat.do<"dissolve">({ type: "dissolve", room: name }),
                })}
            >
              <Icon name="remove" />
              {t.dissolve}
            </button>
          </li>
        )}
      </ul>
    </div>
  );
}
