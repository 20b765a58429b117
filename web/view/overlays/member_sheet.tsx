import { canonicalForm } from "../../../protocol/canonical.ts";
import type { Role } from "../../../protocol/commands.ts";
import { verdict } from "../../../protocol/rules.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { type App, useApp } from "../app_context.ts";
import { Avatar } from "../avatar.tsx";
import { Icon, type IconName } from "../icon.tsx";
import { goTo } from "../route.ts";

const MUTE_S = 600;

interface Choice {
  readonly icon: IconName;
  readonly label: string;
  readonly isDangerous?: boolean;
  /** Asked before it is done. */
  readonly question?: string;
  readonly run: () => unknown;
}

/** Somebody, and what I can do with them here. */
export function MemberSheet({ name: written, room }: { name: string; room: Room | undefined }) {
  const app = useApp();
  const { chat, ui } = app;
  const t = text.value;
  // A mention may spell it in another case.
  const isSame = (other: string) => canonicalForm(other) === canonicalForm(written);
  const member = [...room?.members.value.values() ?? []].find((each) => isSame(each.name));
  const name = member?.name ?? written;
  const isMe = isSame(chat.me.value?.name ?? "");
  const choices = [
    ...(isMe ? [] : [{ icon: "direct", label: t.writeTo, run: () => goTo(`@${name}`) } as const]),
    ...(room ? [{ icon: "edit", label: t.mention, run: () => mention(app, name) } as const] : []),
    ...(room && !isMe ? moderation(app, room, name) : []),
    ...(isMe ? [] : [blocking(app, name)]),
  ];
  const choose = ({ label, isDangerous = false, question, run }: Choice) => {
    if (question === undefined) {
      ui.close();
      run();
    } else ui.open({ type: "ask", title: label, question, isDangerous, then: () => void run() });
  };
  const facts = [
    isMe && t.you,
    member && member.role !== "member" && t[member.role],
    member && (member.online ? t.online : t.away),
  ];

  return (
    <div class="stack">
      <p class="who">
        <Avatar name={name} online={member?.online} />
        <span>
          <b dir="auto">{name}</b>
          <br />
          <span class="meta">{facts.filter((fact) => fact).join(" · ")}</span>
        </span>
      </p>
      <ul class="choices">
        {choices.map((choice: Choice) => (
          <li key={choice.label}>
            <button
              type="button"
              class={choice.isDangerous ? "dangerous" : ""}
              onClick={() => choose(choice)}
            >
              <Icon name={choice.icon} />
              {choice.label}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function mention({ ui }: App, name: string): void {
  ui.insert.value = { text: `@${name} ` };
}

/** The server says to nobody whom they block: what was done in this browser is known. */
function blocking({ chat }: App, name: string): Choice {
  const t = text.value;
  return chat.blocked.has(name)
    ? { icon: "check", label: t.unblock, run: () => chat.block(name, false) }
    : {
      icon: "ban",
      label: t.block,
      question: t.blockAsk(name),
      isDangerous: true,
      run: () => chat.block(name, true),
    };
}

/** The rules decide what is offered; the server decides what is done. */
function moderation({ chat }: App, room: Room, name: string): Choice[] {
  const t = text.value;
  const kind = room.kind.value;
  if (kind === "direct") return [];
  const member = room.members.value.get(name);
  const role = member?.role;
  const actor = chat.partyIn(room);
  const target = { role, banned: false, muted: false };
  const where = { room: room.name.value, user: name };
  const may = (action: "kick" | "ban" | "unban" | "mute" | "role", newRole?: Role) =>
    verdict(action, kind, actor, target, false, newRole) === undefined;
  const give = (icon: IconName, label: string, question: string, newRole: Role): Choice => ({
    icon,
    label,
    question,
    run: () => chat.do<"role">({ type: "role", ...where, role: newRole }),
  });
  const offered: Choice[] = [];
  if (role !== "moderator" && may("role", "moderator")) {
    offered.push(give("moderator", t.makeModerator, t.makeModeratorAsk(name), "moderator"));
  }
  if (role === "moderator" && may("role", "member")) {
    offered.push(give("person", t.makeMember, t.makeMemberAsk(name), "member"));
  }
  if (role !== "owner" && may("role", "owner")) {
    // An administrator gives what may be another's.
    const mine = actor.role === "owner";
    offered.push(give(
      "owner",
      mine ? t.makeOwner : t.nameOwner,
      mine ? t.makeOwnerAsk(name) : t.nameOwnerAsk(name),
      "owner",
    ));
  }
  if (may("mute") && member) {
    const seconds = room.isMuted(name) ? 0 : MUTE_S;
    offered.push({
      icon: seconds === 0 ? "check" : "mute",
      label: seconds === 0 ? t.unmute : t.mute,
      run: () => chat.do<"mute">({ type: "mute", ...where, seconds }),
    });
  }
  if (may("kick") && member) {
    offered.push({
      icon: "kick",
      label: t.kick,
      question: t.kickAsk(name),
      isDangerous: true,
      run: () => chat.do<"kick">({ type: "kick", ...where }),
    });
  }
  if (may("ban")) {
    offered.push({
      icon: "ban",
      label: t.ban,
      question: t.banAsk(name),
      isDangerous: true,
      run: () => chat.do<"ban">({ type: "ban", ...where }),
    });
  }
  // Who is here is not banned.
  if (may("unban") && !member) {
    offered.push({
      icon: "check",
      label: t.unban,
      run: () => chat.do<"unban">({ type: "unban", ...where }),
    });
  }
  return offered;
}
