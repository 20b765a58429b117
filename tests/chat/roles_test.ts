import { assertEquals } from "@std/assert";
import type { CommandType } from "../../protocol/commands.ts";
import { Cast, type NamedKind, outcome, PARTS, type Stage } from "./cast.ts";
import { startChat } from "./chat_server.ts";

type Order = Record<string, unknown> & { readonly type: CommandType };

/** What each part tries, in a room of its own each time, on the victim and the victim's message. */
const ORDERS: readonly ((stage: Stage) => Order)[] = [
  ({ room }) => ({ type: "join", room }),
  ({ room }) => ({ type: "leave", room }),
  ({ room }) => ({ type: "message", room, content: "hello" }),
  ({ room }) => ({ type: "typing", room }),
  ({ room, message }) => ({ type: "edit", room, seq: message, content: "changed" }),
  ({ room, message }) => ({ type: "delete", room, seq: message }),
  ({ room, message }) => ({ type: "react", room, seq: message, emoji: "👍", on: true }),
  ({ room, message }) => ({ type: "read", room, seq: message }),
  ({ room }) => ({ type: "history", room }),
  ({ room }) => ({ type: "search", room, query: "talk" }),
  ({ room }) => ({ type: "members", room }),
  ({ room }) => ({ type: "set", room, topic: "news" }),
  ({ room }) => ({ type: "invite", room, user: "the-newcomer" }),
  ({ room }) => ({ type: "kick", room, user: "the-victim" }),
  ({ room }) => ({ type: "ban", room, user: "the-victim" }),
  ({ room }) => ({ type: "unban", room, user: "the-victim" }),
  ({ room }) => ({ type: "mute", room, user: "the-victim", seconds: 60 }),
  ({ room }) => ({ type: "role", room, user: "the-victim", role: "moderator" }),
  ({ room }) => ({ type: "dissolve", room }),
];

// By kind, then order: what the owner, the moderator, the member, the stranger, the banned are told.
const EXPECTED: Record<NamedKind, Record<string, string>> = {
  public: {
    join: "ok ok ok ok banned",
    leave: "ok ok ok ok banned",
    message: "ok ok ok ok banned",
    typing: "ok ok ok ok banned",
    edit: "forbidden forbidden forbidden forbidden banned",
    delete: "ok ok forbidden forbidden banned",
    react: "ok ok ok ok banned",
    read: "ok ok ok ok banned",
    history: "ok ok ok ok banned",
    search: "ok ok ok ok banned",
    members: "ok ok ok ok banned",
    set: "ok ok forbidden forbidden banned",
    invite: "forbidden forbidden forbidden forbidden banned",
    kick: "ok ok forbidden forbidden banned",
    ban: "ok ok forbidden forbidden banned",
    unban: "ok ok forbidden forbidden banned",
    mute: "ok ok forbidden forbidden banned",
    role: "ok forbidden forbidden forbidden banned",
    dissolve: "ok forbidden forbidden forbidden banned",
  },
  group: {
    join: "ok ok ok not_member banned",
    leave: "conflict ok ok not_member banned",
    message: "ok ok ok not_member banned",
    typing: "ok ok ok not_member banned",
    edit: "forbidden forbidden forbidden not_member banned",
    delete: "ok ok forbidden not_member banned",
    react: "ok ok ok not_member banned",
    read: "ok ok ok not_member banned",
    history: "ok ok ok not_member banned",
    search: "ok ok ok not_member banned",
    members: "ok ok ok not_member banned",
    set: "ok ok forbidden not_member banned",
    invite: "ok ok forbidden not_member banned",
    kick: "ok ok forbidden not_member banned",
    ban: "ok ok forbidden not_member banned",
    unban: "ok ok forbidden not_member banned",
    mute: "ok ok forbidden not_member banned",
    role: "ok forbidden forbidden not_member banned",
    dissolve: "ok forbidden forbidden not_member banned",
  },
};

for (const kind of ["public", "group"] as const) {
  Deno.test(`who may say which command in a ${kind} room, over the socket`, async () => {
    await using chat = await startChat();
    await using cast = await Cast.gather(chat);
    const outcomes: Record<string, string> = {};
    for (const order of ORDERS) {
      const row: string[] = [];
      let type = "";
      for (const part of PARTS) {
        const wanted = order(await cast.stage(kind));
        row.push(outcome(await cast.as[part].ask(wanted)));
        type = wanted.type;
      }
      outcomes[type] = row.join(" ");
    }
    assertEquals(outcomes, EXPECTED[kind]);
    assertEquals(chat.failures, []);
  });
}
