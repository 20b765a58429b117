import { assertEquals } from "@std/assert";
import { complete } from "./completion.ts";
import { Composing } from "./composing.ts";
import { placeOf } from "../route.ts";
import { mentions } from "../../model/mentions.ts";

Deno.test("keys of an input method are its own: while composing, as 229, and right after the end", () => {
  let now = 1_000;
  const composing = new Composing(() => now);
  const enter = { isComposing: false, keyCode: 13 };
  assertEquals(composing.owns(enter), false);
  assertEquals(composing.owns({ isComposing: true, keyCode: 13 }), true);
  assertEquals(composing.owns({ isComposing: false, keyCode: 229 }), true);
  composing.ended();
  now += 5;
  assertEquals(composing.owns(enter), true);
  assertEquals(composing.owns(enter), false);
  composing.ended();
  now += 500;
  assertEquals(composing.owns(enter), false);
});

Deno.test("Tab completes names, with a colon at the beginning, and rooms", () => {
  const names = ["Alice", "albert", "Bob", "陈伟"];
  const of = (text: string) => complete(text, text.length, names, ["lobby", "dev"]);
  assertEquals(of("al"), { from: 0, candidates: ["@albert: ", "@Alice: "] });
  assertEquals(of("hi @b"), { from: 3, candidates: ["@Bob "] });
  assertEquals(of("@陈"), { from: 0, candidates: ["@陈伟: "] });
  assertEquals(of("in #lo"), { from: 3, candidates: ["#lobby "] });
  assertEquals(of("zz"), undefined);
  assertEquals(of("hello "), undefined);
});

Deno.test("a name is mentioned as a whole word, in any case", () => {
  for (
    const text of ["@ada", "hi @Ada!", "(@ADA)", "@ada: x", "@ada. Next", "你好@ada", "@ada你好"]
  ) {
    assertEquals(mentions(text, "Ada"), true, text);
  }
  for (const text of ["ada", "@adam", "x@ada", "@ada.b", "@ada-b"]) {
    assertEquals(mentions(text, "Ada"), false, text);
  }
});

Deno.test("the address names a room, or a message in it", () => {
  assertEquals(placeOf("#lobby"), { room: "lobby", seq: undefined });
  assertEquals(placeOf("#%40bob/42"), { room: "@bob", seq: 42 });
  assertEquals(placeOf("#@bob"), { room: "@bob", seq: undefined });
  assertEquals(placeOf("#%E0%A4%A"), undefined);
  assertEquals(placeOf(""), undefined);
  assertEquals(placeOf("#a/b"), undefined);
});
