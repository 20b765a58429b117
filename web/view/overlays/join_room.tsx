import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ReplyOf } from "../../../protocol/events.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Field } from "../field.tsx";
import { Icon } from "../icon.tsx";
import { goTo } from "../route.ts";

/** Joins a public room, one of those there are or a new one. */
export function JoinRoom() {
  const { chat, ui } = useApp();
  const t = text.value;
  const name = useSignal("");
  const rooms = useSignal<ReplyOf<"rooms">["rooms"] | undefined>(undefined);
  useEffect(() => {
    void chat.do<"rooms">({ type: "rooms" }).then((reply) => rooms.value = reply?.rooms ?? []);
  }, []);
  const enter = (room: string) => {
    ui.close();
    goTo(room);
  };
  const wanted = name.value.trim().replace(/^#/, "");
  const others = (rooms.value ?? []).filter((room) =>
    room.kind === "public" && room.room.toLowerCase().includes(wanted.toLowerCase())
  ).sort((a, b) => b.count - a.count);
  return (
    <div class="stack">
      <form
        class="inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") enter(wanted);
        }}
      >
        <Field
          label={t.roomName}
          value={name}
          autoFocus
          dir="auto"
          maxLength={64}
          spellcheck={false}
          autocapitalize="off"
        />
        <button class="primary" type="submit" disabled={wanted === ""}>{t.join}</button>
      </form>
      <h3>{t.publicRooms}</h3>
      {rooms.value && others.length === 0 && <p class="hint">{t.noPublicRooms}</p>}
      <ul class="choices">
        {others.slice(0, 100).map((room) => (
          <li key={room.room}>
            <button type="button" onClick={() => enter(room.room)}>
              <Icon name="hash" />
              <span class="choice-text">
                <b dir="auto">{room.title || room.room}</b>
                {room.topic && <span class="meta" dir="auto">{room.topic}</span>}
              </span>
              <span class="meta">{t.people(room.count)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
