import { assertEquals } from "@std/assert";
import { COMMAND_REFERENCE } from "../../docs/protocol_reference.ts";
import { COMMANDS, type CommandType } from "../../protocol/commands.ts";
import type { ErrorCode } from "../../protocol/errors.ts";
import { EMOJIS_PER_MESSAGE_MAX } from "../../store/message_changes.ts";
import { DEFAULT_STRANGER_LIMIT } from "../../store/store.ts";
import { Cast, fine, type NamedKind, outcome } from "./cast.ts";
import type { Client, Said } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";
import { type Order, ROOM_COMMANDS, ROOM_ORDERS, type RoomCommand } from "./orders.ts";

type Provoke = (cast: Cast) => Promise<Said>;
type Cases = { [T in CommandType]?: { [C in ErrorCode]?: Provoke } };

const NOWHERE = { room: "nowhere", message: 1 };

/** What is refused to whoever names a room that is none, or theirs not. */
function roomCases(type: RoomCommand): { [C in ErrorCode]?: Provoke } {
  const order = (changes: Record<string, unknown>): Order => ({
    ...ROOM_ORDERS[type](NOWHERE),
    ...changes,
  });
  return {
    bad_name: ({ as }) => as.owner.ask(order({ room: "two words" })),
    no_such_user: ({ as }) => as.owner.ask(order({ room: "@nobody" })),
    // Whoever joins a public room that is not there makes it, unless they were in one.
    no_such_room: ({ as }) => as.owner.ask(order(type === "join" ? { since: 1 } : {})),
    banned: async (cast) => cast.as.banned.ask(ROOM_ORDERS[type](await cast.stage("public"))),
    not_member: async (cast) => cast.as.stranger.ask(ROOM_ORDERS[type](await cast.stage("group"))),
  };
}

/** By a member, who has no rank. */
function memberTries(type: RoomCommand): Provoke {
  return async (cast) => cast.as.member.ask(ROOM_ORDERS[type](await cast.stage("group")));
}

/** By somebody who was muted, on a message of their own. */
function mutedTries(type: RoomCommand): Provoke {
  return async (cast) => {
    const { owner, victim } = cast.as;
    const stage = await cast.stage("group");
    fine(await owner.ask(ROOM_ORDERS.mute(stage)));
    return await victim.ask(ROOM_ORDERS[type](stage));
  };
}

/** In the direct conversation with somebody who has blocked the one who tries. */
function blockedTries(type: RoomCommand): Provoke {
  return async ({ as: { member, victim } }) => {
    fine(await victim.say("@the-member", "hello"));
    const sent = fine(await member.say("@the-victim", "hello"));
    fine(await victim.ask({ type: "block", user: "the-member" }));
    const reply = await member.ask(ROOM_ORDERS[type]({ room: "@the-victim", message: sent.seq }));
    fine(await victim.ask({ type: "unblock", user: "the-member" }));
    return reply;
  };
}

/** By the owner, on the newcomer, who is in no room and has blocked the owner. */
function onBlocker(kind: NamedKind, order: (room: string) => Order): Provoke {
  return async (cast) => {
    const { owner, newcomer } = cast.as;
    const { room } = await cast.stage(kind);
    fine(await newcomer.ask({ type: "block", user: "the-owner" }));
    const reply = await owner.ask(order(room));
    fine(await newcomer.ask({ type: "unblock", user: "the-owner" }));
    return reply;
  };
}

function absentMessage(type: RoomCommand): Provoke {
  return async (cast) => {
    const { room } = await cast.stage("group");
    return await cast.as.owner.ask(ROOM_ORDERS[type]({ room, message: 999 }));
  };
}

const TOO_LONG = "x".repeat(5_000);
const toSelf = (type: "join" | "message"): Provoke => ({ as }) =>
  as.owner.ask(ROOM_ORDERS[type]({ room: "@the-owner", message: 0 }));
