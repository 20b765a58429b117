import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { loadSecrets, makeSecrets, rotateSecrets, SecretsError } from "./secrets.ts";

const DAY_MS = 24 * 3600_000;
const LIFE_MS = 30 * DAY_MS;

async function withFolder(test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test(`${folder}/secrets.json`);
    const left = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(left.filter((name) => name !== "secrets.json"), [], "nothing is left beside it");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the first start makes secrets that only their owner can read and the next one finds", async () => {
  await withFolder(async (path) => {
    const made = await loadSecrets(path, 1000);
    assertEquals(await loadSecrets(path, 2000), made);
    const { mode } = await Deno.stat(path);
    assertEquals((mode ?? 0) & 0o777, 0o600);
    assertEquals(made.map((key) => key.secret.length), [32]);
    assertNotEquals(made[0].secret, makeSecrets(1000)[0].secret);
  });
});

Deno.test("servers that start at once agree on the secrets", async () => {
  await withFolder(async (path) => {
    const [first, ...others] = await Promise.all(
      Array.from({ length: 8 }, (_, n) => loadSecrets(path, n)),
    );
    for (const other of others) assertEquals(other, first);
  });
});

Deno.test("a new key goes in front and old ones stay as long as a token of theirs may live", async () => {
  await withFolder(async (path) => {
    const [first] = await loadSecrets(path, 0);
    const [second] = await rotateSecrets(path, 10 * DAY_MS, LIFE_MS);
    const three = await rotateSecrets(path, 20 * DAY_MS, LIFE_MS);
    assertEquals(three.map((key) => key.id), [three[0].id, second.id, first.id]);
    assertEquals(await loadSecrets(path, 20 * DAY_MS), three);
    // The first key signed its last token on day 10, the second on day 20.
    const onDay45 = await rotateSecrets(path, 45 * DAY_MS, LIFE_MS);
    assertEquals(onDay45.map((key) => key.id), [onDay45[0].id, three[0].id, second.id]);
    assertEquals(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  });
});

Deno.test("a file of something else, or one that others can read, is refused and left alone", async () => {
  await withFolder(async (path) => {
    for (const text of ["", "{}", '{"keys":[]}', '{"keys":[{"id":"a","secret":"short"}]}']) {
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      await assertRejects(() => loadSecrets(path, 0), SecretsError, path);
      assertEquals(await Deno.readTextFile(path), text);
    }
    await Deno.remove(path);
    await loadSecrets(path, 0);
    await Deno.chmod(path, 0o644);
    await assertRejects(() => loadSecrets(path, 0), SecretsError, "chmod 600");
  });
});
