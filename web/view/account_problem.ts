import { PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS } from "../../protocol/limits.ts";
import { AccountError } from "../model/account.ts";
import { explain, text } from "../text/text.ts";

/** What a form about an account says when it was refused, or when nobody answered. */
export function accountProblem(error: unknown): string {
  if (!(error instanceof AccountError)) {
    return explain({ code: "unreachable", message: String(error) });
  }
  // A bad name has a code of its own: what is left is the password.
  return error.code === "bad_command" ? badPassword() : explain(error);
}

export function badPassword(): string {
  return text.value.badPassword(PASSWORD_MIN_CHARS, PASSWORD_MAX_CHARS);
}

/** Whether it is too short or too long, so that it need not be sent to hear that. */
export function isBadPassword(password: string): boolean {
  const chars = [...password].length;
  return chars < PASSWORD_MIN_CHARS || chars > PASSWORD_MAX_CHARS;
}
