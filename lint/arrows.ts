import { dirname, join, relative } from "node:path";

/**
 * Who may import whom, as a plugin of `deno lint`. The table is the architecture
 * (docs/architecture.md, "The arrows"): an import it does not name is reported where it is written.
 */

/** "types": `import type` only, so that nothing of it runs. A list: values from these files only. */
type Reach = "all" | "types" | readonly string[];
type Arrows = Readonly<Record<string, Readonly<Record<string, Reach>>>>;

/** From a part to the parts, or single files, it may import. A part may always import itself. */
const ARROWS: Arrows = {
  protocol: {},
  transport: {},
  logging: {},
  lint: {},
  /** Real MariaDB, or MySQL, and Redis that tests and the bench start; the program never does. */
  backends: {},
  /** Programs that write reference pages from what they describe. */
  docs: { protocol: "all" },
  configuration: { protocol: "all", "transport/choose.ts": "all", "deno.json": "all" },
  store: { protocol: "all" },
  // The contract itself is types, and the constants and errors that belong to them.
  actors: { protocol: "all", "store/store.ts": "all", "transport/socket.ts": "types" },
  /** The bus between nodes. */
  redis: { actors: "types" },
  metrics: { actors: "types" },
  /** Counts and writes down what the parts tell of. */
  witness: {
    metrics: "all",
    logging: "all",
    actors: "types",
    protocol: "types",
    entrance: "types",
  },
  accounts: { protocol: "all", "store/store.ts": "types" },
  http: {
    protocol: "all",
    accounts: "all",
    logging: "all",
    actors: "types",
    metrics: "types",
    "store/store.ts": "types",
    "transport/socket.ts": "types",
  },
  entrance: {
    protocol: "all",
    accounts: "all",
    actors: "all",
    http: "all",
    "transport/socket.ts": "types",
  },
  /** Parts of the server that it puts together. */
  serving: {
    witness: "types",
    protocol: "all",
    accounts: "all",
    actors: "all",
    "store/store.ts": "types",
  },
  server: {
    serving: "all",
    entrance: "all",
    witness: "all",
    metrics: "all",
    protocol: "all",
    accounts: "all",
    http: "all",
    actors: "all",
    logging: "all",
    configuration: "types",
    "store/store.ts": "types",
    "transport/socket.ts": "types",
  },
  maintenance: {
    protocol: "all",
    accounts: "all",
    configuration: "types",
    "store/store.ts": "types",
  },
  /** Of two stores, which only their names tell apart. */
  migration: { store: "all", accounts: "all", configuration: "types" },
  main: {
    server: "all",
    serving: "types",
    maintenance: "all",
    migration: "all",
    "actors/clock.ts": "all",
    store: "all",
    redis: "all",
    transport: "all",
    configuration: "all",
    logging: "all",
    metrics: "all",
    witness: "all",
    accounts: "all",
    protocol: "all",
  },
  // Values of what needs no schemas, so that those stay out of the bundle.
  web: { protocol: ["limits.ts", "errors.ts", "canonical.ts", "rules.ts"] },
};

/** What tests and measures the program may import all of it; the program never imports them. */
const OUTSIDE = new Set(["tests", "bench"]);

const ROOT = join(import.meta.dirname!, "..");

/** Why `from` may not import `to` (paths from the root of the tree); undefined when it may. */
export function forbidden(from: string, to: string, typeOnly: boolean): string | undefined {
  const importer = partOf(from), imported = partOf(to);
  if (OUTSIDE.has(imported) && importer !== imported) return `nothing imports ${imported}/`;
  if (isTest(from) || OUTSIDE.has(importer)) return undefined;
  if (isTest(to)) return "only tests import tests and what is made for them";
  if (importer === imported) return undefined;
  const arrows = ARROWS[importer];
  if (!arrows) return `${importer} is not in the table of lint/arrows.ts`;
  const reach = arrows[to] ?? arrows[imported];
  if (reach === undefined) return `${importer} does not import ${imported}`;
  if (reach === "all" || typeOnly) return undefined;
  if (reach === "types") return `${importer} imports ${imported} as types only`;
  return reach.includes(to.slice(imported.length + 1))
    ? undefined
    : `${importer} imports ${imported} as types only, but for ${reach.join(" and ")}`;
}

/** The folder at the root, or the name of a file there: "store", "main". */
function partOf(path: string): string {
  const [top = "", ...below] = path.split("/");
  return below.length > 0 || top === "deno.json" ? top : top.replace(/(_test)?\.tsx?$/, "");
}

function isTest(path: string): boolean {
  return /_test\.tsx?$|(^|\/)fake_[^/]*$/.test(path);
}

/** The path from the root of the tree; undefined outside it. */
function inTree(path: string): string | undefined {
  const from = relative(ROOT, path).replaceAll("\\", "/");
  return from.startsWith("..") ? undefined : from;
}

function isTypeOnly(
  declaration: Deno.lint.ImportDeclaration | Deno.lint.ExportNamedDeclaration,
): boolean {
  if (declaration.type === "ExportNamedDeclaration") {
    return declaration.exportKind === "type" ||
      (declaration.specifiers.length > 0 &&
        declaration.specifiers.every((each) => each.exportKind === "type"));
  }
  return declaration.importKind === "type" ||
    (declaration.specifiers.length > 0 &&
      declaration.specifiers.every((each) =>
        each.type === "ImportSpecifier" && each.importKind === "type"
      ));
}

/** What a literal, or the type of one, stands for. */
function literal(node: Deno.lint.Expression | Deno.lint.TypeNode): unknown {
  if (node.type === "TSLiteralType") return literal(node.literal);
  return node.type === "Literal" ? node.value : undefined;
}

const plugin: Deno.lint.Plugin = {
  name: "hubbub",
  rules: {
    arrows: {
      create(context) {
        const { filename } = context;
        const from = inTree(filename);
        if (from === undefined) return {};
        const look = (node: Deno.lint.Node, specifier: unknown, typeOnly: boolean) => {
          if (typeof specifier !== "string" || !/^\.{1,2}\//.test(specifier)) return;
          const to = inTree(join(dirname(filename), specifier));
          const why = to === undefined ? undefined : forbidden(from, to, typeOnly);
          if (why !== undefined) context.report({ node, message: `${from} imports ${to}: ${why}` });
        };
        return {
          ImportDeclaration: (node) => look(node, node.source.value, isTypeOnly(node)),
          ExportNamedDeclaration: (node) => look(node, node.source?.value, isTypeOnly(node)),
          ExportAllDeclaration: (node) => look(node, node.source.value, node.exportKind === "type"),
          ImportExpression: (node) => look(node, literal(node.source), false),
          TSImportType: (node) => look(node, literal(node.argument), true),
        };
      },
    },
  },
};

export default plugin;
