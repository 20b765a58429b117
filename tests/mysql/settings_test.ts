import { assertEquals } from "@std/assert";
import { MARIADB_PROGRAMS, startMariadb } from "../../backends/mariadb.ts";
import { missingPrograms } from "../../backends/program.ts";
import { openMysql } from "../../store/mysql/mysql.ts";
import { addressOf } from "./address.ts";

const ignore = missingPrograms(...MARIADB_PROGRAMS).length > 0;

Deno.test({
  name: "nodes that start at once on an empty database agree on what the first of them decides",
  ignore,
  async fn() {
    await using server = await startMariadb();
    const address = addressOf(server.url());
    const nodes = await Promise.all(
      Array.from({ length: 3 }, () => openMysql({ ...address, connections: 3 })),
    );
    try {
      assertEquals(await nodes[0]!.setting("colour"), undefined);
      const added = await Promise.all(nodes.map((node, n) => node.addSetting("colour", `${n}`)));
      assertEquals(added.filter((each) => each), [true]);
      const decided = String(added.indexOf(true));
      for (const node of nodes) assertEquals(await node.setting("colour"), decided);
    } finally {
      for (const node of nodes) await node.close();
    }
  },
});
