import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { agreeOnSecrets, makeSecrets, rotateSecrets, SecretsError } from "./secrets.ts";
import { secretsAt } from "./secrets_file.ts";

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

const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;

Deno.test("the first start makes secrets that only their owner can read and the next one finds", async () => {
  await withFolder(async (path) => {
    const made = await agreeOnSecrets(secretsAt(path), 1000);
    assertEquals(await agreeOnSecrets(secretsAt(path), 2000), made);
    assertEquals(await modeOf(path), 0o600);
    assertEquals(made.map((key) => key.secret.length), [32]);
    assertNotEquals(made[0].secret, makeSecrets(1000)[0].secret);
  });
});

Deno.test("servers that start at once agree on the secrets", async () => {
  await withFolder(async (path) => {
    const [first, ...others] = await Promise.all(
      Array.from({ length: 8 }, (_, n) => agreeOnSecrets(secretsAt(path), n)),
    );
    for (const other of others) assertEquals(other, first);
  });
});

Deno.test("rotated secrets are found by the next start, and are the owner's alone, too", async () => {
  await withFolder(async (path) => {
    const [first] = await agreeOnSecrets(secretsAt(path), 0);
    const rotated = await rotateSecrets(secretsAt(path), 1, 1);
    assertEquals(rotated.map(({ id }) => id), [rotated[0].id, first.id]);
    assertEquals(await agreeOnSecrets(secretsAt(path), 2), rotated);
    assertEquals(await modeOf(path), 0o600);
  });
});

Deno.test({
  name: "root rotates what a server of another user goes on reading",
  ignore: Deno.uid() !== 0,
  async fn() {
    await withFolder(async (path) => {
      await agreeOnSecrets(secretsAt(path), 0);
      await Deno.chown(path, 1, 2);
      await Deno.chmod(path, 0o640);
      await rotateSecrets(secretsAt(path), 1, 1);
      const { uid, gid } = await Deno.stat(path);
      assertEquals([uid, gid, await modeOf(path)], [1, 2, 0o640]);
    });
  },
});

Deno.test("a file of something else, or one that others can read, is refused and left alone", async () => {
  await withFolder(async (path) => {
    const load = () => agreeOnSecrets(secretsAt(path), 0);
    const rotate = () => rotateSecrets(secretsAt(path), 0, 1);
    for (const text of ["", "{}", '{"keys":[]}', '{"keys":[{"id":"a","secret":"short"}]}']) {
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      for (const use of [load, rotate]) await assertRejects(use, SecretsError, path);
      assertEquals(await Deno.readTextFile(path), text);
    }
    await Deno.remove(path);
    await load();
    await Deno.chmod(path, 0o644);
    for (const use of [load, rotate]) await assertRejects(use, SecretsError, "chmod 600");
  });
});
