import { assertThrows } from "@std/assert";
import type { Said } from "./chat_client.ts";
import { Ledger } from "./ledger.ts";

const message = (seq: number, key: string): Said => ({ type: "message", seq, key, from: "Ada" });

Deno.test("the ledger finds what is lost, doubled, moved or out of order", () => {
  const ledger = new Ledger();
  ledger.saw("lobby", message(1, "Ada#1"));
  ledger.acknowledged("lobby", "Ada#2", 2);
  const kept = [message(1, "Ada#1"), message(2, "Ada#2"), message(4, "Ada#3")];
  ledger.check("lobby", kept);
  const [one, two, three] = kept as [Said, Said, Said];
  const check = (...messages: Said[]) => () => ledger.check("lobby", messages);
  assertThrows(check(two, three), Error, "was seen as");
  assertThrows(check(one, three), Error, "is lost");
  assertThrows(check(one, { ...two, seq: 3 }), Error, "is lost");
  assertThrows(check(...kept, message(5, "Ada#2")), Error, "there twice");
  assertThrows(check(one, two, message(3, "Ada#5"), message(4, "Ada#4")), Error, "comes after");
  assertThrows(() => ledger.saw("lobby", message(1, "Bob#1")), Error, 'is "message');
  assertThrows(() => ledger.acknowledged("lobby", "Ada#2", 3), Error, "was acknowledged as 2");
});
