/** The first that knows GETDEL, which takes a ticket out in one step. */
const NEEDED = [6, 2] as const;

/**
 * Rejects when the server is too old. HELLO is asked rather than INFO: a user that may do no more
 * than it has to is refused INFO.
 */
export async function requireVersion(
  ask: (command: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const version = versionOf(await ask(["HELLO"]).catch(unknownCommand));
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isEnough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  if (!isEnough) throw new Error(`expected Redis ${NEEDED.join(".")} or later, got ${version}`);
}

/** The answer is a list of names and values. */
function versionOf(answer: unknown): string {
  if (!Array.isArray(answer)) return "one before 6.0";
  return String(answer[answer.indexOf("version") + 1]);
}

/** Redis before 6.0. */
function unknownCommand(error: unknown): undefined {
  if (error instanceof Error && /unknown command/i.test(error.message)) return undefined;
  throw error;
}
