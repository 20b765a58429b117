import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { makeSecrets, type Secrets } from "../accounts/secrets.ts";
import { placeSecrets, readSecrets } from "../accounts/secrets_file.ts";
import { openSqlite } from "../store/sqlite.ts";
import { inFolder } from "../store/suite.ts";
import { TransferError } from "../store/transfer/ends.ts";
import { dump, makeLivedIn } from "../store/transfer/fake_store.ts";
import { openSqliteSource } from "../store/transfer/sqlite_source.ts";
import { sqliteTargetAt } from "../store/transfer/sqlite_target.ts";
import { migrate } from "./migrate.ts";
import { OtherSecrets, type SecretsPlace } from "./secrets.ts";

const SILENT = { begin() {}, advance() {} };

function secretsAt(name: string): SecretsPlace {
  return {
    name,
    isOwn: false,
    read: () => readSecrets(name),
    place: (secrets: Secrets) => placeSecrets(name, secrets),
  };
}

/** A folder with a store in `from/` and none in `to/`. */
function test(name: string, run: (from: string, to: string) => Promise<void>): void {
  Deno.test(`migrate: ${name}`, () =>
    inFolder(async (folder) => {
      const [from, to] = [join(folder, "from"), join(folder, "to")];
      await Promise.all([Deno.mkdir(from), Deno.mkdir(to)]);
      await makeLivedIn(join(from, "chat.db"));
      await run(from, to);
    }));
}

async function move(
  from: string,
  to: string,
  more: { dryRun?: boolean; signal?: AbortSignal; secretsTo?: SecretsPlace } = {},
): Promise<readonly string[]> {
  const source = await openSqliteSource(join(from, "chat.db"));
  try {
    return await migrate({
      source,
      target: sqliteTargetAt(join(to, "chat.db")),
      secrets: {
        from: secretsAt(join(from, "secrets.json")),
        to: more.secretsTo ?? secretsAt(join(to, "secrets.json")),
      },
      dryRun: more.dryRun ?? false,
      listener: SILENT,
      signal: more.signal,
    });
  } finally {
    await source.close();
  }
}

test("the keys that sign tokens go along, readable by their owner alone", async (from, to) => {
  const secrets = makeSecrets(1);
  await placeSecrets(join(from, "secrets.json"), secrets);
  const lines = await move(from, to);
  assertEquals(lines.length, 1);
  assertEquals(await readSecrets(join(to, "secrets.json")), secrets);
  assertEquals((await Deno.stat(join(to, "secrets.json"))).mode! & 0o777, 0o600);
});

test("without any keys it is said that everybody has to log in", async (from, to) => {
  const lines = await move(from, to);
  assertStringIncludes(lines.at(-1) ?? "", "log in again");
});

test("keys of another store are not written over, and nothing is copied then", async (from, to) => {
  const path = join(to, "secrets.json");
  await placeSecrets(join(from, "secrets.json"), makeSecrets(1));
  await placeSecrets(path, makeSecrets(2));
  const before = await Deno.readTextFile(path);
  await assertRejects(() => move(from, to), OtherSecrets, path);
  assertEquals(await Deno.readTextFile(path), before);
  assertEquals([...Deno.readDirSync(to)].map(({ name }) => name), ["secrets.json"]);
});

test("a folder that has the same keys already is as good as one without", async (from, to) => {
  const secrets = makeSecrets(1);
  for (const folder of [from, to]) await placeSecrets(join(folder, "secrets.json"), secrets);
  await move(from, to);
  assertEquals(dump(join(to, "chat.db")), dump(join(from, "chat.db")));
});

test(
  "until the keys are there the store is unfinished, and the next run places them",
  async (from, to) => {
    const secrets = makeSecrets(1);
    await placeSecrets(join(from, "secrets.json"), secrets);
    const secretsTo = {
      ...secretsAt(join(to, "secrets.json")),
      place: () => Promise.reject(new Error("no room")),
    };
    await assertRejects(() => move(from, to, { secretsTo }), Error, "no room");
    await assertRejects(() => openSqlite({ path: join(to, "chat.db"), durability: "normal" }));
    await move(from, to);
    assertEquals(await readSecrets(join(to, "secrets.json")), secrets);
  },
);

test("a dry run counts the rows, and makes and changes nothing", async (from, to) => {
  await placeSecrets(join(from, "secrets.json"), makeSecrets(1));
  const lines = await move(from, to, { dryRun: true });
  assertEquals(lines.slice(0, 3), ["users: 16 rows", "rooms: 3 rows", "messages: 62 rows"]);
  assertEquals([...Deno.readDirSync(to)], []);
  await move(from, to);
  await assertRejects(() => move(from, to, { dryRun: true }), TransferError, "holds a store");
});

test("a store is not moved onto itself, by whatever path", async (from) => {
  const error = await assertRejects(() => move(from, join(from, "..", "from")), TransferError);
  assertEquals(error.failure, "same_store");
  await Deno.symlink(from, join(from, "link"));
  const linked = await assertRejects(() => move(from, join(from, "link")), TransferError);
  assertEquals(linked.failure, "same_store");
});

test("who is told to stop does, and goes on when it is started again", async (from, to) => {
  const error = await assertRejects(
    () => move(from, to, { signal: AbortSignal.abort() }),
    TransferError,
  );
  assertEquals(error.failure, "interrupted");
  assert(Deno.statSync(join(to, "chat.db")).size > 0);
  await move(from, to);
  assertEquals(dump(join(to, "chat.db")), dump(join(from, "chat.db")));
});
