import { assertEquals } from "@std/assert";
import { isHost, offeredSubprotocols } from "./handshake.ts";

Deno.test("a Host is a name or an address, with or without a port, and nothing more", () => {
  for (
    const host of ["localhost", "chat.example.com:8080", "127.0.0.1", "[::1]:80", "grüße.example"]
  ) {
    assertEquals([host, isHost(host)], [host, true]);
  }
  const others = ["", "a b", "a/b", "a\\b", "a?b", "a#b", "u@a", "[::1", "a:99999", "a:b", null];
  for (const host of others) assertEquals([host, isHost(host)], [host, false]);
});

Deno.test("the subprotocols offered are read with or without spaces, in order", () => {
  const offered = (value: string) =>
    offeredSubprotocols(
      new Request("http://x/ws", { headers: { "sec-websocket-protocol": value } }),
    );
  assertEquals(offered("hubbub.json,  bearer.abc ,x"), ["hubbub.json", "bearer.abc", "x"]);
  assertEquals(offered(" , "), []);
  assertEquals(offeredSubprotocols(new Request("http://x/ws")), []);
});
