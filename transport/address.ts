const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const LOOPBACK_IPV4 = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** The address without the IPv6 mapping a dual-stack listener puts around IPv4 peers. */
export function plainAddress(address: string): string {
  return MAPPED_IPV4.exec(address)?.[1] ?? address;
}

/** True for names and addresses that only this machine can reach; brackets around IPv6 are fine. */
export function isLoopback(hostname: string): boolean {
  const host = plainAddress(hostname.replace(/^\[|\]$/g, "").toLowerCase());
  return host === "localhost" || host === "::1" || LOOPBACK_IPV4.test(host);
}
