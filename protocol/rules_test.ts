import { assertEquals } from "@std/assert";
import { type Role, ROLES } from "./commands.ts";
import type { RoomKind } from "./events.ts";
import { type Action, ACTIONS, CARE, type Party, verdict } from "./rules.ts";

type Rank = Role | "none";
const RANKS: readonly Rank[] = ["owner", "moderator", "member", "none"];

function party(rank: Rank, state: Partial<Party> = {}): Party {
  return { role: rank === "none" ? undefined : rank, banned: false, muted: false, ...state };
}

/** "ok" or the code, actor by actor, target by target. */
function row(action: Action, kind: RoomKind, newRole?: Role): string[] {
  return RANKS.map((actor) =>
    RANKS.map((target) =>
      verdict(action, kind, party(actor), party(target), false, newRole)?.code ?? "ok"
    ).join(" ")
  );
}

const ok = "ok ok ok ok";
const forbidden = "forbidden forbidden forbidden forbidden";
const stranger = "not_member not_member not_member not_member";

// Lines: actor owner, moderator, member, none. Columns: target owner, moderator, member, none.
// A public room is anyone's to read and write in; a group's and a direct room's are its members'.
const TABLE: Record<Exclude<Action, "role">, Record<RoomKind, string[]>> = {
  read: {
    public: [ok, ok, ok, ok],
    group: [ok, ok, ok, stranger],
    direct: [ok, ok, ok, stranger],
  },
  write: {
    public: [ok, ok, ok, ok],
    group: [ok, ok, ok, stranger],
    direct: [ok, ok, ok, stranger],
  },
  react: {
    public: [ok, ok, ok, ok],
    group: [ok, ok, ok, stranger],
    direct: [ok, ok, ok, stranger],
  },
  edit: {
    public: [forbidden, forbidden, forbidden, forbidden],
    group: [forbidden, forbidden, forbidden, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  delete: {
    public: [ok, ok, forbidden, forbidden],
    group: [ok, ok, forbidden, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  set: {
    public: [ok, ok, forbidden, forbidden],
    group: [ok, ok, forbidden, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  dissolve: {
    public: [ok, forbidden, forbidden, forbidden],
    group: [ok, forbidden, forbidden, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  leave: {
    public: [ok, ok, ok, ok],
    group: [ok, ok, ok, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  invite: {
    public: [forbidden, forbidden, forbidden, forbidden],
    group: ["conflict conflict conflict ok", "conflict conflict conflict ok", forbidden, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  kick: {
    public: ["forbidden ok ok ok", "forbidden forbidden ok ok", forbidden, forbidden],
    group: [
      "forbidden ok ok not_member",
      "forbidden forbidden ok not_member",
      forbidden,
      stranger,
    ],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  ban: {
    public: ["forbidden ok ok ok", "forbidden forbidden ok ok", forbidden, forbidden],
    group: ["forbidden ok ok ok", "forbidden forbidden ok ok", forbidden, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  unban: {
    public: ["forbidden ok ok ok", "forbidden forbidden ok ok", forbidden, forbidden],
    group: ["forbidden ok ok ok", "forbidden forbidden ok ok", forbidden, stranger],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
  mute: {
    public: ["forbidden ok ok ok", "forbidden forbidden ok ok", forbidden, forbidden],
    group: [
      "forbidden ok ok not_member",
      "forbidden forbidden ok not_member",
      forbidden,
      stranger,
    ],
    direct: [forbidden, forbidden, forbidden, stranger],
  },
};

for (const action of ACTIONS) {
  if (action === "role") continue;
  for (const kind of ["public", "group", "direct"] as const) {
    Deno.test(`who may ${action} in a ${kind} room is as the table says`, () => {
      assertEquals(row(action, kind), TABLE[action][kind]);
    });
  }
}

Deno.test("only the owner gives roles, any role, in a group to members, in a public room to all", () => {
  for (const newRole of ROLES) {
    const [inGroup, inPublic] = ["ok ok ok not_member", "ok ok ok ok"];
    assertEquals(row("role", "public", newRole), [inPublic, forbidden, forbidden, forbidden]);
    assertEquals(row("role", "group", newRole), [inGroup, forbidden, forbidden, stranger]);
    assertEquals(row("role", "direct", newRole), [forbidden, forbidden, forbidden, stranger]);
  }
});

Deno.test("everyone edits and deletes their own messages, wherever they may write", () => {
  for (const kind of ["public", "group", "direct"] as const) {
    for (const rank of RANKS) {
      const me = party(rank);
      const expected = kind !== "public" && rank === "none" ? "not_member" : undefined;
      assertEquals(verdict("edit", kind, me, me, true)?.code, expected);
      assertEquals(verdict("delete", kind, me, me, true)?.code, expected);
    }
  }
});

Deno.test("nobody moderates themselves; the owner gives the role away, not up", () => {
  for (const kind of ["public", "group"] as const) {
    for (const action of ["kick", "ban", "unban", "mute"] as const) {
      for (const rank of ROLES) {
        assertEquals(
          verdict(action, kind, party(rank), party(rank), true)?.code,
          "forbidden",
          `${rank} ${action} self`,
        );
        // Also when the caller does not say who it is done to.
        assertEquals(verdict(action, kind, party(rank), undefined, true)?.code, "forbidden");
      }
    }
    const owner = party("owner");
    assertEquals(verdict("role", kind, owner, owner, true, "member")?.code, "conflict");
  }
});

Deno.test("a banned user may do nothing at all, whatever the role", () => {
  for (const action of ACTIONS) {
    for (const kind of ["public", "group", "direct"] as const) {
      for (const rank of RANKS) {
        const actor = party(rank, { banned: true });
        assertEquals(verdict(action, kind, actor, party("none"))?.code, "banned");
        assertEquals(verdict(action, kind, actor, actor, true)?.code, "banned");
      }
    }
  }
});

Deno.test("a muted user reads, leaves and takes back, but writes, edits and reacts no more", () => {
  for (const kind of ["public", "group", "direct"] as const) {
    const actor = party("member", { muted: true });
    for (const action of ["write", "react", "edit"] as const) {
      assertEquals(verdict(action, kind, actor, actor, true)?.code, "muted");
    }
    for (const action of ["read", "delete"] as const) {
      assertEquals(verdict(action, kind, actor, actor, true), undefined);
    }
  }
  assertEquals(verdict("leave", "group", party("member", { muted: true })), undefined);
});

Deno.test("a banned user is unbanned before being invited or given a role", () => {
  const banned = party("none", { banned: true });
  assertEquals(
    verdict("role", "public", party("owner"), banned, false, "member")?.code,
    "conflict",
  );
  assertEquals(verdict("invite", "group", party("owner"), banned)?.code, "conflict");
  assertEquals(verdict("unban", "group", party("owner"), banned), undefined);
});

Deno.test("a role command must name a role", () => {
  assertEquals(verdict("role", "group", party("owner"), party("member"))?.code, "conflict");
});

Deno.test("an administrator may in any public room what its owner may, to the owner too", () => {
  for (const rank of RANKS) {
    const actor = party(rank, { admin: true });
    for (const action of ACTIONS) {
      for (const target of RANKS.map((rank) => party(rank))) {
        const owned = verdict(action, "public", party("owner"), party("none"), false, "owner");
        const cared = verdict(action, "public", actor, target, false, "owner");
        assertEquals(cared?.code, owned?.code, `${action} by ${rank}`);
      }
    }
  }
});

Deno.test("an administrator is nothing more than others in groups and direct conversations", () => {
  for (const action of ACTIONS) {
    for (const kind of ["group", "direct"] as const) {
      for (const rank of RANKS) {
        for (const banned of [false, true]) {
          const actor = party(rank, { banned });
          assertEquals(
            verdict(action, kind, { ...actor, admin: true }, party("member"), false, "member"),
            verdict(action, kind, actor, party("member"), false, "member"),
          );
        }
      }
      const target = party("member");
      assertEquals(
        verdict(action, kind, party("owner"), { ...target, admin: true }, false, "member"),
        verdict(action, kind, party("owner"), target, false, "member"),
      );
    }
  }
});

Deno.test("nobody puts an administrator out of a public room, not even another", () => {
  for (const action of ["kick", "ban", "mute"] as const) {
    const target = party("none", { admin: true });
    for (const actor of [party("owner"), party("moderator"), party("owner", { admin: true })]) {
      assertEquals(verdict(action, "public", actor, target)?.code, "forbidden");
    }
  }
});

Deno.test("a ban keeps an administrator from talking, not from caring for the room or lifting it", () => {
  const actor = party("none", { admin: true, banned: true });
  for (const action of ACTIONS) {
    const code = verdict(action, "public", actor, party("owner"), false, "member")?.code;
    assertEquals(code, CARE.has(action) ? undefined : "banned", action);
  }
  assertEquals(verdict("unban", "public", actor, actor, true), undefined);
  assertEquals(verdict("mute", "public", actor, actor, true), undefined);
  assertEquals(verdict("ban", "public", actor, actor, true)?.code, "forbidden");
  const nobody = party("none", { banned: true });
  assertEquals(verdict("unban", "public", nobody, nobody, true)?.code, "banned");
});

Deno.test("an administrator may take a public room, and its owner keeps it all the same", () => {
  const actor = party("member", { admin: true });
  assertEquals(verdict("role", "public", actor, actor, true, "owner"), undefined);
  const owner = party("owner", { admin: true });
  assertEquals(verdict("role", "public", owner, owner, true, "member")?.code, "conflict");
});
