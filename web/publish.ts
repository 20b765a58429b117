/**
 * The second half of `deno task web`. The first, `deno bundle`, leaves a script, a style sheet and
 * lazily fetched chunks in static/app/.bundle/. This gives the files that have none a hash of their
 * content in the name, so that all may be cached for ever, and writes the pages to static/, which
 * name them and hold no script. A page that is drawn holds its style sheet, too, and is seen as soon
 * as it has come; the server lets in that text alone (http/inline_styles.ts), compresses, and picks
 * the page for `/` (http/front_page.ts).
 */
import { LANGUAGES } from "./model/languages.ts";
import { FRAMES } from "./model/themes.ts";

const STATIC = new URL("../static/", import.meta.url);
const APP = new URL("app/", STATIC);
const BUNDLE = new URL(".bundle/", APP);
/** In the pages themselves: one request less. A browser may still ask for it before it has read them. */
const ICON = "favicon.svg";
/** Where a page says what its body begins with, and in which language. */
const BODY = '<div id="page"></div>';
const LANG = '<html lang="en">';
const SCHEME = 'name="color-scheme" content="light dark"';
const FRAME = `name="theme-color" content="${FRAMES.light}"`;

interface Page {
  readonly name: string;
  readonly from: string;
  /** The bundler's names of what it uses. */
  readonly uses: readonly string[];
  /** What it will fetch soon: a bundler's name without its hash. */
  readonly soon?: string;
  readonly drawn?: { readonly tag: string; readonly html: string };
  /** Whether those who chose a theme get one of their own. */
  readonly isThemed?: true;
}

async function pages(): Promise<readonly Page[]> {
  // Deno would keep the page's settings for the next time.
  Reflect.deleteProperty(globalThis, "localStorage");
  const { prerenderEntry } = await import("./prerender.tsx");
  const chat = { from: "index.html", uses: ["main.js", "main.css"], isThemed: true } as const;
  const pages: Page[] = [
    { ...chat, name: "inside.html", soon: "chat_page" },
    { name: "observer.html", from: "observer.html", uses: ["observer.js", "observer.css"] },
  ];
  for (const language of LANGUAGES) {
    const name = language === "en" ? "index.html" : `index.${language}.html`;
    const drawn = await prerenderEntry(language);
    pages.push({ ...chat, name, drawn, ...language === "en" ? {} : { soon: language } });
  }
  return pages;
}

async function publish(pages: readonly Page[]): Promise<void> {
  const published = new Set([".bundle"]);
  const entries = new Set(pages.flatMap(({ uses }) => uses));
  const finalNames = new Map<string, string>();
  for await (const { name, isFile } of Deno.readDir(BUNDLE)) {
    // A chunk's own style sheet is part of its page's: no script asks for one.
    if (!isFile || name.endsWith(".css") && !entries.has(name)) continue;
    const content = await Deno.readFile(new URL(name, BUNDLE));
    const whole = onlyImport(content);
    if (whole === undefined) {
      const final = entries.has(name) ? await hashed(name, content) : name;
      await Deno.writeFile(new URL(final, APP), content);
      published.add(final);
      finalNames.set(name, final);
    } else finalNames.set(name, whole);
  }
  const icon = (await Deno.readTextFile(new URL(ICON, import.meta.url))).trim().replaceAll(
    /\s+/g,
    " ",
  );
  await Deno.writeTextFile(new URL(ICON, STATIC), icon);
  const iconHref = `data:image/svg+xml,${icon.replaceAll(/[%#<>]/g, encodeURIComponent)}`;
  for (const { name, from, uses, soon, drawn, isThemed } of pages) {
    let page = await Deno.readTextFile(new URL(from, import.meta.url));
    page = replaceOnce(from, page, `href="${ICON}"`, `href="${iconHref}"`);
    for (const use of uses) {
      const final = finalNames.get(use);
      if (final === undefined) throw new Error(`expected the bundler to make ${use}`);
      page = replaceOnce(from, page, `"app/${use}"`, `"app/${final}"`);
    }
    if (drawn) {
      page = await withStyle(from, page);
      page = replaceOnce(from, page, LANG, `<html lang="${drawn.tag}">`);
      page = replaceOnce(from, page, BODY, `<div id="page">${drawn.html}</div>`);
    }
    page = await withPreloads(page, published, soon);
    await Deno.writeTextFile(new URL(name, STATIC), page);
    for (const theme of isThemed ? ["light", "dark"] as const : []) {
      const themed = name.replace(/html$/, `${theme}.html`);
      await Deno.writeTextFile(new URL(themed, STATIC), inTheme(from, page, theme));
    }
  }
  await Deno.remove(BUNDLE, { recursive: true });
  await removeOthers(APP, published);
}

