import { Refusal } from "../protocol/errors.ts";
import type { Ref } from "./actor.ts";
import type { RoomKey } from "./directory.ts";
import type { FakeChat } from "./fake_chat.ts";
import type { HubMessage } from "./hub_messages.ts";

export type Answer = Ref<HubMessage> | Refusal;

export const LOBBY = { kind: "named", name: "lobby", canonical: "lobby" } as const;

/** Asks for a room; what was answered is in the array, later. */
export function route(chat: FakeChat, key: RoomKey, create = true): Answer[] {
  const answers: Answer[] = [];
  chat.board.tell({ type: "route", key, create, reply: (answer) => answers.push(answer) });
  return answers;
}

/** What was answered, in a word. */
export function code(answer: Answer | undefined): string {
  return answer instanceof Refusal ? answer.code : answer ? "served" : "nothing";
}
