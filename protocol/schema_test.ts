import { assert, assertEquals, assertFalse } from "@std/assert";
import { Compile } from "typebox/compile";
import { EXAMPLES } from "./examples.ts";
import { protocolSchema } from "./schema.ts";

const schema = protocolSchema();

/** The published schema itself, not the definitions behind it, narrowed to one of its parts. */
function part(name: string) {
  const check = Compile({ $defs: schema.$defs, $ref: `#/$defs/${name}` });
  return (value: unknown) => check.Check(value);
}

const SAMPLES = {
  command: EXAMPLES.commands,
  reply: EXAMPLES.replies,
  event: { ...EXAMPLES.logEvents, ...EXAMPLES.liveEvents },
};

Deno.test("the published schema accepts an example of every command, reply and event", () => {
  const isLine = Compile(schema as unknown as Record<string, unknown>);
  for (const [group, samples] of Object.entries(SAMPLES)) {
    for (const [type, sample] of Object.entries(samples)) {
      assert(part(`${group}.${type}`)(sample), `${group}.${type}`);
      assert(isLine.Check(sample), `${group}.${type} as a line`);
    }
  }
  assertFalse(isLine.Check({ type: "nonsense" }));
});

Deno.test("the published schema refuses an example that lacks what it must have", () => {
  for (const [group, samples] of Object.entries(SAMPLES)) {
    for (const [type, sample] of Object.entries(samples)) {
      const { required = [] } = schema.$defs[`${group}.${type}`] as { required?: string[] };
      assert(required.includes("type"), `${group}.${type} needs its type`);
      for (const field of required) {
        const lacking = Object.fromEntries(Object.entries(sample).filter(([k]) => k !== field));
        assertFalse(part(`${group}.${type}`)(lacking), `${group}.${type} without ${field}`);
      }
    }
  }
});

Deno.test("the published schema has a part for every example, and is plain JSON", () => {
  const parts = Object.keys(schema.$defs).filter((name) => name.includes(".")).sort();
  const samples = Object.entries(SAMPLES)
    .flatMap(([group, samples]) => Object.keys(samples).map((type) => `${group}.${type}`)).sort();
  assertEquals(parts, samples);
  assertEquals(JSON.parse(JSON.stringify(schema)), schema);
});
