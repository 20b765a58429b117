/**
 * The second half of `deno task web`. The first, `deno bundle`, leaves a script, a style sheet and
 * lazily fetched chunks in static/app/.bundle/. This gives the files that have none a hash of their
 * content in the name, so that all may be cached for ever, and writes static/index.html, which names
 * them and holds no inline script or style. The server compresses.
 */

const STATIC = new URL("../static/", import.meta.url);
const APP = new URL("app/", STATIC);
const BUNDLE = new URL(".bundle/", APP);
const PAGE = new URL("./index.html", import.meta.url);
/** The names as the bundler writes them and the page says them. */
const ENTRIES = ["main.js", "main.css"] as const;

async function publish(): Promise<void> {
  const published = new Set([".bundle"]);
  let page = await Deno.readTextFile(PAGE);
  for await (const { name, isFile } of Deno.readDir(BUNDLE)) {
    if (!isFile) continue;
    const content = await Deno.readFile(new URL(name, BUNDLE));
    const isEntry = ENTRIES.some((entry) => entry === name);
    const final = isEntry ? await hashed(name, content) : name;
    await Deno.writeFile(new URL(final, APP), content);
    published.add(final);
    if (isEntry) page = replaceOnce(page, `"app/${name}"`, `"app/${final}"`);
  }
  await Deno.writeTextFile(new URL("index.html", STATIC), page);
  await Deno.remove(BUNDLE, { recursive: true });
  for await (const { name } of Deno.readDir(APP)) {
    if (!published.has(name)) await Deno.remove(new URL(name, APP), { recursive: true });
  }
}

function replaceOnce(text: string, from: string, to: string): string {
  const parts = text.split(from);
  if (parts.length !== 2) {
    throw new Error(`web/index.html: expected ${from} once, got ${parts.length - 1} times`);
  }
  return parts.join(to);
}

/** `main.js` becomes `main-K3V5QZ2A.js`: 40 bits of SHA-256, in the bundler's own manner. */
async function hashed(name: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const hash = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte % 32]).join("");
  return name.replace(".", `-${hash}.`);
}

await publish();