const noSuchUser = (type: "block" | "unblock"): Provoke => ({ as }) =>
  as.owner.ask({ type, user: "nobody" });
const self = (type: "block" | "unblock"): Provoke => ({ as }) =>
  as.owner.ask({ type, user: "the-owner" });

const CASES: Cases = {
  join: {
    ...roomCases("join"),
    forbidden: toSelf("join"),
    async conflict({ as: { newcomer } }) {
      // Asked for again before the first is decided.
      const twice = ["once", "twice"].map((id) => ({ type: "join", room: "lobby", id }));
      newcomer.sendText(twice.map((join) => JSON.stringify(join)).join("\n"));
      const [, second] = await Promise.all(
        ["once", "twice"].map((id) => newcomer.first(({ re }) => re === id)),
      );
      return second as Said;
    },
  },
  leave: {
    ...roomCases("leave"),
    async forbidden({ as: { owner, member } }) {
      fine(await member.say("@the-owner", "hello"));
      return await owner.ask({ type: "leave", room: "@the-member" });
    },
    conflict: async (cast) => cast.as.owner.ask(ROOM_ORDERS.leave(await cast.stage("group"))),
  },
  message: {
    ...roomCases("message"),
    forbidden: toSelf("message"),
    muted: mutedTries("message"),
    blocked: blockedTries("message"),
    async stranger_limit({ as: { newcomer } }) {
      for (let count = 0; count < DEFAULT_STRANGER_LIMIT.messages; count++) {
        fine(await newcomer.say("@the-stranger", "hello?"));
      }
      return await newcomer.say("@the-stranger", "hello?");
    },
    too_large: async (cast) => cast.as.owner.say((await cast.stage("group")).room, TOO_LONG),
    async no_such_message(cast) {
      const { room } = await cast.stage("group");
      return await cast.as.owner.say(room, "what?", { reply: 999 });
    },
    async conflict(cast) {
      const [one, other] = [await cast.stage("group"), await cast.stage("group")];
      fine(await cast.as.owner.say(one.room, "hello", { key: "used" }));
      return await cast.as.owner.say(other.room, "hello", { key: "used" });
    },
  },
  edit: {
    ...roomCases("edit"),
    forbidden: memberTries("edit"),
    muted: mutedTries("edit"),
    blocked: blockedTries("edit"),
    async too_large(cast) {
      const order = ROOM_ORDERS.edit(await cast.stage("group"));
      return await cast.as.victim.ask({ ...order, content: TOO_LONG });
    },
    no_such_message: absentMessage("edit"),
  },
  delete: {
    ...roomCases("delete"),
    forbidden: memberTries("delete"),
    no_such_message: absentMessage("delete"),
  },
  react: {
    ...roomCases("react"),
    muted: mutedTries("react"),
    blocked: blockedTries("react"),
    no_such_message: absentMessage("react"),
    async conflict(cast) {
      const order = ROOM_ORDERS.react(await cast.stage("group"));
      for (let count = 0; count < EMOJIS_PER_MESSAGE_MAX; count++) {
        fine(await cast.as.owner.ask({ ...order, emoji: `emoji ${count}` }));
      }
      return await cast.as.owner.ask({ ...order, emoji: "one more" });
    },
  },
  typing: {
    ...roomCases("typing"),
    muted: mutedTries("typing"),
    blocked: blockedTries("typing"),
  },
  read: roomCases("read"),
  history: roomCases("history"),
  search: roomCases("search"),
  members: roomCases("members"),
  create: {
    bad_name: ({ as }) => as.owner.ask({ type: "create", room: "two words", kind: "group" }),
    no_such_user: ({ as }) =>
      as.owner.ask({ type: "create", room: "new", kind: "group", members: ["nobody"] }),
    blocked: onBlocker("group", () => ({
      type: "create",
      room: "new",
      kind: "group",
      members: ["the-newcomer"],
    })),
    async conflict(cast) {
      const { room } = await cast.stage("group");
      // A name is taken in every spelling of it, and by what one cannot see, too.
      return await cast.as.stranger.ask({
        type: "create",
        room: room.toUpperCase(),
        kind: "public",
      });
    },
  },
  set: { ...roomCases("set"), forbidden: memberTries("set") },
  invite: {
    ...roomCases("invite"),
    forbidden: memberTries("invite"),
    async conflict(cast) {
      const order = ROOM_ORDERS.invite(await cast.stage("group"));
      return await cast.as.owner.ask({ ...order, user: "the-member" });
    },
    blocked: onBlocker("group", (room) => ROOM_ORDERS.invite({ room, message: 0 })),
  },
  kick: { ...roomCases("kick"), forbidden: memberTries("kick") },
  ban: { ...roomCases("ban"), forbidden: memberTries("ban") },
  unban: { ...roomCases("unban"), forbidden: memberTries("unban") },
  mute: { ...roomCases("mute"), forbidden: memberTries("mute") },
  role: {
    ...roomCases("role"),
    forbidden: memberTries("role"),
    async conflict(cast) {
      const order = ROOM_ORDERS.role(await cast.stage("group"));
      return await cast.as.owner.ask({ ...order, user: "the-owner" });
    },
    blocked: onBlocker(
      "public",
      (room) => ({ ...ROOM_ORDERS.role({ room, message: 0 }), user: "the-newcomer" }),
    ),
  },
  dissolve: { ...roomCases("dissolve"), forbidden: memberTries("dissolve") },
  block: { no_such_user: noSuchUser("block"), forbidden: self("block") },
  unblock: { no_such_user: noSuchUser("unblock"), forbidden: self("unblock") },
};

