import { openMysql } from "../../store/mysql/mysql.ts";
import { onlyOf } from "../../store/suite.ts";
import { empty, isSkipped, theAddress, withServer } from "./database_server.ts";

/** Every promise of the store's contract, once more: made of MySQL. */
const SUITE = [
  "history",
  "log",
  "membership",
  "message_changes",
  "rooms",
  "search",
  "strangers",
  "unread",
  "users",
];

if (isSkipped) {
  Deno.test({ name: "mysql: the promises of the store", ignore: true, fn() {} });
} else {
  withServer();
  onlyOf({
    name: "mysql",
    async open(options) {
      await empty(theAddress());
      return await openMysql({ ...theAddress(), connections: 4, ...options });
    },
  });
  for (const name of SUITE) await import(`../../store/${name}_test.ts`);
}
