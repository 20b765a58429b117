import type { Role } from "../../../protocol/commands.ts";
import { canonicalForm } from "../../../protocol/canonical.ts";
import { verdict } from "../../../protocol/rules.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Avatar } from "../avatar.tsx";
import { Icon, type IconName } from "../icon.tsx";
import { goTo } from "../route.ts";

const MUTE_S = 600;

interface Choice {
  readonly icon: IconName;
  readonly label: string;
  readonly isDangerous?: boolean;
  readonly run: () => void;
}

/** Somebody, and what I can do with them here. */
export function MemberSheet({ name: written, room }: { name: string; room: Room | undefined }) {
  const { chat, ui } = useApp();
  const t = text.value;
  // A mention may spell it in another case.
  const isSame = (other: string) => canonicalForm(other) === canonicalForm(written);
  const member = [...room?.members.value.values() ?? []].find((each) => isSame(each.name));
  const name = member?.name ?? written;
  const isMe = isSame(chat.me.value?.name ?? "");
  const choices: Choice[] = [];
  if (!isMe) {
    choices.push({ icon: "direct", label: t.writeTo, run: () => goTo(`@${name}`) });
  }
  if (room) {
    const say = () => ui.insert.value = { text: `@${name} ` };
    choices.push({ icon: "edit", label: t.mention, run: say });
  }
  if (room && !isMe && room.kind.value !== "direct") {
    choices.push(...moderation(room, member?.role));
  }
  if (!isMe) {
    choices.push(
      ask("ban", t.block, () => chat.do<"block">({ type: "block", user: name })),
      {
        icon: "check",
        label: t.unblock,
        run: () => void chat.do<"unblock">({ type: "unblock", user: name }),
      },
    );
  }

  function ask(icon: IconName, label: string, then: () => unknown): Choice {
    const run = () =>
      ui.open({ type: "ask", question: t.sure(label, name), then: () => void then() });
    return { icon, label, isDangerous: true, run };
  }

  /** The rules decide what is offered; the server decides what is done. */
  function moderation(inside: Room, role: Role | undefined): Choice[] {
    const actor = { role: inside.role.value, banned: false, muted: false };
    const target = { role, banned: false, muted: false };
    const where = { room: inside.name.value, user: name };
    const may = (action: "kick" | "ban" | "unban" | "mute" | "role", newRole?: Role) =>
      verdict(action, inside.kind.value, actor, target, false, newRole) === undefined;
    const give = (icon: IconName, label: string, newRole: Role): Choice =>
      ask(icon, label, () => chat.do<"role">({ type: "role", ...where, role: newRole }));
    const offered: Choice[] = [];
    if (role !== "moderator" && may("role", "moderator")) {
      offered.push(give("moderator", t.makeModerator, "moderator"));
    }
    if (role === "moderator" && may("role", "member")) {
      offered.push(give("person", t.makeMember, "member"));
    }
    if (may("role", "owner")) offered.push(give("owner", t.makeOwner, "owner"));
    if (may("mute")) {
      offered.push(
        {
          icon: "mute",
          label: t.mute,
          run: () => void chat.do<"mute">({ type: "mute", ...where, seconds: MUTE_S }),
        },
        {
          icon: "check",
          label: t.unmute,
          run: () => void chat.do<"mute">({ type: "mute", ...where, seconds: 0 }),
        },
      );
    }
    if (may("kick") && member) {
      offered.push(ask("kick", t.kick, () => chat.do<"kick">({ type: "kick", ...where })));
    }
    if (may("ban")) {
      offered.push(ask("ban", t.ban, () => chat.do<"ban">({ type: "ban", ...where })));
    }
    // Who is here is not banned.
    if (may("unban") && !member) {
      offered.push({
        icon: "check",
        label: t.unban,
        run: () => void chat.do<"unban">({ type: "unban", ...where }),
      });
    }
    return offered;
  }

  return (
    <div class="stack">
      <p class="who">
        <Avatar name={name} online={member?.online} />
        <span>
          <b dir="auto">{name}</b>
          <br />
          <span class="meta">
            {[
              isMe && t.you,
              member && t[member.role],
              member && (member.online ? t.online : t.away),
            ]
              .filter((each) => each).join(" · ")}
          </span>
        </span>
      </p>
      <ul class="choices">
        {choices.map(({ icon, label, isDangerous, run }) => (
          <li key={label}>
            <button
              type="button"
              class={isDangerous ? "dangerous" : ""}
              onClick={() => {
                ui.close();
                run();
              }}
            >
              <Icon name={icon} />
              {label}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
