import type { CommandType } from "../../protocol/commands.ts";
import type { Stage } from "./cast.ts";

export type Order = Record<string, unknown> & { readonly type: CommandType };

/** Each command about a room, on the victim and the victim's message where it is about one. */
export const ROOM_ORDERS = {
  join: ({ room }) => ({ type: "join", room }),
  leave: ({ room }) => ({ type: "leave", room }),
  message: ({ room }) => ({ type: "message", room, content: "hello" }),
  typing: ({ room }) => ({ type: "typing", room }),
  edit: ({ room, message }) => ({ type: "edit", room, seq: message, content: "changed" }),
  delete: ({ room, message }) => ({ type: "delete", room, seq: message }),
  react: ({ room, message }) => ({ type: "react", room, seq: message, emoji: "👍", on: true }),
  read: ({ room, message }) => ({ type: "read", room, seq: message }),
  history: ({ room }) => ({ type: "history", room }),
  search: ({ room }) => ({ type: "search", room, query: "talk" }),
  members: ({ room }) => ({ type: "members", room }),
  set: ({ room }) => ({ type: "set", room, topic: "news" }),
  invite: ({ room }) => ({ type: "invite", room, user: "the-newcomer" }),
  kick: ({ room }) => ({ type: "kick", room, user: "the-victim" }),
  ban: ({ room }) => ({ type: "ban", room, user: "the-victim" }),
  unban: ({ room }) => ({ type: "unban", room, user: "the-victim" }),
  mute: ({ room }) => ({ type: "mute", room, user: "the-victim", seconds: 60 }),
  role: ({ room }) => ({ type: "role", room, user: "the-victim", role: "moderator" }),
  dissolve: ({ room }) => ({ type: "dissolve", room }),
} satisfies Partial<Record<CommandType, (stage: Stage) => Order>>;

export type RoomCommand = keyof typeof ROOM_ORDERS;
export const ROOM_COMMANDS = Object.keys(ROOM_ORDERS) as RoomCommand[];
