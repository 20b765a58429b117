import { assertEquals, assertStringIncludes } from "@std/assert";
import { chooseTransport, type TransportChoice } from "./choose.ts";

const local: TransportChoice = {
  transport: "auto",
  hostname: "127.0.0.1",
  trustProxy: false,
  origins: [],
};

Deno.test("auto is native on every spelling of loopback", () => {
  for (const hostname of ["127.0.0.1", "127.8.9.1", "localhost", "LOCALHOST", "::1", "[::1]"]) {
    assertEquals(chooseTransport({ ...local, hostname }).kind, "native", hostname);
  }
});

Deno.test("auto is guarded on every address others can reach, and says which", () => {
  const others = ["0.0.0.0", "::", "192.168.1.5", "chat.example.com", "127.0.0.1.example.com", ""];
  for (const hostname of others) {
    const chosen = chooseTransport({ ...local, hostname });
    assertEquals(chosen.kind, "guarded", hostname);
    assertStringIncludes(chosen.why, hostname);
  }
});

Deno.test("auto is guarded behind a trusted proxy", () => {
  assertEquals(chooseTransport({ ...local, trustProxy: true }).kind, "guarded");
});

Deno.test("auto is guarded with one origin beyond this machine", () => {
  const near = ["http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]:80"];
  assertEquals(chooseTransport({ ...local, origins: near }).kind, "native");
  for (const origin of ["https://chat.example.com", "http://localhost.example.com", "*", "null"]) {
    assertEquals(chooseTransport({ ...local, origins: [...near, origin] }).kind, "guarded", origin);
  }
});

Deno.test("a transport asked for by name is taken as it is", () => {
  const exposed = { ...local, hostname: "0.0.0.0", trustProxy: true };
  assertEquals(chooseTransport({ ...exposed, transport: "native" }).kind, "native");
  assertEquals(chooseTransport({ ...local, transport: "guarded" }).kind, "guarded");
});