Deno.test("every command is refused with every code that the protocol names, and says why", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  for (const [type, cases] of Object.entries(CASES)) {
    for (const [code, provoke] of Object.entries(cases)) {
      const reply = await provoke(cast);
      assertEquals(outcome(reply), code, `${type} should have been refused with ${code}`);
      assertEquals(reply.message.length > 0, true);
    }
  }
  assertEquals(chat.failures, []);
});

Deno.test("the protocol names no code that is not provoked here", () => {
  const types = Object.keys(COMMAND_REFERENCE) as CommandType[];
  const named = types.map((type) => [type, [...COMMAND_REFERENCE[type].errors].sort()]);
  const provoked = types.map((type) => [type, Object.keys(CASES[type] ?? {}).sort()]);
  assertEquals(provoked, named);
});

Deno.test("a command that lacks a field, or has a wrong one, is a bad_command that names it", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner } = cast.as;
  for (const type of ROOM_COMMANDS) {
    const order = ROOM_ORDERS[type](NOWHERE);
    const required = COMMANDS[type].required.filter((field: string) => field !== "type");
    for (const field of required) {
      await expectBad(owner, { ...order, [field]: undefined }, field);
      await expectBad(owner, { ...order, [field]: {} }, field);
    }
  }
  for (const field of ["room", "kind"]) {
    await expectBad(owner, { type: "create", room: "new", kind: "group", [field]: 1 }, field);
  }
  await expectBad(owner, { type: "block" }, "user");
  await expectBad(owner, { type: "unblock", user: "" }, "user");
  await expectBad(owner, { type: "history", room: "lobby", limit: 201 }, "limit");
  assertEquals(outcome(await owner.ask({ type: "no-such-command" })), "unknown_type");
  owner.sendText("no JSON");
  assertEquals((await owner.first(({ code }) => code === "bad_json")).re, undefined);
});

async function expectBad(client: Client, order: Record<string, unknown>, field: string) {
  const reply = await client.ask(order);
  assertEquals([reply.type, reply.code], ["error", "bad_command"], JSON.stringify(order));
  assertEquals(reply.message.includes(field), true, `${reply.message} does not name ${field}`);
}
