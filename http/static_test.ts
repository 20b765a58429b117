import { assert, assertEquals } from "@std/assert";
import { StaticFiles } from "./static.ts";

const SCRIPT = "const a = 1;\n".repeat(200);

async function withFiles(
  test: (
    get: (path: string, headers?: HeadersInit, method?: string) => Promise<Response | undefined>,
  ) => Promise<void>,
) {
  const outside = await Deno.makeTempDir();
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${outside}/secret.txt`, "secret");
    await Deno.writeTextFile(`${folder}/index.html`, "<p>hello");
    await Deno.writeTextFile(`${folder}/observer.html`, "<p>actors");
    await Deno.writeTextFile(`${folder}/favicon.svg`, "<svg/>");
    await Deno.writeTextFile(`${folder}/.hidden`, "hidden");
    await Deno.mkdir(`${folder}/app`);
    await Deno.writeTextFile(`${folder}/app/main-3F2ACN7B.js`, SCRIPT);
    await Deno.writeTextFile(`${folder}/plain.js`, SCRIPT);
    await Deno.symlink(`${outside}/secret.txt`, `${folder}/link.txt`);
    await Deno.symlink(outside, `${folder}/linked`);
    const files = await StaticFiles.load(folder);
    await test((path, headers = {}, method = "GET") =>
      files.respond(new Request(`http://chat.example${path}`, { headers, method }))
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(outside, { recursive: true });
  }
}

Deno.test("no path leads out of the folder, through a link or to a hidden file", async () => {
  await withFiles(async (get) => {
    const paths = [
      "/..%2f..%2fetc/passwd",
      "/..%2Findex.html",
      "/app/..%2findex.html",
      "/app%5c..%5cindex.html",
      "/index.html%00",
      "/index.html%00.js",
      "/%00",
      "//etc/passwd",
      "/app//main-3F2ACN7B.js",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/link.txt",
      "/linked/secret.txt",
      "/.hidden",
      "/app",
      "/app/",
      "/__proto__",
      "/constructor",
    ];
    for (const path of paths) assertEquals(await get(path), undefined, path);
  });
});

Deno.test("a page without its ending is found, and the icon that browsers ask for unasked", async () => {
  await withFiles(async (get) => {
    const icon = await get("/favicon.ico");
    assertEquals(await icon?.text(), "<svg/>");
    assertEquals(icon?.headers.get("content-type"), "image/svg+xml; charset=utf-8");
    const page = await get("/observer");
    assertEquals(await page?.text(), "<p>actors");
    assertEquals(page?.headers.get("content-type"), "text/html; charset=utf-8");
  });
});

Deno.test("a name with its content's hash is kept for ever, any other asked about each time", async () => {
  await withFiles(async (get) => {
    const hashed = await get("/app/main-3F2ACN7B.js");
    assertEquals(hashed?.headers.get("cache-control"), "public, max-age=31536000, immutable");
    assertEquals(hashed?.headers.get("content-type"), "text/javascript; charset=utf-8");
    const plain = await get("/plain.js");
    assertEquals(plain?.headers.get("cache-control"), "no-cache");
    const tag = plain?.headers.get("etag") ?? "";
    for (const match of [tag, `"other", ${tag}`, `W/${tag}`]) {
      const again = await get("/plain.js", { "if-none-match": match });
      assertEquals(again?.status, 304);
      assertEquals(again?.headers.get("etag"), tag);
      assertEquals(await again?.text(), "");
    }
    assertEquals((await get("/plain.js", { "if-none-match": '"other"' }))?.status, 200);
  });
});

Deno.test("what compresses is sent compressed to those who take it, with a tag of its own", async () => {
  await withFiles(async (get) => {
    const cases: [accept: string, encoding: string | null][] = [
      ["", null],
      ["identity", null],
      ["gzip, deflate, br", "br"],
      ["gzip, deflate, br;q=0", "gzip"],
      ["BR;q=0.5", "br"],
      ["gzip;q=0.0, br;q=0", null],
      ["brotli", null],
    ];
    const tags = new Map<string | null, string | null>();
    for (const [accept, encoding] of cases) {
      const response = await get("/plain.js", { "accept-encoding": accept });
      assertEquals(response?.headers.get("content-encoding"), encoding, accept);
      assertEquals(response?.headers.get("vary"), "accept-encoding");
      const tag = response?.headers.get("etag") ?? null;
      assertEquals(tags.get(encoding) ?? tag, tag, "one tag for one encoding");
      tags.set(encoding, tag);
      const bytes = await response?.bytes();
      assertEquals(response?.headers.get("content-length"), String(bytes?.length));
      if (encoding === null) assertEquals(new TextDecoder().decode(bytes), SCRIPT);
      else assert(bytes !== undefined && bytes.length < SCRIPT.length / 2);
    }
    assertEquals(new Set(tags.values()).size, 3);
    const zipped = await get("/plain.js", { "accept-encoding": "gzip" });
    const stream = zipped?.body?.pipeThrough(new DecompressionStream("gzip"));
    assertEquals(await new Response(stream).text(), SCRIPT);
    const small = await get("/index.html", { "accept-encoding": "br" });
    assertEquals(small?.headers.get("content-encoding"), null);
  });
});

Deno.test("HEAD has the headers of GET and no body", async () => {
  await withFiles(async (get) => {
    const head = await get("/plain.js", {}, "HEAD");
    assertEquals(head?.headers.get("content-length"), String(SCRIPT.length));
    assertEquals(await head?.text(), "");
  });
});
