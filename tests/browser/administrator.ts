import { DatabaseSync } from "node:sqlite";
import { type Person, type PersonOptions, Stage } from "./people.ts";

const ACCOUNT = { name: "Chief", password: "correct horse battery" };

/** A server whose store is a file, and a browser whose user is its administrator. */
export async function withAdministrator(
  run: (stage: Stage, chief: Person) => Promise<void>,
  options: PersonOptions = {},
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/hubbub.db`;
    await using stage = await Stage.open(["--store", `sqlite:${path}`]);
    const chief = await stage.visit("Chief", options);
    await chief.page.evaluate(async (account) => {
      await fetch("/api/accounts", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ ...account, cookie: true }),
      });
    }, ACCOUNT);
    {
      using database = new DatabaseSync(path);
      database.exec("PRAGMA busy_timeout = 5000; UPDATE users SET admin = 1");
    }
    await run(stage, chief);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
