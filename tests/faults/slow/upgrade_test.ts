import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { MIGRATIONS } from "../../../store/migrate.ts";
import { connect } from "../../../store/sqlite.ts";
import { STEPS } from "./upgrade_process.ts";

const MESSAGES = 100_000;
const KILLS = 12;

interface Upgrade {
  /** It is looking at the database from now on. */
  readonly begun: Promise<void>;
  readonly status: Promise<Deno.CommandStatus>;
  kill(): void;
}

function upgrade(path: string): Upgrade {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", join(import.meta.dirname!, "upgrade_process.ts"), path],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.getReader();
  return {
    begun: lines.read().then(() => lines.cancel()),
    status: child.status,
    kill() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It was quicker.
      }
    },
  };
}

/** The schema's version and what no upgrade may change. */
function look(path: string) {
  using database = new DatabaseSync(path);
  const get = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0];
  assertEquals(get("PRAGMA integrity_check"), "ok");
  return {
    version: get("PRAGMA user_version") as number,
    messages: get("SELECT count(*) FROM messages WHERE content = 'message ' || seq"),
    counted: get("SELECT count(*) FROM pragma_table_info('messages') WHERE name = 'chars'") === 0
      ? 0
      : get("SELECT count(chars) FROM messages"),
  };
}

Deno.test(`an upgrade killed ${KILLS} times in the middle is as before a step or after it, and resumes`, async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "hubbub.db");
    const database = connect({ path, durability: "normal" });
    database.exec(`INSERT INTO messages (room, seq, ordinal, sender, at, content)
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT ${MESSAGES})
      SELECT 1, n, n, 1, n, 'message ' || n FROM numbers`);
    database.close();
    const copy = join(folder, "copy.db");
    await Deno.copyFile(path, copy);
    const whole = upgrade(copy);
    await whole.begun;
    const startMs = performance.now();
    assert((await whole.status).success);
    const tookMs = performance.now() - startMs;
    const done = { version: STEPS.length, messages: MESSAGES, counted: MESSAGES };
    assertEquals(look(copy), done);

    const versions = new Map<number, number>();
    for (let kill = 0; kill < KILLS; kill++) {
      for (const file of [copy, `${copy}-wal`, `${copy}-shm`]) {
        await Deno.remove(file).catch(() => {});
      }
      await Deno.copyFile(path, copy);
      const killed = upgrade(copy);
      await killed.begun;
      await delay(tookMs * (kill + 0.5) / KILLS);
      killed.kill();
      await killed.status;
      const { version, messages, counted } = look(copy);
      versions.set(version, (versions.get(version) ?? 0) + 1);
      assertEquals([messages, counted], [MESSAGES, version > MIGRATIONS.length ? MESSAGES : 0]);
      const resumed = upgrade(copy);
      await resumed.begun;
      assert((await resumed.status).success);
      assertEquals(look(copy), done);
    }
    console.log(
      `  an upgrade takes ${tookMs.toFixed(0)} ms; versions found: ${[...versions].join("; ")}`,
    );
    assert((versions.get(STEPS.length) ?? 0) < KILLS, "none was killed in the middle");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
