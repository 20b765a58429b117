import { assertEquals } from "@std/assert";
import { clearTokenCookie, type CookieScope, readTokenCookie, setTokenCookie } from "./cookies.ts";

const PLAIN: CookieScope = { secure: false, host: "localhost:8080" };
const TLS: CookieScope = { secure: true, host: "chat.example" };

function written(write: (headers: Headers) => void): string[] {
  const headers = new Headers();
  write(headers);
  return headers.getSetCookie().map((cookie) => cookie.split("; ").toSorted().join("; "));
}

Deno.test("the cookie is out of scripts' and other sites' reach, and bound to TLS behind TLS", () => {
  assertEquals(written((headers) => setTokenCookie(headers, PLAIN, "a.b", 60_000)), [
    "HttpOnly; Max-Age=60; Path=/; SameSite=Lax; hubbub-8080=a.b",
  ]);
  assertEquals(written((headers) => setTokenCookie(headers, TLS, "a.b", 60_000)), [
    "HttpOnly; Max-Age=60; Path=/; SameSite=Lax; Secure; __Host-hubbub=a.b",
  ]);
});

Deno.test("a cookie taken away is expired under the very name and rules it was set with", () => {
  assertEquals(written((headers) => clearTokenCookie(headers, PLAIN)), [
    "HttpOnly; Max-Age=0; Path=/; SameSite=Lax; hubbub-8080=",
  ]);
  assertEquals(written((headers) => clearTokenCookie(headers, TLS)), [
    "HttpOnly; Max-Age=0; Path=/; SameSite=Lax; Secure; __Host-hubbub=",
  ]);
});

Deno.test("only this server's cookie is read: not another port's, not an unbound one behind TLS", () => {
  const headers = new Headers({ cookie: "hubbub=1; hubbub-8080=2; hubbub-8081=3; __proto__=4" });
  assertEquals(readTokenCookie(headers, PLAIN), "2");
  assertEquals(readTokenCookie(headers, { secure: false, host: "localhost" }), "1");
  assertEquals(readTokenCookie(headers, { secure: false, host: "[::1]:8081" }), "3");
  assertEquals(readTokenCookie(headers, TLS), undefined);
  assertEquals(readTokenCookie(new Headers({ cookie: "hubbub-8080=" }), PLAIN), undefined);
});
