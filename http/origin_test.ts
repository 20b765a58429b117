import { assertEquals } from "@std/assert";
import { mayChange, originAllowed, type OwnOrigin, ownOrigin } from "./origin.ts";

const plain: OwnOrigin = { host: "chat.example:8080", scheme: undefined };
const tls: OwnOrigin = { host: "chat.example", scheme: "https" };
const listed = ["https://app.example"];

Deno.test("an origin is let in when it is the server's own, listed, or no browser's", () => {
  const cases: [origin: string | null, own: OwnOrigin, allowed: boolean][] = [
    [null, plain, true],
    ["http://chat.example:8080", plain, true],
    ["https://app.example", plain, true],
    ["http://chat.example", { host: "chat.example", scheme: undefined }, true],
    ["https://chat.example", { host: "chat.example", scheme: undefined }, true],
    ["https://chat.example", { host: "chat.example:443", scheme: undefined }, true],
    ["http://[::1]:8080", { host: "[::1]:8080", scheme: undefined }, true],
    ["https://chat.example", tls, true],
    // All that follows is somebody else.
    ["http://chat.example", tls, false],
    ["http://chat.example:8081", plain, false],
    ["http://chat.example", plain, false],
    ["https://chat.example.evil", tls, false],
    ["https://evilchat.example", tls, false],
    ["https://chat.example.", tls, false],
    ["https://evil.example/https://chat.example", tls, false],
    ["https://chat.example@evil.example", tls, false],
    ["https://evil.example#chat.example", tls, false],
    ["https://app.example.evil", plain, false],
    ["http://app.example", plain, false],
    ["https://app.example:444", plain, false],
    ["https://app.example/", plain, false],
    ["null", plain, false],
    ["null", { host: "null", scheme: undefined }, false],
    ["", plain, false],
    ["file://", plain, false],
    ["chat.example:8080", plain, false],
    ["javascript://chat.example:8080", plain, false],
    ["https://chat.example, https://evil.example", tls, false],
    ["http://chat.example:8080", { host: "", scheme: undefined }, false],
    ["http://x", { host: "bad host", scheme: undefined }, false],
  ];
  for (const [origin, own, allowed] of cases) {
    assertEquals(originAllowed(origin, own, listed), allowed, `${origin} at ${own.host}`);
  }
});

Deno.test("the server's own origin is what the Host header says, or a trusted proxy", () => {
  const headers = new Headers({
    host: "127.0.0.1:8080",
    "x-forwarded-host": "faked.example, Chat.Example",
    "x-forwarded-proto": "http, HTTPS",
  });
  assertEquals(ownOrigin(headers, false), { host: "127.0.0.1:8080", scheme: undefined });
  assertEquals(ownOrigin(headers, true), { host: "chat.example", scheme: "https" });
  assertEquals(ownOrigin(new Headers({ host: "a" }), true), { host: "a", scheme: undefined });
  assertEquals(
    ownOrigin(new Headers({ host: "a", "x-forwarded-proto": "gopher" }), true).scheme,
    undefined,
  );
});

Deno.test("a change is taken from the server's own pages, listed ones and programs", () => {
  const cases: [headers: Record<string, string>, may: boolean][] = [
    [{}, true],
    [{ "sec-fetch-site": "same-origin" }, true],
    [{ "sec-fetch-site": "none" }, true],
    [{ "sec-fetch-site": "same-site" }, false],
    [{ "sec-fetch-site": "cross-site" }, false],
    [{ "sec-fetch-site": "cross-site", origin: "https://app.example" }, true],
    [{ "sec-fetch-site": "same-origin", origin: "https://evil.example" }, false],
    [{ origin: "https://chat.example" }, true],
    [{ origin: "null" }, false],
  ];
  for (const [headers, may] of cases) {
    assertEquals(mayChange(new Headers(headers), tls, listed), may, JSON.stringify(headers));
  }
});
