import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseConfiguration } from "../configuration.ts";
import { mysqlLocation } from "./mysql_url.ts";
import { Expected } from "./values.ts";

const PLAIN = {
  kind: "mysql",
  host: "db.internal",
  port: 3306,
  user: "hubbub",
  password: "s3cret",
  database: "chat",
  pool: 10,
  tls: "off",
  ca: undefined,
} as const;

Deno.test("a MySQL URL says where the database is, who asks it and how", () => {
  assertEquals(mysqlLocation("mysql://hubbub:s3cret@db.internal/chat"), PLAIN);
  assertEquals(
    mysqlLocation("mysql://hubbub:s3cret@db.internal:3307/chat?pool=20&tls=on&ca=/etc/ca.pem"),
    { ...PLAIN, port: 3307, pool: 20, tls: "on", ca: "/etc/ca.pem" },
  );
  const odd = mysqlLocation("mysql://a%40b:p%2Fw%3A%25@[::1]/my-chat_2?tls=unverified");
  assertEquals(
    [odd.user, odd.password, odd.host, odd.database, odd.tls],
    ["a@b", "p/w:%", "::1", "my-chat_2", "unverified"],
  );
  assertEquals(mysqlLocation("mysql://hubbub@db.internal/chat").password, "");
});

Deno.test("each mistake in a MySQL URL is named, and its password never", () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["mysql://hubbub:s3cret@db.internal", "DATABASE"],
    ["mysql://hubbub:s3cret@db.internal/a/b", "DATABASE"],
    ["mysql://hubbub:s3cret@db.internal/a%60b", "DATABASE"],
    ["mysql://:s3cret@db.internal/chat", "USER"],
    ["mysql://hubbub:s3cret%@db.internal/chat", "PASSWORD"],
    ["mysql://hubbub:s3cret@/chat", "mysql://USER"],
    ["mysql://hubbub:s3cret@db_1!/chat", "HOST"],
    ["mysql://hubbub:s3cret@db.internal:99999/chat", "mysql://USER"],
    ["mysql://hubbub:s3cret@db.internal/chat?pool=2", "pool from 3"],
    ["mysql://hubbub:s3cret@db.internal/chat?pool=many", "pool from 3"],
    ["mysql://hubbub:s3cret@db.internal/chat?pool=5&pool=6", "pool once"],
    ["mysql://hubbub:s3cret@db.internal/chat?tls=yes", "tls=on"],
    ["mysql://hubbub:s3cret@10.0.0.1/chat?tls=on", "a name, not an address"],
    ["mysql://hubbub:s3cret@db.internal/chat?ca=/x.pem", "tls=on"],
    ["mysql://hubbub:s3cret@db.internal/chat?ssl=true", "no options but"],
    ["mysql:hubbub:s3cret@db", "mysql://USER"],
  ];
  for (const [url, named] of wrong) {
    const { message } = assertThrows(() => mysqlLocation(url), Expected);
    assertStringIncludes(message, named, url);
    for (const args of [["--store", url], ["migrate", url, "sqlite:x"]]) {
      const refused = parseConfiguration(args, { get: () => undefined });
      const text = "exit" in refused ? refused.text : "";
      assertStringIncludes(text, "takes");
      assertEquals(text.includes("s3cret"), false, text);
    }
  }
  // Not even where it is no URL of ours.
  const refused = parseConfiguration(["--store", "mysqll://hubbub:s3cret@db/chat"], {
    get: () => undefined,
  });
  assertEquals("exit" in refused && refused.text.includes("s3cret"), false);
});
