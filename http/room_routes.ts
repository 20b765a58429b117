import Type from "typebox";
import type { Identifier, Identity } from "../accounts/identify.ts";
import { type CommandOf, COMMANDS } from "../protocol/commands.ts";
import { refuseContent } from "../protocol/content.ts";
import { REPLIES, type Reply, type ReplyOf } from "../protocol/events.ts";
import { type Limits, maxFrameBytes } from "../protocol/limits.ts";
import type { UserRef } from "../store/store.ts";
import { type Route, route } from "./route.ts";

export interface RoomRoutesOptions {
  readonly identifier: Identifier;
  readonly limits: Limits;
  /** Answers what needs no connection, with the same rights as over the socket. */
  answer(
    me: UserRef,
    command: CommandOf<"rooms" | "unread" | "history" | "search">,
  ): Promise<Reply>;
  /** Says something as this user; answers when it is kept. */
  say(
    by: Identity,
    command: CommandOf<"message">,
    addressGroup: string,
  ): Promise<ReplyOf<"sent">>;
}

const { message, history, search } = COMMANDS;

/** Reading and writing without a socket. */
export function roomRoutes(options: RoomRoutesOptions): Route[] {
  const { identifier, limits, answer, say } = options;
  return [
    route({
      method: "GET",
      path: "/api/rooms",
      summary: "Public rooms and mine",
      who: "somebody",
      answer: { status: 200, schema: REPLIES.rooms },
      errors: [],
      handle: async ({ by }) => ({
        status: 200,
        body: await answer(by.user, { type: "rooms" }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/unread",
      summary: "My conversations with something unread; nobody sees me come or go",
      who: "somebody",
      answer: { status: 200, schema: REPLIES.unread },
      errors: [],
      handle: async ({ by }) => ({
        status: 200,
        body: await answer(by.user, { type: "unread" }),
      }),
    }),
    route({
      method: "GET",
      path: "/api/rooms/{room}/messages",
      summary: "A page of messages, ascending",
      who: "somebody",
      query: Type.Omit(history, ["type", "id", "room"]),
      answer: { status: 200, schema: REPLIES.history },
      errors: ["no_such_room", "no_such_user", "not_member", "banned", "bad_name"],
      handle: async ({ by, query, param }) => ({
        status: 200,
        body: await answer(by.user, { type: "history", room: param("room"), ...query }),
      }),
    }),
    route({
      method: "POST",
      path: "/api/rooms/{room}/messages",
      summary: "Say something; with `key` a retry never makes a second message",
      who: "somebody",
      body: Type.Omit(message, ["type", "id", "room"]),
      bodyMaxBytes: maxFrameBytes(limits),
      answer: {
        status: 201,
        schema: REPLIES.sent,
        or: { status: 200, means: "It was there already, from an earlier try" },
      },
      errors: [
        "no_such_room",
        "no_such_user",
        "not_member",
        "banned",
        "muted",
        "blocked",
        "stranger_limit",
        "no_such_message",
        "conflict",
        "name_taken",
        "bad_name",
        "too_large",
      ],
      async handle({ by, body, param, addressGroup }) {
        const refusal = refuseContent(body.content, limits);
        if (refusal !== undefined) throw refusal;
        await identifier.requireOwnName(by);
        const command = { type: "message", room: param("room"), ...body } as const;
        const sent = await say(by, command, addressGroup);
        return { status: sent.duplicate ? 200 : 201, body: sent };
      },
    }),
    route({
      method: "GET",
      path: "/api/search",
      summary: "Messages that contain the query, newest first, in rooms I may read",
      who: "somebody",
      query: Type.Omit(search, ["type", "id"]),
      answer: { status: 200, schema: REPLIES.results },
      errors: ["no_such_room", "no_such_user", "not_member", "banned", "bad_name"],
      handle: async ({ by, query }) => ({
        status: 200,
        body: await answer(by.user, { type: "search", ...query }),
      }),
    }),
  ];
}
