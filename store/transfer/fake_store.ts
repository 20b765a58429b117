import { DatabaseSync } from "node:sqlite";
import { openSqlite } from "../sqlite.ts";
import type { Room, Store, UserRef } from "../store.ts";
import { act, ALICE, BOB, CAROL, DAVE, done, item, person, room, say, text } from "../suite.ts";
import type { Cell } from "./rows.ts";
import { TABLES } from "./tables.ts";

/** Texts that something on the way could change, cut, fold or order in its own way. */
export const AWKWARD_TEXTS: readonly string[] = [
  "plain",
  "PLAIN",
  "trailing space ",
  "tab\tnew\nline\r\nend\n",
  "it's \"quoted\" `and` \\escaped\\ \\' \\n %_ $1 ?",
  "-- comment /* none */; DROP TABLE users;",
  "你好，世界",
  "e\u0301 \u00e9 \u212b \u00c5 ß ẞ ss",
  "😀👩‍👩‍👧‍👦🇩🇪",
  "\u{10ffff}\ufffd\ufffe\uffff\ue000",
  "\u0001\u001a\u007f\u0080\u200b\u202e\ufeff",
  "İıſK",
];
/** U+FF01 is after U+1F600 in UTF-16, before it in UTF-8. */
const EMOJIS = ["👍", "\uff01", "😀", "😀 ", "❤️", "❤", "a", "A", "é", "é"];

const BATCH = 500;

/** A database with something in every table, in which `hubbub check` finds nothing. */
export async function makeLivedIn(path: string, messages = 60): Promise<void> {
  const strangerLimit = { messages: 0, forgetMs: 1 };
  const store = await openSqlite({ path, durability: "normal", strangerLimit });
  try {
    await liveIn(store, messages);
    while (await store.index(1_000));
  } finally {
    await store.close();
  }
  const raw = new DatabaseSync(path);
  // As far as integers go; nothing that the program writes is so large.
  raw.exec(`
    INSERT INTO marks VALUES ('largest', 9223372036854775807), ('least', -9223372036854775808),
      ('unsafe', 9007199254740993);
    UPDATE users SET seen_at = 9007199254740993 WHERE no = 2;
  `);
  raw.close();
}

async function liveIn(store: Store, messages: number): Promise<void> {
  await accounts(store);
  const lobby = await room(store);
  const team = await room(store, { name: "team", kind: "group", owner: ALICE, members: [BOB] });
  const direct = await store.openDirect(ALICE, CAROL, 1);
  const said = Array.from({ length: messages }, (_, i) => {
    const content = `${AWKWARD_TEXTS[i % AWKWARD_TEXTS.length]} ${i}`;
    const where = [lobby, team, direct][i % 3] ?? lobby;
    return item(where, ALICE, text(content, i % 2 ? { key: `${content} ` } : {}));
  });
  for (let i = 0; i < messages; i += BATCH) await store.append(said.slice(i, i + BATCH), 1_000 + i);
  await say(store, lobby, DAVE, "x".repeat(65_536));
  await say(store, lobby, DAVE, "😀".repeat(1_024));
  await changes(store, lobby, team);
  await store.markRead(team.id, BOB, 9);
  await store.setBlocked(BOB, DAVE, true, 7);
  await store.createSession({ id: "session-a", user: ALICE.id, createdAt: 1, expiresAt: 9e15 });
  await store.createSession({ id: "session-B", user: BOB.id, createdAt: 2, expiresAt: 9e15 });
  await store.probe();
}

async function accounts(store: Store): Promise<void> {
  for (const [user, hash] of [[ALICE, "hash $a$"], [BOB, "hash b"]] as const) {
    const made = await store.createAccount(user, user.name, hash, 3);
    if ("refused" in made) throw new Error(made.message);
  }
  for (const [i, name] of AWKWARD_TEXTS.entries()) {
    const user: UserRef = { ...person(`awkward-${i}`, true), name };
    await store.ensureUser(user, name, 4);
  }
  await store.setAdmin(ALICE.id, true);
}

async function changes(store: Store, lobby: Room, team: Room): Promise<void> {
  for (const emoji of EMOJIS) {
    await act(store, lobby, BOB, { type: "react", target: 1, emoji, on: true });
  }
  await done(store, lobby, ALICE, { type: "edit", target: 2, content: "edited 😀 \\" });
  await done(store, lobby, ALICE, { type: "delete", target: 3 });
  await done(store, team, ALICE, {
    type: "set",
    title: "Title \\ 😀",
    topic: "'topic'",
    icon: "🦊",
  });
  await done(store, team, ALICE, { type: "invite", user: CAROL });
  await done(store, team, ALICE, { type: "mute", user: CAROL, untilMs: 9e15 });
  await done(store, lobby, DAVE, { type: "leave" }).catch(() => {});
}

/** Every row of every table that is moved, as SQLite itself has it, texts and all in hexadecimal. */
export function dump(path: string): Record<string, Cell[][]> {
  const raw = new DatabaseSync(path, { readOnly: true });
  try {
    return Object.fromEntries(TABLES.map(({ name, only, columns, key }) => {
      const cells = columns.map((column) => `typeof(\`${column.name}\`), hex(\`${column.name}\`)`);
      const statement = raw.prepare(
        `SELECT ${cells.join(", ")} FROM ${name} WHERE ${only ?? "true"}
         ORDER BY ${key.map((at) => `\`${columns[at]?.name}\``).join(", ")}`,
      );
      statement.setReturnArrays(true);
      return [name, statement.all() as unknown as Cell[][]];
    }));
  } finally {
    raw.close();
  }
}
