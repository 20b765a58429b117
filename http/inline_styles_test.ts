import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { fakeApp } from "./fake_app.ts";
import { inlineStyles } from "./inline_styles.ts";
import { StaticFiles } from "./static.ts";

/** `printf 'p{color:red}' | openssl dgst -sha256 -binary | base64`, and of the one with `中`. */
const RED = "'sha256-p0bF+un5yUb9MBO6xRb8kPHlY2BdpHVtLiFkDrZPF64='";
const ZH = "'sha256-DMj50z3ufRQLlBhBb7lVQ4GS5Xi0HhE1BhpmT3ERaxI='";

async function load(pages: Readonly<Record<string, string>>): Promise<StaticFiles> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(pages)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    return await StaticFiles.load(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function get(statics: StaticFiles, path: string, headers: Record<string, string> = {}) {
  const app = await fakeApp({ statics });
  const request = new Request(`http://chat.example${path}`, { headers });
  return await app(request);
}

const directives = ({ headers }: Response) => headers.get("content-security-policy")?.split("; ");

Deno.test("a style that a page holds is let in by the hash of its text, each text once", async () => {
  const files = await load({
    "index.html": "<head><style>p{color:red}</style><style>p::after{content:'中'}</style></head>",
    "index.zh.html": "<head><style>p{color:red}</style></head>",
  });
  assertEquals(inlineStyles(files).toSorted(), [RED, ZH].toSorted());
});

Deno.test("nothing but a page's own style element is let in: no attribute, no script, no other file", async () => {
  const files = await load({
    "index.html": `<p style="color:red"><script>p{color:red}</script><styles>p{}</styles>`,
    "observer.html": `<link rel="stylesheet" href="app/observer.css">`,
    "notes.txt": "<style>p{color:red}</style>",
    "main.js": "const a = '<style>p{color:red}</style>';",
  });
  assertEquals(inlineStyles(files), []);
});

Deno.test("the policy names the page's style and no other: the page and its revalidation", async () => {
  const files = await load({ "index.html": "<style>p{color:red}</style>" });
  const page = await get(files, "/");
  const again = await get(files, "/", { "if-none-match": page.headers.get("etag") ?? "" });
  assertEquals(again.status, 304);
  // What a browser kept goes on with the headers of the 304 (RFC 9111, section 3.2).
  for (const response of [page, await get(files, "/index.html"), again]) {
    const policy = directives(response) ?? [];
    assert(policy.includes(`style-src 'self' ${RED}`), policy.join("; "));
    assert(policy.includes("script-src 'self'"), policy.join("; "));
    assert(policy.includes("default-src 'none'"), policy.join("; "));
    assert(!/unsafe|nonce|style-src-/.test(policy.join("; ")), policy.join("; "));
  }
  const other = await get(await load({ "index.html": "<style>p{color:blue}</style>" }), "/");
  assertMatch(directives(other)?.find((each) => each.startsWith("style-src")) ?? "", /'sha256-/);
  assertNotEquals(directives(other), directives(page));
});

Deno.test("where no page holds a style, none is let in", async () => {
  const files = await load({ "index.html": "<p>hello" });
  assert(directives(await get(files, "/"))?.includes("style-src 'self'"));
});
