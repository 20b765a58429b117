import type { Command } from "./configuration.ts";
import { parseUserReference } from "./protocol/names.ts";
import { Refusal } from "./protocol/errors.ts";
import type { Store } from "./store/store.ts";

export interface Outcome {
  readonly lines: readonly string[];
  readonly ok: boolean;
}

/** The commands that look after a store and serve nobody. */
export async function maintain(
  store: Store,
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

async function grant(store: Store, text: string, admin: boolean): Promise<Outcome> {
  const name = parseUserReference(text);
  const user = name instanceof Refusal ? undefined : await store.userByName(name.canonical);
  if (!user || user.guest) {
    return { lines: [`There is no account called ${text}; register it first`], ok: false };
  }
  await store.setAdmin(user.id, admin);
  return { lines: [`${user.name} is ${admin ? "now" : "no longer"} an administrator`], ok: true };
}
