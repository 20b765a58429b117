import { assertEquals } from "@std/assert";
import { fakeApp } from "./fake_app.ts";
import { StaticFiles } from "./static.ts";

const PAGES = { "index.html": "English", "index.zh.html": "Chinese", "inside.html": "chat" };

async function withPages(
  pages: Readonly<Record<string, string>>,
  test: (get: (headers: Record<string, string>) => Promise<Response>) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(pages)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const app = await fakeApp({ statics: await StaticFiles.load(folder) });
    await test((headers) =>
      app(
        new Request("http://chat.example:8080/", {
          headers: { host: "chat.example:8080", ...headers },
        }),
      )
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a stranger gets the page in the language that the browser asks for first", async () => {
  await withPages(PAGES, async (get) => {
    const cases: [asked: string | undefined, page: string][] = [
      ["zh-CN,zh;q=0.9,en;q=0.8", "Chinese"],
      ["ZH", "Chinese"],
      [" zh-Hant-TW", "Chinese"],
      ["en-GB,zh;q=0.9", "English"],
      ["fr,zh;q=0.9", "English"],
      ["zha", "English"],
      ["*", "English"],
      ["", "English"],
      ["../inside", "English"],
      [undefined, "English"],
    ];
    for (const [asked, page] of cases) {
      const response = await get(asked === undefined ? {} : { "accept-language": asked });
      assertEquals(await response.text(), page, String(asked));
    }
  });
});

Deno.test("who has come in before gets the page that fetches the chat, whatever the language", async () => {
  await withPages(PAGES, async (get) => {
    const page = async (cookie: string) =>
      await (await get({ cookie, "accept-language": "zh" })).text();
    assertEquals(await page("hubbub-8080=token"), "chat");
    assertEquals(await page("hubbub-8080="), "Chinese");
    assertEquals(await page("hubbub-9090=of-another-server"), "Chinese");
    assertEquals(await page("other=token"), "Chinese");
  });
});

Deno.test("whoever chose a theme gets their page in it, where there is one", async () => {
  const themed = {
    ...PAGES,
    "index.dark.html": "English, dark",
    "index.zh.dark.html": "Chinese, dark",
    "inside.dark.html": "chat, dark",
  };
  await withPages(themed, async (get) => {
    const page = async (cookie: string, language = "en") =>
      await (await get({ cookie, "accept-language": language })).text();
    assertEquals(await page("hubbub-theme=dark"), "English, dark");
    assertEquals(await page("hubbub-theme=dark", "fr"), "English, dark");
    assertEquals(await page("hubbub-theme=dark", "zh"), "Chinese, dark");
    assertEquals(await page("hubbub-8080=token; hubbub-theme=dark"), "chat, dark");
    for (const other of ["light", "system", "", "dark.", "../secret", "DARK"]) {
      assertEquals(await page(`hubbub-theme=${other}`, "zh"), "Chinese", other);
    }
  });
});

Deno.test("what is kept of the first page is shown to nobody whom another one is for", async () => {
  await withPages(PAGES, async (get) => {
    const chinese = await get({ "accept-language": "zh" });
    assertEquals(chinese.headers.get("vary"), "accept-language, cookie");
    assertEquals(chinese.headers.get("cache-control"), "no-cache");
    await chinese.body?.cancel();
    const tag = chinese.headers.get("etag") ?? "";
    const again = await get({ "accept-language": "zh", "if-none-match": tag });
    assertEquals(again.status, 304);
    assertEquals(again.headers.get("vary"), "accept-language, cookie");
    const english = await get({ "accept-language": "en", "if-none-match": tag });
    assertEquals(await english.text(), "English");
  });
});

Deno.test("a folder with one page shows that one, and an empty one has none", async () => {
  await withPages({ "index.html": "all" }, async (get) => {
    const response = await get({ cookie: "hubbub-8080=token", "accept-language": "zh" });
    assertEquals(await response.text(), "all");
  });
  await withPages({}, async (get) => assertEquals((await get({})).status, 404));
});
