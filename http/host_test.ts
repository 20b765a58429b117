import { assertEquals } from "@std/assert";
import { type Place, servedHosts } from "./host.ts";

const here: Place = { hostname: "127.0.0.1", trustedProxies: [], origins: [] };

const page = (host: string) => new Headers({ host, origin: `http://${host}` });

Deno.test("a server of this machine alone serves this machine's names and listed ones", () => {
  for (const hostname of ["127.0.0.1", "::1", "[::1]", "localhost", "LocalHost"]) {
    const serves = servedHosts({ ...here, hostname, origins: ["https://chat.example:8443"] });
    const hosts = {
      "localhost": true,
      "LOCALHOST:8080": true,
      "localhost.:8080": true,
      "chat.localhost:8080": true,
      "127.0.0.1:8080": true,
      "127.1": true,
      "[::1]:8080": true,
      "chat.example": true,
      "chat.example:8443": true,
      "evil.example": false,
      "evil.example:8080": false,
      "localhost.evil.example": false,
      "127.0.0.1.evil.example": false,
      "notlocalhost": false,
      "192.168.1.5": false,
      "0.0.0.0:8080": false,
      "": false,
    };
    for (const [host, served] of Object.entries(hosts)) {
      assertEquals(serves(page(host)), served, `${host} at ${hostname}`);
    }
    assertEquals(serves(new Headers({ host: "evil.example" })), true, "no page");
  }
});

Deno.test("a server that others reach, or a proxy stands before, may have any name", () => {
  const proxy = { address: "127.0.0.1", prefixBits: 32, family: "ipv4" } as const;
  for (
    const place of [
      { ...here, hostname: "0.0.0.0" },
      { ...here, hostname: "chat.example" },
      { ...here, trustedProxies: [proxy] },
    ]
  ) {
    assertEquals(servedHosts(place)(page("evil.example")), true, JSON.stringify(place));
  }
});
