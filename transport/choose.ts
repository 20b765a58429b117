import { isLoopback } from "./address.ts";

export interface TransportChoice {
  /** What `--transport` says. */
  readonly transport: "auto" | "native" | "guarded";
  /** The address listened on. */
  readonly hostname: string;
  /** True when any proxy is trusted to name the client's address. */
  readonly trustProxy: boolean;
  /** Origins let in besides the server's own. */
  readonly origins: readonly string[];
}

export interface ChosenTransport {
  readonly kind: "native" | "guarded";
  /** One clause for the start line, for example "only this machine can connect". */
  readonly why: string;
}

/**
 * Picks the transport. `auto` takes the native one only when nobody but this machine can reach the
 * server, because it cannot be defended against strangers; every sign of a wider world means guarded.
 */
export function chooseTransport(choice: TransportChoice): ChosenTransport {
  const { transport, hostname, trustProxy, origins } = choice;
  if (transport !== "auto") return { kind: transport, why: `--transport ${transport}` };
  if (!isLoopback(hostname)) {
    return { kind: "guarded", why: `${hostname} is not a loopback address` };
  }
  if (trustProxy) return { kind: "guarded", why: "a proxy in front lets others in" };
  const foreign = origins.find((origin) => !isLoopbackOrigin(origin));
  if (foreign !== undefined) {
    return { kind: "guarded", why: `the origin ${foreign} is beyond this machine` };
  }
  return { kind: "native", why: "only this machine can connect" };
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}
