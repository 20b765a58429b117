import type Type from "typebox";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";
import { isPlainText, NOT_PLAIN } from "../protocol/content.ts";
import {
  describeSchema,
  describeSecret,
  describeValue,
  type SchemaLike,
} from "../protocol/describe.ts";
import { Refusal } from "../protocol/errors.ts";

/** Checks what came against a flat object's schema; answers the fields it names and no others. */
export type Check<S extends Type.TObject> = (value: unknown) => Static<S>;

type Fields = Record<string, unknown>;

/** Throws `bad_command` that says which field was expected to be what and what came. */
export function checkFor<S extends Type.TObject>(schema: S): Check<S> {
  const compiled = Compile(schema);
  const names = Object.keys(schema.properties);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Refusal("bad_command", `expected a JSON object, got ${describeValue(value)}`);
    }
    const fields: Fields = {};
    for (const name of names) {
      const field = (value as Fields)[name];
      if (field !== undefined) fields[name] = field;
    }
    if (!compiled.Check(fields)) throw new Refusal("bad_command", explain());
    for (const name of names) {
      const field = fields[name];
      if (typeof field === "string" && !isPlainText(field)) {
        throw new Refusal("bad_command", `${name}: ${NOT_PLAIN}`);
      }
    }
    return fields as Static<S>;

    function explain(): string {
      const fault = compiled.Errors(fields)[0];
      const name = fault?.keyword === "required"
        ? fault.params.requiredProperties[0] ?? ""
        : fault?.instancePath.slice(1).split("/")[0] ?? "";
      const expected = (schema.properties as Record<string, SchemaLike>)[name] ?? {};
      const got = expected.writeOnly ? describeSecret : describeValue;
      return `${name}: expected ${describeSchema(expected)}, got ${got(fields[name])}`;
    }
  };
}

/** A query string's values as the schema has them: integers become numbers, the rest stays text. */
export function queryFields(query: URLSearchParams, schema: Type.TObject): Fields {
  const fields: Fields = {};
  for (const [name, field] of Object.entries(schema.properties as Record<string, SchemaLike>)) {
    const text = query.get(name);
    if (text === null) continue;
    fields[name] = field.type === "integer" && /^\d{1,16}$/.test(text) ? Number(text) : text;
  }
  return fields;
}
