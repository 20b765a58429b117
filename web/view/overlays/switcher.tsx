import { useSignal } from "@preact/signals";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Avatar } from "../avatar.tsx";
import { Composing } from "../composer/composing.ts";
import { Icon } from "../icon.tsx";
import { goTo } from "../route.ts";
import { useLayoutEffect, useRef } from "preact/hooks";

const SHOWN_MAX = 12;

interface Goal {
  /** As `goTo` takes it. */
  readonly to: string;
  readonly label: string;
  readonly kind: "public" | "group" | "direct";
  readonly unread: number;
  readonly isNew: boolean;
}

/** Ctrl-K: a few letters and Enter lead to any room or person. */
export function Switcher() {
  const { chat, ui } = useApp();
  const t = text.value;
  const query = useSignal("");
  const at = useSignal(0);
  const composing = useRef(new Composing());
  const list = useRef<HTMLUListElement>(null);
  const goals = goalsFor(query.value, [...chat.rooms.value.values()], peopleOf(chat.rooms.value));
  const chosen = Math.min(at.value, goals.length - 1);
  const go = (goal: Goal | undefined) => {
    if (!goal) return;
    ui.close();
    goTo(goal.to);
  };

  useLayoutEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  function onKeyDown(event: KeyboardEvent) {
    if (composing.current.owns(event)) return;
    if (event.key === "ArrowDown") at.value = (chosen + 1) % Math.max(1, goals.length);
    else if (event.key === "ArrowUp") {
      at.value = (chosen - 1 + goals.length) % Math.max(1, goals.length);
    } else if (event.key === "Enter") go(goals[chosen]);
    else return;
    event.preventDefault();
  }

  return (
    <>
      <input
        class="palette-input"
        autoFocus
        dir="auto"
        role="combobox"
        aria-expanded="true"
        aria-controls="goals"
        aria-activedescendant={goals.length > 0 ? `goal-${chosen}` : undefined}
        aria-label={t.jump}
        placeholder={t.jumpPlaceholder}
        spellcheck={false}
        value={query}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
        onCompositionEnd={() => composing.current.ended()}
      />
      <ul
        ref={list}
        class="choices palette-goals"
        id="goals"
        role="listbox"
        aria-label={t.rooms}
      >
        {goals.map((goal, index) => (
          <li
            key={goal.to}
            id={`goal-${index}`}
            role="option"
            aria-selected={index === chosen}
            onClick={() => go(goal)}
            onMouseMove={() => at.value = index}
          >
            {goal.kind === "direct"
              ? <Avatar name={goal.label} small />
              : <Icon name={goal.kind === "group" ? "group" : "hash"} />}
            <span class="choice-text" dir="auto">
              {goal.isNew
                ? t.jumpOpen(goal.to.startsWith("@") ? goal.to : `#${goal.to}`)
                : goal.label}
            </span>
            {goal.unread > 0 && <span class="badge">{goal.unread}</span>}
          </li>
        ))}
      </ul>
    </>
  );
}

function peopleOf(rooms: ReadonlyMap<string, Room>): ReadonlySet<string> {
  const people = new Set<string>();
  for (const room of rooms.values()) for (const name of room.members.value.keys()) people.add(name);
  return people;
}

function goalsFor(query: string, rooms: readonly Room[], people: ReadonlySet<string>): Goal[] {
  const typed = query.trim();
  const wanted = typed.replace(/^[@#]/, "").toLowerCase();
  const goals: (Goal & { rank: number })[] = [];
  const rank = (label: string) => {
    const found = label.toLowerCase().indexOf(wanted);
    return found === -1 ? undefined : found;
  };
  for (const room of rooms) {
    const kind = room.kind.value;
    if (typed.startsWith("@") !== (kind === "direct") && /^[@#]/.test(typed)) continue;
    const place = rank(room.label.value) ?? rank(room.name.value);
    if (place === undefined) continue;
    const unread = room.unreadCount.value;
    goals.push({
      to: room.name.value,
      label: room.label.value,
      kind,
      unread,
      isNew: false,
      rank: place - (unread > 0 ? 0.5 : 0),
    });
  }
  if (wanted !== "" && !typed.startsWith("#")) {
    for (const name of people) {
      const place = rank(name);
      if (place === undefined || goals.some((goal) => goal.to === `@${name}`)) continue;
      goals.push({
        to: `@${name}`,
        label: name,
        kind: "direct",
        unread: 0,
        isNew: false,
        rank: place + 0.2,
      });
    }
  }
  goals.sort((a, b) => a.rank - b.rank || b.unread - a.unread || a.label.localeCompare(b.label));
  const result: Goal[] = goals.slice(0, SHOWN_MAX);
  const to = typed.startsWith("@") ? typed : typed.replace(/^#/, "");
  if (wanted !== "" && !goals.some((goal) => goal.to.toLowerCase() === to.toLowerCase())) {
    const kind = typed.startsWith("@") ? "direct" : "public";
    result.push({ to, label: to, kind, unread: 0, isNew: true });
  }
  return result;
}
