import { flagOf, type Option, OPTIONS, variableOf } from "./options.ts";

const USAGE: readonly (readonly [string, string])[] = [
  ["hubbub [start]", "serve"],
  ["hubbub check [--repair]", "walk through the store, say what is wrong, repair it"],
  ["hubbub admin grant NAME", "make an account an administrator"],
  ["hubbub admin revoke NAME", "and take it back"],
  ["hubbub backup FILE", "copy the store into a new file, also while it is served"],
  ["hubbub secrets rotate", "a new key signs tokens; those of the former stay good"],
  ["hubbub migrate FROM TO", "copy a store, also file to MySQL and back; - is --store's"],
  ["hubbub migrate FROM TO --dry-run", "only say whether that can be done, and how much it is"],
];

const OTHERS: readonly (readonly [string, string])[] = [
  ["-h, --help", "this text"],
  ["--version", "which Hubbub this is"],
];

/** The help, made of the option table, at most 100 columns wide. */
export function helpText(): string {
  const options = Object.entries(OPTIONS).map(([key, option]) => describe(key, option));
  return [
    "Hubbub, a chat server.",
    "",
    ...table(USAGE),
    "",
    "Options, each also read from the variable named under it; the option wins.",
    "",
    ...table([...options.flat(), ...OTHERS]),
  ].join("\n");
}

function describe(key: string, option: Option<unknown>): (readonly [string, string])[] {
  const notes = [variableOf(key)];
  if (option.fallback !== undefined) notes.push(`default ${option.fallback}`);
  if (option.repeatable) notes.push("may be repeated; there, commas");
  return [[`${flagOf(key)} ${option.value}`, option.about], ["", notes.join(", ")]];
}

function table(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
