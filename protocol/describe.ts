/**
 * JSON Schema and JSON values in a few words, for error messages and for the protocol document.
 * Knows the parts of JSON Schema that commands.ts and events.ts use.
 */

/** The keywords read here; typebox's schemas are such objects. */
export interface SchemaLike {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly items?: SchemaLike;
  readonly anyOf?: readonly SchemaLike[];
  readonly properties?: Readonly<Record<string, SchemaLike>>;
  readonly required?: readonly string[];
  readonly writeOnly?: boolean;
  readonly patternProperties?: Readonly<Record<string, SchemaLike>>;
}

/** What is expected, e.g. "a string of 1 to 64 characters" or "one of "public", "group"". */
export function describeSchema(schema: SchemaLike): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const values = schema.enum ?? constants(schema.anyOf);
  if (values !== undefined) {
    return "one of " + values.map((value) => JSON.stringify(value)).join(", ");
  }
  if (schema.anyOf !== undefined) return schema.anyOf.map(describeSchema).join(" or ");
  switch (schema.type) {
    case "string": {
      const length = range(schema.minLength, schema.maxLength);
      return length === "" ? "a string" : `a string of ${length} characters`;
    }
    case "integer": {
      const size = range(bound(schema.minimum), bound(schema.maximum));
      return size === "" ? "an integer" : `an integer, ${size}`;
    }
    case "boolean":
      return "true or false";
    case "array": {
      const length = range(undefined, schema.maxItems);
      const each = schema.items === undefined ? "" : `, each ${describeSchema(schema.items)}`;
      return (length === "" ? "an array" : `an array of ${length}`) + each;
    }
    default:
      return "an object";
  }
}

function constants(options: readonly SchemaLike[] | undefined): unknown[] | undefined {
  return options?.every((option) => option.const !== undefined)
    ? options.map((option) => option.const)
    : undefined;
}

/** The ends of the safe integers say nothing to a reader. */
function bound(value: number | undefined): number | undefined {
  return value !== undefined && Number.isSafeInteger(value) &&
      Math.abs(value) < Number.MAX_SAFE_INTEGER
    ? value
    : undefined;
}

function range(from: number | undefined, to: number | undefined): string {
  if (from !== undefined && to !== undefined) return `${from} to ${to}`;
  if (from !== undefined) return `at least ${from}`;
  return to === undefined ? "" : `at most ${to}`;
}

const SHOWN_UNITS = 40;

/** What came, short and on one line whatever it is. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string": {
      if (value.length <= SHOWN_UNITS) return JSON.stringify(value);
      return `${countChars(value)} characters, ${JSON.stringify(value.slice(0, SHOWN_UNITS))} …`;
    }
    case "number":
    case "boolean":
      return String(value);
    case "undefined":
      return "nothing";
    default:
      if (value === null) return "null";
      return Array.isArray(value) ? `an array of ${value.length}` : "an object";
  }
}

/** As `describeValue`, of what may not be shown to who looks over a shoulder, or stand in a log. */
export function describeSecret(value: unknown): string {
  if (typeof value === "string") return `${countChars(value)} characters`;
  return typeof value === "number" ? "a number" : describeValue(value);
}

/** Characters as JSON Schema counts them: code points. */
function countChars(text: string): number {
  let chars = 0;
  for (const _ of text) chars++;
  return chars;
}
