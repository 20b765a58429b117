import { areSecrets, type SecretsKeeper } from "./secrets.ts";
import type { Tokens } from "./tokens.ts";

/** Keys that were rotated are known after this, or after twice it when one look fails. */
export const SECRETS_READ_EVERY_MS = 60_000;

export interface SecretsWatchOptions {
  readonly keeper: SecretsKeeper;
  readonly tokens: Pick<Tokens, "learn">;
  /** Runs it once, so much later; answers how to call that off. */
  after(ms: number, run: () => void): () => void;
  onFailure(error: unknown, what: string): void;
}

/**
 * Teaches `tokens` the keys as they are kept now, again and again until it is called off. Where they
 * cannot be read, or are gone, those that are known go on.
 */
export function watchSecrets(
  { keeper, tokens, after, onFailure }: SecretsWatchOptions,
): () => void {
  let stopped = false;
  let cancel = () => {};
  const look = async () => {
    try {
      const secrets = await keeper.readSecrets();
      if (!stopped && areSecrets(secrets)) await tokens.learn(secrets);
    } catch (error) {
      if (!stopped) onFailure(error, "reading the keys that sign tokens");
    }
    if (!stopped) later();
  };
  const later = () => {
    cancel = after(SECRETS_READ_EVERY_MS, () => void look());
  };
  later();
  return () => {
    stopped = true;
    cancel();
  };
}