/** The style sheet itself in place of its name. */
async function withStyle(from: string, page: string): Promise<string> {
  const [link, sheet] = /<link rel="stylesheet" href="app\/([^"]+)">/.exec(page) ?? [];
  if (link === undefined || sheet === undefined) {
    throw new Error(`web/${from}: expected a style sheet`);
  }
  const style = (await Deno.readTextFile(new URL(sheet, APP))).trim();
  // The end of the element, and what means another file or text here than in a file of its own.
  const [misread] = /<\/|\r|url\((?!"?data:)/.exec(style) ?? [];
  if (misread !== undefined) throw new Error(`${sheet}: ${misread} cannot stand in a page`);
  return replaceOnce(from, page, link, `<style>${style}</style>`);
}

/** As the page's script would have it (web/browser/appearance.ts), without waiting for that. */
function inTheme(from: string, page: string, theme: "light" | "dark"): string {
  const marked = replaceOnce(from, page, "<html ", `<html data-theme="${theme}" `);
  const ground = replaceOnce(from, marked, SCHEME, `name="color-scheme" content="${theme}"`);
  return replaceOnce(from, ground, FRAME, `name="theme-color" content="${FRAMES[theme]}"`);
}

async function removeOthers(folder: URL, published: ReadonlySet<string>): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!published.has(name)) await Deno.remove(new URL(name, folder), { recursive: true });
  }
}

/** Scripts that the page's script imports at once, or soon, are fetched beside it, not after it. */
async function withPreloads(
  page: string,
  published: ReadonlySet<string>,
  soon: string | undefined,
): Promise<string> {
  const [tag, entry] = /<script type="module" src="app\/([^"]+)"><\/script>/.exec(page) ?? [];
  if (tag === undefined || entry === undefined) return page;
  const script = await Deno.readTextFile(new URL(entry, APP));
  const fetched = new Set(
    Array.from(script.matchAll(/\bfrom\s*"\.\/([^"]+)"/g), ([, name]) => name!),
  );
  if (soon !== undefined) {
    const name = [...published].find((name) => name.startsWith(`${soon}-`));
    if (name === undefined) throw new Error(`expected the bundler to make a chunk ${soon}`);
    fetched.add(name);
  }
  const links = [...fetched].filter((name) => published.has(name))
    .map((name) => `<link rel="modulepreload" href="app/${name}">`);
  return page.replace(tag, [...links, tag].join("\n    "));
}

function replaceOnce(page: string, text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`web/${page}: expected ${from} once, got ${parts.length - 1} times`);
  }
  return parts.join(to);
}

/**
 * A script that the chat's chunk imports, too, the bundler puts into a chunk of both, and leaves one
 * line in its place. The page names the chunk: a request less, and one that others waited for.
 */
function onlyImport(content: Uint8Array): string | undefined {
  return /^import"\.\/([^"]+)";\s*$/.exec(new TextDecoder().decode(content))?.[1];
}

/** `main.js` becomes `main-K3V5QZ2A.js`: 40 bits of SHA-256, in the bundler's own manner. */
async function hashed(name: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const hash = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte % 32]).join("");
  return name.replace(".", `-${hash}.`);
}

await publish(await pages());
