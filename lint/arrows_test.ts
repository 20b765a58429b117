import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import plugin from "./arrows.ts";

const root = `${join(import.meta.dirname!, "..")}/`;

function reports(file: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, root + file, source).map((each) => each.message);
}

function reported(file: string, source: string, why: string): void {
  const found = reports(file, source);
  assertEquals(found.length, 1, `${file}: ${source}\n${found.join("\n")}`);
  assertStringIncludes(found[0]!, why);
}

function allowed(file: string, ...sources: string[]): void {
  for (const source of sources) assertEquals(reports(file, source), [], `${file}: ${source}`);
}

Deno.test("protocol and transport import nothing of ours", () => {
  reported(
    "protocol/x.ts",
    `import { a } from "../store/store.ts";`,
    "protocol/x.ts imports store/store.ts: protocol does not import store",
  );
  reported("protocol/x.ts", `import type { A } from "../store/store.ts";`, "does not import");
  reported("transport/x.ts", `import type { A } from "../protocol/limits.ts";`, "does not import");
  allowed("protocol/x.ts", `import { a } from "./limits.ts"; import T from "typebox";`);
});

Deno.test("actors know the store by its contract alone and the transport's port as types only", () => {
  allowed(
    "actors/hub.ts",
    `import type { Store } from "../store/store.ts";`,
    `import { STRANGER } from "../store/store.ts";`,
    `import { encode } from "../protocol/json_codec.ts";`,
    `import { type Socket, type Frame } from "../transport/socket.ts";`,
    `type S = import("../transport/socket.ts").Socket;`,
    `export type { Socket } from "../transport/socket.ts";`,
  );
  const values = [
    `import { HIGH_WATER_BYTES } from "../transport/socket.ts";`,
    `import { HIGH_WATER_BYTES, type Socket } from "../transport/socket.ts";`,
    `import "../transport/socket.ts";`,
    `import * as port from "../transport/socket.ts";`,
    `import port from "../transport/socket.ts";`,
    `export { HIGH_WATER_BYTES } from "../transport/socket.ts";`,
    `export * from "../transport/socket.ts";`,
    `const port = await import("../transport/socket.ts");`,
  ];
  for (const source of values) reported("actors/hub.ts", source, "as types only");
  reported(
    "actors/hub.ts",
    `import type { S } from "../store/sqlite.ts";`,
    "does not import store",
  );
  reported("actors/hub.ts", `import { serve } from "../http/routes.ts";`, "does not import http");
});

Deno.test("only main picks a store and a transport", () => {
  const source =
    `import { open } from "./store/sqlite.ts"; import { a } from "./transport/native.ts";`;
  allowed("main.ts", source);
  assertEquals(reports("server.ts", source).length, 2);
});

Deno.test("the web client takes types of the protocol, and values of what needs no schema alone", () => {
  allowed(
    "web/connection/x.ts",
    `import type { Command } from "../../protocol/commands.ts";`,
    `import { PAGE_MAX } from "../../protocol/limits.ts";`,
    `import { canonical } from "../../protocol/canonical.ts";`,
  );
  reported("web/x.ts", `import { COMMANDS } from "../protocol/commands.ts";`, "as types only");
  reported("web/app/x.tsx", `import type { S } from "../../store/store.ts";`, "does not import");
});

Deno.test("nothing imports tests or bench, not even tests and bench each other", () => {
  for (const file of ["main.ts", "actors/hub.ts", "actors/hub_test.ts"]) {
    const up = file.includes("/") ? "../" : "./";
    reported(file, `import { a } from "${up}tests/x.ts";`, "nothing imports tests/");
    reported(file, `import type { A } from "${up}bench/x.ts";`, "nothing imports bench/");
  }
  reported("tests/a.ts", `import { a } from "../bench/x.ts";`, "nothing imports bench/");
  reported("bench/a.ts", `import { a } from "../tests/x.ts";`, "nothing imports tests/");
  allowed("tests/a_test.ts", `import { b } from "./b.ts"; import { s } from "../store/sqlite.ts";`);
});

Deno.test("tests may import all of the program, the program no tests and no fakes", () => {
  allowed("actors/hub_test.ts", `import { memory } from "../store/memory.ts";`);
  allowed("actors/hub_test.ts", `import { FakeClock } from "./fake_clock.ts";`);
  reported("actors/hub.ts", `import { FakeClock } from "./fake_clock.ts";`, "only tests import");
  reported("store/sqlite.ts", `import { s } from "./suite_test.ts";`, "only tests import");
});

Deno.test("a part that is not in the table is reported", () => {
  reported("utils/x.ts", `import { a } from "../store/store.ts";`, "not in the table");
});

Deno.test("deno lint runs the plugin", async () => {
  const manifest = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  assert(manifest.lint.plugins.includes("./lint/arrows.ts"));
});
