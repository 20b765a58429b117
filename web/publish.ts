/**
 * The second half of `deno task web`. The first, `deno bundle`, leaves a script, a style sheet and
 * lazily fetched chunks in static/app/.bundle/. This gives the files that have none a hash of their
 * content in the name, so that all may be cached for ever, and writes the pages to static/, which
 * name them and hold no inline script or style. The server compresses.
 */

const STATIC = new URL("../static/", import.meta.url);
const APP = new URL("app/", STATIC);
const BUNDLE = new URL(".bundle/", APP);
/** Pages, and of each the names as the bundler writes them and the page says them. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  "index.html": ["main.js", "main.css"],
  "observer.html": ["observer.js", "observer.css"],
};

async function publish(): Promise<void> {
  const published = new Set([".bundle"]);
  const entries = new Set(Object.values(PAGES).flat());
  const finalNames = new Map<string, string>();
  for await (const { name, isFile } of Deno.readDir(BUNDLE)) {
    if (!isFile) continue;
    const content = await Deno.readFile(new URL(name, BUNDLE));
    const final = entries.has(name) ? await hashed(name, content) : name;
    await Deno.writeFile(new URL(final, APP), content);
    published.add(final);
    finalNames.set(name, final);
  }
  for (const [name, uses] of Object.entries(PAGES)) {
    let page = await Deno.readTextFile(new URL(name, import.meta.url));
    for (const use of uses) {
      const final = finalNames.get(use);
      if (final === undefined) throw new Error(`expected the bundler to make ${use}`);
      page = replaceOnce(name, page, `"app/${use}"`, `"app/${final}"`);
    }
    await Deno.writeTextFile(new URL(name, STATIC), await withPreloads(page, published));
  }
  await Deno.remove(BUNDLE, { recursive: true });
  for await (const { name } of Deno.readDir(APP)) {
    if (!published.has(name)) await Deno.remove(new URL(name, APP), { recursive: true });
  }
}

/** Scripts that the page's script imports at once are fetched beside it, not after it. */
async function withPreloads(page: string, published: ReadonlySet<string>): Promise<string> {
  const [tag, entry] = /<script type="module" src="app\/([^"]+)"><\/script>/.exec(page) ?? [];
  if (tag === undefined || entry === undefined) return page;
  const script = await Deno.readTextFile(new URL(entry, APP));
  const imported = new Set(
    Array.from(script.matchAll(/\bfrom\s*"\.\/([^"]+)"/g), ([, name]) => name!),
  );
  const links = [...imported].filter((name) => published.has(name))
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

/** `main.js` becomes `main-K3V5QZ2A.js`: 40 bits of SHA-256, in the bundler's own manner. */
async function hashed(name: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const hash = Array.from(digest.subarray(0, 8), (byte) => alphabet[byte % 32]).join("");
  return name.replace(".", `-${hash}.`);
}

await publish();
