import type { Database } from "./database.ts";
import { type Sql, sql, tuples } from "./sql.ts";

/** A key that tokens are signed with, as accounts/secrets.ts has it. */
export interface KeptSecret {
  readonly id: string;
  readonly secret: Uint8Array<ArrayBuffer>;
  readonly createdAt: number;
}

/** Newest first. */
export async function readSecrets(db: Database): Promise<KeptSecret[]> {
  const secrets = await db.rows<{ id: string; secret: Uint8Array; createdAt: number }>(
    sql`SELECT id, secret, created_at AS createdAt FROM secrets ORDER BY created_at DESC, id`,
  );
  return secrets.map((each) => ({ ...each, secret: new Uint8Array(each.secret) }));
}

/** Only where there are none: of nodes that start at once, one makes them for all. */
export async function placeSecrets(db: Database, secrets: readonly KeptSecret[]): Promise<void> {
  await db.write(async (transaction) => {
    // Whoever comes second waits here and finds them.
    await transaction.rows(sql`SELECT value FROM marks WHERE name = 'secrets' FOR UPDATE`);
    if ((await transaction.rows(sql`SELECT id FROM secrets LIMIT 1`)).length > 0) return;
    transaction.later(insert(secrets));
  });
}

/** Instead of those that are there. */
export async function replaceSecrets(db: Database, secrets: readonly KeptSecret[]): Promise<void> {
  await db.transact((transaction) => {
    transaction.later(sql`DELETE FROM secrets`, insert(secrets));
    return Promise.resolve();
  });
}

function insert(secrets: readonly KeptSecret[]): Sql {
  const rows = secrets.map(({ id, secret, createdAt }) => [id, secret, createdAt]);
  return sql`INSERT INTO secrets (id, secret, created_at) VALUES ${tuples(rows)}`;
}
