import { type ShjLanguageData, type ShjToken, tokenizeWith } from "@speed-highlight/core/tokenize";
import {
  asm,
  bash,
  c,
  css,
  csv,
  diff,
  docker,
  git,
  go,
  html,
  ini,
  java,
  js,
  jsdoc,
  json,
  log,
  lua,
  make,
  md,
  pl,
  plain,
  py,
  regex,
  rs,
  sql,
  todo,
  toml,
  ts,
  uri,
  xml,
  yaml,
} from "@speed-highlight/core/languages";

/**
 * Colours for code. A chunk of its own, fetched with the first block of code that names its
 * language; plain data only, so that it shares nothing with the page's other chunks.
 */

/** A stretch of code and what it is. */
export interface Token {
  readonly text: string;
  readonly type: ShjToken | undefined;
}

/**
 * Patterns take time by the square of what they match, seconds for a line of 16,000 characters that
 * was made for it. Within these bounds the worst that was found takes 29 ms.
 */
const CODE_MAX_CHARS = 4_096;
const LINE_MAX_CHARS = 400;

/** What else people write after the fence. */
const ALIASES: ReadonlyMap<string, string> = new Map(Object.entries({
  "c++": "c",
  cpp: "c",
  cs: "java",
  csharp: "java",
  dockerfile: "docker",
  golang: "go",
  htm: "html",
  javascript: "js",
  jsonc: "json",
  jsx: "js",
  kotlin: "java",
  kt: "java",
  makefile: "make",
  markdown: "md",
  mjs: "js",
  patch: "diff",
  perl: "pl",
  python: "py",
  rust: "rs",
  sh: "bash",
  shell: "bash",
  svg: "xml",
  tsx: "ts",
  typescript: "ts",
  yml: "yaml",
  zsh: "bash",
}));
type Languages = Readonly<Record<string, ShjLanguageData>>;
const languages = {
  asm,
  bash,
  c,
  css,
  csv,
  diff,
  docker,
  git,
  go,
  html,
  ini,
  java,
  js,
  jsdoc,
  json,
  log,
  lua,
  make,
  md,
  pl,
  plain,
  py,
  regex,
  rs,
  sql,
  todo,
  toml,
  ts,
  uri,
  xml,
  yaml,
  // Their types say `sub?: undefined` where exact optional properties want it left out.
} as unknown as Languages;

/** The same text in tokens; undefined: in no language that is known, or too much of it. */
export function highlight(language: string, code: string): readonly Token[] | undefined {
  const lower = language.toLowerCase();
  const name = ALIASES.get(lower) ?? lower;
  if (!Object.hasOwn(languages, name) || !isHandy(code)) return undefined;
  const tokens: Token[] = [];
  tokenizeWith(code, languages[name]!, (text, type) => tokens.push({ text, type }), { languages });
  // A grammar that loses a character would change what somebody said.
  return tokens.map(({ text }) => text).join("") === code ? tokens : undefined;
}

function isHandy(code: string): boolean {
  return code.length <= CODE_MAX_CHARS &&
    code.split("\n").every((line) => line.length <= LINE_MAX_CHARS);
}
