import { ROLES } from "../protocol/commands.ts";
import type { RoomKind } from "../protocol/events.ts";
import { type Action, ACTIONS, type Party, verdict } from "../protocol/rules.ts";

/** Who may do what, asked of the rules themselves, as a table in Markdown. */
export function rulesTable(): string {
  const head = ["", "public room", "group", "direct"];
  const rows = ACTIONS.map((action) => [
    `\`${action}\``,
    ...(["public", "group", "direct"] as const).map((kind) => whoMay(action, kind)),
  ]);
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

type Rank = typeof ROLES[number] | "others";

/** Who there is: the two of a direct conversation are its members. */
const RANKS: Readonly<Record<RoomKind, readonly Rank[]>> = {
  public: [...ROLES, "others"],
  group: [...ROLES, "others"],
  direct: ["member", "others"],
};
/** All who belong to it, in a word. */
const ALL: Readonly<Record<RoomKind, string>> = {
  public: "everyone",
  group: "every member",
  direct: "both",
};

function whoMay(action: Action, kind: RoomKind): string {
  const belonging = RANKS[kind].filter((rank) => kind === "public" || rank !== "others");
  const whom = belonging.map((actor) => [actor, whomMay(action, kind, actor)] as const)
    .filter(([, whom]) => whom !== undefined);
  const [first] = whom;
  if (first === undefined) return "nobody";
  const same = whom.length === belonging.length && whom.every(([, each]) => each === first[1]);
  return same ? ALL[kind] + first[1] : whom.map(([actor, whom]) => `${actor}${whom}`).join("; ");
}

/** To whom: the empty string for all, undefined for nobody. A room has one owner. */
function whomMay(action: Action, kind: RoomKind, actor: Rank): string | undefined {
  const targets = RANKS[kind].filter((target) => target !== "owner" || actor !== "owner");
  const may = targets.filter((target) => allowed(action, kind, actor, target, false));
  if (may.length === targets.length) return "";
  if (may.length > 0) return `: ${may.join(", ")}`;
  return allowed(action, kind, actor, actor, true) ? ": own" : undefined;
}

function party(rank: Rank): Party {
  return { role: rank === "others" ? undefined : rank, banned: false, muted: false };
}

function allowed(
  action: Action,
  kind: RoomKind,
  actor: Rank,
  target: Rank,
  self: boolean,
): boolean {
  return verdict(action, kind, party(actor), party(target), self, "member") === undefined;
}
