import type { Op, UserRef } from "../store/store.ts";
import type { HubCommand } from "./hub_messages.ts";

type WrittenCommand = Exclude<HubCommand, { type: "message" | "typing" | "read" | "members" }>;

/** The write that a command asks for. Commands that name a user come with that user resolved. */
export function opOf(command: WrittenCommand, target: UserRef | undefined, nowMs: number): Op {
  const user = () => {
    if (!target) throw new Error(`a ${command.type} command reached the hub without its user`);
    return target;
  };
  switch (command.type) {
    case "edit":
      return { type: "edit", target: command.seq, content: command.content };
    case "delete":
      return { type: "delete", target: command.seq };
    case "react":
      return { type: "react", target: command.seq, emoji: command.emoji, on: command.on };
    case "set":
      return { type: "set", title: command.title, topic: command.topic, icon: command.icon };
    case "dissolve":
      return { type: "dissolve" };
    case "invite":
    case "unban":
      return { type: command.type, user: user() };
    case "kick":
    case "ban":
      return { type: command.type, user: user(), reason: command.reason };
    case "mute":
      return {
        type: "mute",
        user: user(),
        untilMs: command.seconds === 0 ? 0 : nowMs + command.seconds * 1_000,
      };
    case "role":
      return { type: "role", user: user(), role: command.role };
  }
}
