import { rotateSecrets, type SecretsKeeper, SIGNS_AFTER_MS } from "./accounts/secrets.ts";
import { TOKEN_IDLE_MS } from "./accounts/tokens.ts";
import type { Command } from "./configuration.ts";
import { parseUserReference } from "./protocol/names.ts";
import { Refusal } from "./protocol/errors.ts";
import type { Store } from "./store/store.ts";

export interface Outcome {
  readonly lines: readonly string[];
  readonly ok: boolean;
}

/** A store, and the keys that sign its tokens: they live where it does. */
export interface Kept {
  readonly store: Store;
  readonly secrets: SecretsKeeper;
}

/** The commands that look after a store and serve nobody. */
export async function maintain(
  { store, secrets }: Kept,
  command: Exclude<Command, { kind: "start" | "migrate" }>,
): Promise<Outcome> {
  switch (command.kind) {
    case "check":
      return await check(store, command.repair);
    case "admin":
      return await grant(store, command.name, command.grant);
    case "backup":
      await store.backup(command.file);
      return { lines: [`Backed up to ${command.file}`], ok: true };
    case "rotate_secrets":
      return await rotate(secrets);
  }
}

async function check(store: Store, repair: boolean): Promise<Outcome> {
  const findings = await store.check(repair);
  if (findings.length === 0) return { lines: ["Nothing to repair"], ok: true };
  const lines = findings.map(({ room, what, repaired }) =>
    `${room === undefined ? "" : `${room}: `}${what}${repaired ? " (repaired)" : ""}`
  );
  return { lines, ok: findings.every(({ repaired }) => repaired) };
}

async function rotate(keeper: SecretsKeeper): Promise<Outcome> {
  const secrets = await rotateSecrets(keeper, Date.now(), TOKEN_IDLE_MS);
  const minutes = SIGNS_AFTER_MS / 60_000;
  return {
    lines: [
      `A new key signs in ${minutes} minutes; tokens of ${secrets.length - 1} before it are good`,
    ],
    ok: true,
  };
}

async function grant(store: Store, text: string, admin: boolean): Promise<Outcome> {
  const name = parseUserReference(text);
  const user = name instanceof Refusal ? undefined : await store.userByName(name.canonical);
  if (!user || user.guest) {
    return { lines: [`There is no account called ${text}; register it first`], ok: false };
  }
  await store.setAdmin(user.id, admin);
  return { lines: [`${user.name} is ${admin ? "now" : "no longer"} an administrator`], ok: true };
}
