import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { Refusal } from "./errors.ts";
import { ROOM_NAME_MAX_CHARS, USER_NAME_MAX_CHARS } from "./limits.ts";
import {
  guestName,
  isGuestName,
  type Name,
  parseRoom,
  parseRoomName,
  parseUserName,
  parseUserReference,
} from "./names.ts";

function assertBadName(result: Name | object | Refusal, message: string) {
  assertInstanceOf(result, Refusal);
  assertEquals(result.code, "bad_name");
  assertStringIncludes(result.message, message);
}

Deno.test("people are called in any script", () => {
  for (
    const name of [
      "Alice",
      "a",
      "7of9",
      "jean-luc_p.2",
      "Zoë",
      "Nguyễn",
      "Игорь",
      "Νίκος",
      "中文",
      "さくらサクラ桜",
      "김철수",
      "हिन्दी",
      "سلام",
      "שלום",
      "ไทย",
      "x".repeat(USER_NAME_MAX_CHARS),
      "𠮷".repeat(USER_NAME_MAX_CHARS),
    ]
  ) {
    const parsed = parseUserName(name);
    assert(!(parsed instanceof Refusal), `${name}: ${(parsed as Refusal).message}`);
    assertEquals(parsed.name, name.normalize("NFKC"));
  }
});

Deno.test("a name is shown in NFKC as written and compared by its canonical form", () => {
  assertEquals(parseUserName(" Ａlice "), { name: "Alice", canonical: "alice" });
  assertEquals(parseUserName("@Bob"), { name: "Bob", canonical: "bob" });
  assertEquals(parseUserName("ΤΟΜ"), { name: "ΤΟΜ", canonical: "tom" });
  // What objects have of themselves is a name like any other.
  assertEquals(parseUserName("constructor"), { name: "constructor", canonical: "constructor" });
});

Deno.test("names that deceive, hide or break are refused", () => {
  for (
    const [what, name, message] of [
      ["empty", "", "expected 1 to 32 characters, got 0"],
      ["only an @", "@", "got 0"],
      ["too long", "x".repeat(33), "got 33"],
      ["far too long", "x".repeat(1_000_000), "got more"],
      ["long once normalized", "ﷺﷺ", "got 36"],
      ["a space", "a b", "letters and digits"],
      ["a newline", "a\nb", "letters and digits"],
      ["U+0000", "a\0", "letters and digits"],
      ["an escape", "\x1b[1m", "letters and digits"],
      ["right-to-left override", "a\u202eb", "letters and digits"],
      ["right-to-left mark", "a\u200fb", "letters and digits"],
      ["isolate", "a\u2066b", "letters and digits"],
      ["zero-width space", "a\u200bb", "letters and digits"],
      ["zero-width joiner", "a\u200db", "letters and digits"],
      ["byte order mark", "a\ufeffb", "letters and digits"],
      ["soft hyphen", "a\u00adb", "letters and digits"],
      ["variation selector", "a\ufe0f", "letters and digits"],
      ["Hangul filler", "\u3164", "letters and digits"],
      ["grapheme joiner", "a\u034fb", "letters and digits"],
      ["enclosing circle", "a\u20dd", "letters and digits"],
      ["tag", "a\u{e0041}", "letters and digits"],
      ["emoji", "😀", "letters and digits"],
      ["an @ inside", "a@b", "letters and digits"],
      ["a # first", "#a", "letters and digits"],
      ["a slash", "../a", "letters and digits"],
      ["markup", "<b>", "letters and digits"],
      ["zalgo", "z\u0335\u0336\u0337a", "at most 2 marks"],
      ["a mark first", "\u0301a", "a letter or a digit first"],
      ["underscores first", "__proto__", "a letter or a digit first"],
      ["a full stop last", "alice.", "no full stop at the end"],
      ["lone surrogate", "a\ud800", "lone surrogates"],
      ["Cyrillic a in Latin", "\u0430lice", "one script"],
      ["Greek o in Latin", "b\u03bfb", "one script"],
      ["Greek in Cyrillic", "иг\u03bfрь", "one script"],
      ["Cherokee in Latin", "\u13a0lice", "one script"],
    ] as const
  ) {
    const result = parseUserName(name);
    assert(result instanceof Refusal, what);
    assertBadName(result, message);
  }
});

Deno.test("reserved names and a guest's are not for taking, however they are written", () => {
  for (
    const name of ["admin", "ADMIN", "ａｄｍｉｎ", "ad-min", "a_d_m.in", "System", "me", "hubbub"]
  ) {
    assertBadName(parseUserName(name), "reserved");
  }
  for (const name of ["guest-7f3a", "Guest-x", "ｇuest-1", "@guest-1", "guest-"]) {
    assertBadName(parseUserName(name), "guest-");
  }
  // But they may be spoken of.
  assertEquals(parseUserReference("@guest-7f3a"), { name: "guest-7f3a", canonical: "guest-7f3a" });
});

Deno.test("a given guest name is recognized, and nobody can choose one", () => {
  assertEquals(guestName("7f3a"), { name: "guest-7f3a", canonical: "guest-7f3a" });
  assert(isGuestName(guestName("7f3a").name));
  for (const name of ["Alice", "guestbook", "myguest-1"]) {
    const parsed = parseUserName(name);
    assert(!(parsed instanceof Refusal) && !isGuestName(parsed.name), name);
  }
});

Deno.test("rooms are named in any script, with or without #", () => {
  for (
    const [text, name, canonical] of [
      ["lobby", "lobby", "lobby"],
      ["#Lobby", "Lobby", "lobby"],
      ["＃lobby", "lobby", "lobby"],
      ["team-x", "team-x", "team-x"],
      ["中文讨论", "中文讨论", "中文讨论"],
      ["команда-x", "команда-x", "komahдa-x"],
      ["l\u043ebby", "l\u043ebby", "lobby"],
      ["x".repeat(ROOM_NAME_MAX_CHARS), "x".repeat(64), "x".repeat(64)],
    ] as const
  ) {
    assertEquals(parseRoomName(text), { name, canonical });
    assertEquals(parseRoom(text), { kind: "named", name, canonical });
  }
});

Deno.test("a room called @bob is the direct conversation with bob", () => {
  const bob = { name: "Bob", canonical: "bob" };
  for (const text of ["@Bob", "＠Bob", " @Bob "]) {
    assertEquals(parseRoom(text), { kind: "direct", user: bob });
  }
  assertEquals(parseRoom("@guest-7f3a"), {
    kind: "direct",
    user: { name: "guest-7f3a", canonical: "guest-7f3a" },
  });
});

Deno.test("an unusable room name is a bad_name", () => {
  for (
    const text of ["", "#", "@", "@@bob", "##x", "team x", "../x", "a/b", "🎉", "__proto__", "a\0"]
  ) {
    assertBadName(parseRoom(text), "expected");
  }
  assertBadName(parseRoom("x".repeat(65)), "expected 1 to 64 characters, got 65");
  assertBadName(parseRoom("@" + "x".repeat(33)), "expected 1 to 32 characters, got 33");
});
