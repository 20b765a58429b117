import { BlockList, isIP } from "node:net";

/** A block of addresses (RFC 4632). */
export interface Network {
  readonly address: string;
  readonly prefixBits: number;
  readonly family: "ipv4" | "ipv6";
}

/** Whether `X-Forwarded-…` of a peer with this address is believed. */
export type TrustsProxy = (address: string) => boolean;

/** More hops than any real chain of proxies has; what is left of them is not read. */
const HOPS_MAX = 32;

export function trustProxies(networks: readonly Network[]): TrustsProxy {
  const list = new BlockList();
  for (const { address, prefixBits, family } of networks) {
    list.addSubnet(address, prefixBits, family);
  }
  return (address) => {
    const plain = plainAddress(address);
    return plain !== undefined && list.check(plain, isIP(plain) === 4 ? "ipv4" : "ipv6");
  };
}

/** Whether an address is this machine's own. */
export const isLoopback: (address: string) => boolean = trustProxies([
  { address: "127.0.0.0", prefixBits: 8, family: "ipv4" },
  { address: "::1", prefixBits: 128, family: "ipv6" },
]);

/**
 * The client's address: the peer's own or, when the peer is a trusted proxy, the nearest address in
 * `X-Forwarded-For` that is none. Read from the right: each proxy appends whom it got the request
 * from, and what stands left of the first untrusted address is that client's own claim.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | null,
  trusts: TrustsProxy,
): string {
  let client = plainAddress(peer) ?? peer;
  if (forwardedFor === null) return client;
  const hops = forwardedFor.split(",");
  for (let hop = hops.length - 1; hop >= Math.max(0, hops.length - HOPS_MAX); hop--) {
    if (!trusts(client)) break;
    const next = plainAddress((hops[hop] ?? "").trim());
    if (next === undefined) break;
    client = next;
  }
  return client;
}

/**
 * Whose limits an address counts against: an IPv4 address its own, an IPv6 address its /64's, which
 * is what one customer is given (RFC 6177).
 */
export function addressGroup(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  // An IPv4 address at the end stands for two groups.
  const rightGroups = right.length + (right.at(-1)?.includes(".") ? 1 : 0);
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - rightGroups);
  const groups = [...left, ...Array<string>(zeros).fill("0"), ...right].slice(0, 4);
  return groups.map((group) => parseInt(group, 16).toString(16)).join(":") + "::/64";
}

/** An IP address without port, brackets and zone; an IPv4 one also when it came mapped into IPv6. */
function plainAddress(text: string): string | undefined {
  const bare = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1] ??
    /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
  const address = bare.replace(/%.*$/, "");
  if (isIP(address) === 0) return undefined;
  return address.includes(":") ? mappedAddress(address) ?? address : address;
}

/** The IPv4 address in `::ffff:192.0.2.1`, however that is written (RFC 4291, section 2.2). */
function mappedAddress(address: string): string | undefined {
  const { hostname } = new URL(`http://[${address}]`);
  const [, high, low] = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(hostname) ?? [];
  if (high === undefined || low === undefined) return undefined;
  return [high, low].map((group) => parseInt(group, 16))
    .map((group) => `${group >> 8}.${group & 255}`).join(".");
}
