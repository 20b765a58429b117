import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "./commands.ts";
import { describeSchema, describeValue, type SchemaLike } from "./describe.ts";

const fields = COMMANDS.create.properties as Record<string, SchemaLike>;

Deno.test("a schema is described by its type and bounds", () => {
  assertEquals(describeSchema(fields.room ?? {}), "a string of 1 to 65 characters");
  assertEquals(describeSchema(fields.title ?? {}), "a string of at most 100 characters");
  assertEquals(describeSchema(fields.kind ?? {}), 'one of "public", "group"');
  assertEquals(describeSchema(fields.id ?? {}), "a string of at most 64 characters or an integer");
  assertEquals(
    describeSchema(fields.members ?? {}),
    "an array of at most 100, each a string of 1 to 33 characters",
  );
  assertEquals(describeSchema(COMMANDS.history.properties.limit), "an integer, 1 to 200");
  assertEquals(describeSchema(COMMANDS.edit.properties.seq), "an integer, at least 0");
  assertEquals(
    describeSchema(COMMANDS.role.properties.role),
    'one of "owner", "moderator", "member"',
  );
  assertEquals(describeSchema(COMMANDS.react.properties.on), "true or false");
});

Deno.test("a value is described on one short line, whatever it is", () => {
  for (const value of [undefined, null, 1.5, true, "a\nb", "x".repeat(9999), [1, 2], { a: 1 }]) {
    const text = describeValue(value);
    assert(text.length < 90 && !text.includes("\n"), text);
  }
  assertEquals(describeValue("a\nb"), String.raw`"a\nb"`);
  assertEquals(describeValue("😀".repeat(99)), `99 characters, "${"😀".repeat(20)}" …`);
  assertEquals(describeValue([1, 2]), "an array of 2");
});
