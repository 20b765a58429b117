import { assertEquals, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Database } from "./database.ts";
import { History } from "./history.ts";
import { migrate } from "./migrate.ts";
import { MessageSearch } from "./search.ts";
import { questionOf, SearchIndex } from "./search_index.ts";
import { Users } from "./users.ts";

/** A public room with a message per number, indexed in volumes of ten. */
function searching(texts: readonly string[], budgetMs: number) {
  const raw = new DatabaseSync(":memory:");
  migrate(raw, ":memory:");
  raw.exec(`INSERT INTO rooms (id, name, kind, seq, created_at) VALUES (1, 'lobby', 'public', 0, 1);
    INSERT INTO users (no, id, name, guest, created_at, seen_at) VALUES (1, 'u', 'u', 0, 1, 1)`);
  const insert = raw.prepare(
    "INSERT INTO messages (room, seq, ordinal, sender, at, content) VALUES (1, ?, ?, 1, 1, ?)",
  );
  texts.forEach((content, i) => insert.run(i + 1, i + 1, content));
  const db = new Database(raw);
  const index = new SearchIndex(db, 10);
  while (index.advance(7));
  const search = new MessageSearch(db, new Users(db), new History(db), index, budgetMs);
  return { db, index, search, raw };
}

Deno.test("a search goes through all volumes, newest first", () => {
  const texts = Array.from({ length: 45 }, (_, i) => i % 12 === 0 ? `needle ${i + 1}` : "hay");
  const { db, index, search, raw } = searching(texts, 1000);
  const { rows, more } = search.run({ query: "needle", user: "u", limit: 10 });
  assertEquals(rows.map((row) => row.id), [37, 25, 13, 1]);
  assertEquals(more, false);
  const tables = raw.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE sql LIKE '%fts5%'");
  assertEquals(tables.get()?.n, 5);
  assertEquals(index.drift(), 0);
  db.close();
});

Deno.test("a search out of time stops between two volumes and goes on there", () => {
  const texts = Array.from({ length: 45 }, (_, i) => i === 3 ? "needle" : "hay");
  const { db, search } = searching(texts, 0);
  const stops: (number | undefined)[] = [];
  let page = search.run({ query: "needle", user: "u", limit: 5 });
  while (page.more && page.rows.length === 0) {
    stops.push(page.next);
    page = search.run({ query: "needle", user: "u", limit: 5, before: page.next });
  }
  assertEquals(page.rows.map((row) => row.id), [4]);
  assertEquals(stops, [41, 31, 21, 11]);
  db.close();
});

Deno.test("an index that was cleared fills again and finds the same", () => {
  const texts = Array.from({ length: 25 }, (_, i) => `needle ${i + 1}`);
  const { db, index, search } = searching(texts, 1000);
  const find = () =>
    search.run({ query: "needle 1", user: "u", limit: 99 }).rows.map((row) => row.id);
  const before = find();
  db.write(() => index.clear());
  assertEquals(index.mark(), 0);
  assertEquals(find(), before);
  while (index.advance(4));
  assertEquals([find(), index.mark(), index.drift()], [before, 25, 0]);
  db.close();
});

Deno.test("a step indexes fewer messages when they are long", () => {
  const { db, index, raw } = searching(Array.from({ length: 30 }, () => "x".repeat(4096)), 1000);
  db.write(() => index.clear());
  const left = index.advance(250);
  assertEquals([left, index.mark()], [true, 4]);
  raw.exec("UPDATE messages SET content = 'short'");
  const marks: number[] = [];
  do marks.push(index.mark()); while (index.advance(250));
  assertEquals([...marks, index.mark()], [4, 10, 20, 30], "a step is of one volume");
  db.close();
});

Deno.test("two who index in turns miss nothing and take nothing twice, over gaps and deleted messages", () => {
  const { db, index, search, raw } = searching(Array.from({ length: 60 }, () => "needle"), 1000);
  raw.exec(`DELETE FROM messages WHERE id IN (1, 10, 11, 20) OR id BETWEEN 28 AND 43;
    UPDATE messages SET content = '', deleted_at = 2 WHERE id IN (2, 21, 27, 45, 60)`);
  db.write(() => index.clear());
  const marks: number[] = [];
  const both = [index, new SearchIndex(db, 10)] as const;
  for (let step = 0; both[step % 2 ? 1 : 0].advance(4); step++) marks.push(index.mark());
  assertEquals([...marks, index.mark()], [5, 9, 15, 19, 24, 27, 47, 50, 54, 58, 60]);
  assertEquals(index.drift(), 0);
  const { rows } = search.run({ query: "needle", user: "u", limit: 99 });
  const shown = raw.prepare("SELECT id FROM messages WHERE deleted_at IS NULL ORDER BY id DESC");
  assertEquals(rows.map((row) => row.id), shown.all().map(({ id }) => id));
  db.close();
});

Deno.test("a volume made in a transaction that was undone is made again", () => {
  const { db, search, raw } = searching(["old text"], 1000);
  const index = new SearchIndex(db, 10);
  raw.exec("DROP TABLE search_0; UPDATE messages SET content = 'needle'");
  const replace = () => index.replace(1, "needle");
  assertThrows(
    () =>
      db.write(() => {
        replace();
        throw new Error("undone");
      }),
    Error,
    "undone",
  );
  db.write(replace);
  assertEquals(search.run({ query: "needle", user: "u", limit: 5 }).rows.length, 1);
  db.close();
});

Deno.test("a question asks for a few trigrams of the whole text, each quoted", () => {
  assertEquals(questionOf("abc"), '"abc"');
  assertEquals(questionOf("abcd"), '"abc" AND "bcd"');
  assertEquals(questionOf("abcdefghijk"), '"abc" AND "def" AND "fgh" AND "ijk"');
  assertEquals(questionOf('a"b'), '"a""b"');
  assertEquals(questionOf("你好世👩"), '"你好世" AND "好世👩"');
  assertEquals(questionOf("x".repeat(200)), '"xxx"');
  assertEquals(questionOf("0123456789".repeat(20)).split(" AND ").length, 4);
});
