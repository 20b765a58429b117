import type { Secrets } from "../accounts/secrets.ts";

/** Where the keys that sign a store's tokens are kept. */
export interface SecretsPlace {
  readonly name: string;
  read(): Promise<Secrets | undefined>;
  /** Only where there are none. */
  place(secrets: Secrets): Promise<void>;
}

/** Why the keys cannot go along, in one line. */
export class OtherSecrets extends Error {
  override readonly name = "OtherSecrets";
}

/**
 * What there is to do so that tokens of `from` are good at `to`: the keys to place there, or
 * undefined. Throws `OtherSecrets` when there are others, whose tokens would end.
 */
export async function secretsToPlace(
  from: SecretsPlace,
  to: SecretsPlace,
): Promise<Secrets | undefined> {
  const [wanted, there] = [await from.read(), await to.read()];
  if (!wanted || !there) return wanted;
  const known = new Map(there.map(({ id, secret }) => [id, secret.toHex()]));
  if (wanted.every(({ id, secret }) => known.get(id) === secret.toHex())) return undefined;
  throw new OtherSecrets(
    `${to.name} holds other keys than ${from.name}; choose a place without any, or remove them`,
  );
}
