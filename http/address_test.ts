import { assertEquals } from "@std/assert";
import { addressGroup, clientAddress, trustProxies } from "./address.ts";

const trusts = trustProxies([
  { address: "10.0.0.0", prefixBits: 8, family: "ipv4" },
  { address: "fd00::", prefixBits: 8, family: "ipv6" },
  { address: "192.0.2.7", prefixBits: 32, family: "ipv4" },
]);

Deno.test("the client's address is believed from trusted proxies alone, read from the right", () => {
  const cases: [peer: string, forwarded: string | null, client: string][] = [
    ["203.0.113.9", null, "203.0.113.9"],
    ["203.0.113.9", "198.51.100.1", "203.0.113.9"],
    ["10.0.0.1", null, "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"],
    ["fd00::5", "2001:db8::1", "2001:db8::1"],
    ["10.0.0.1", "1.1.1.1, 198.51.100.1, 10.9.9.9", "198.51.100.1"],
    ["10.0.0.1", "198.51.100.1,192.0.2.7", "198.51.100.1"],
    ["10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["10.0.0.1", "198.51.100.1:4711", "198.51.100.1"],
    ["10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "::FFFF:c633:6401", "198.51.100.1"],
    ["10.0.0.1", "0:0:0:0:0:ffff:198.51.100.1", "198.51.100.1"],
    ["::ffff:a00:1", "198.51.100.1", "198.51.100.1"],
    ["10.0.0.1", "198.51.100.1, unknown", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"],
    ["10.0.0.1", "", "10.0.0.1"],
    ["10.0.0.1", "<script>", "10.0.0.1"],
    ["10.0.0.1", "198.51.100.1, 999.1.1.1", "10.0.0.1"],
  ];
  for (const [peer, forwarded, client] of cases) {
    assertEquals(clientAddress(peer, forwarded, trusts), client, `${peer} for ${forwarded}`);
  }
});

Deno.test("a header with thousands of hops is read only near its end", () => {
  const hops = Array<string>(5000).fill("10.0.0.2").join(",");
  assertEquals(clientAddress("10.0.0.1", `198.51.100.1,${hops}`, trusts), "10.0.0.2");
});

Deno.test("limits count an IPv4 address by itself and an IPv6 address by its /64", () => {
  assertEquals(addressGroup("198.51.100.1"), "198.51.100.1");
  assertEquals(addressGroup("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assertEquals(addressGroup("2001:DB8:1:2::1"), "2001:db8:1:2::/64");
  assertEquals(addressGroup("2001:db8::1"), "2001:db8:0:0::/64");
  assertEquals(addressGroup("2001:0db8::"), "2001:db8:0:0::/64");
  assertEquals(addressGroup("::1"), "0:0:0:0::/64");
  assertEquals(addressGroup("::1.2.3.4"), "0:0:0:0::/64");
  assertEquals(addressGroup("not an address"), "not an address");
});
