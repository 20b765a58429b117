import { Refusal } from "../protocol/errors.ts";
import { parseUserReference } from "../protocol/names.ts";
import type { UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

/** How long anyone waits for the switchboard to look something up. */
export const LOOKUP_TIMEOUT_MS = 10_000;

/** The user whom a client names, online or kept. Throws a `Refusal` when there is none. */
export async function resolveUser(
  switchboard: Ref<SwitchboardMessage>,
  user: string,
): Promise<UserRef> {
  const name = parseUserReference(user);
  // A name that nobody can have is nobody's.
  if (name instanceof Refusal) throw new Refusal("no_such_user", name.message);
  const answer = await switchboard.ask<UserRef | Refusal>(
    (reply) => ({ type: "resolve", name, reply }),
    LOOKUP_TIMEOUT_MS,
  );
  if (answer instanceof Refusal) throw answer;
  return answer;
}
