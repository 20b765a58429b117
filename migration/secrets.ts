import type { Secrets } from "../accounts/secrets.ts";

/** Where the keys that sign a store's tokens are kept. */
export interface SecretsPlace {
  readonly name: string;
  /** Only the tokens of this one store are signed with what is there; of an empty one, none are. */
  readonly isOwn: boolean;
  read(): Promise<Secrets | undefined>;
  /** Where there are none, or where they are the store's own, instead of those. */
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
  if (to.isOwn) return wanted;
  throw new OtherSecrets(
    `${to.name} holds other keys than ${from.name}; choose a place without any, or remove them`,
  );
}
