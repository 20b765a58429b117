import { assertEquals } from "@std/assert";
import { Cast, type NamedKind, outcome, PARTS } from "./cast.ts";
import { startChat } from "./chat_server.ts";
import { ROOM_COMMANDS, ROOM_ORDERS, type RoomCommand } from "./orders.ts";

// What each part tries in a room of its own. By kind, then command: what the owner, the moderator, the member, the stranger, the banned are told.
const EXPECTED: Record<NamedKind, Record<RoomCommand, string>> = {
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
    for (const type of ROOM_COMMANDS) {
      const row: string[] = [];
      for (const part of PARTS) {
        const order = ROOM_ORDERS[type](await cast.stage(kind));
        row.push(outcome(await cast.as[part].ask(order)));
      }
      outcomes[type] = row.join(" ");
    }
    assertEquals<Record<string, string>>(outcomes, EXPECTED[kind]);
    assertEquals(chat.failures, []);
  });
}
