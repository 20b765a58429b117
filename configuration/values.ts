import { isIP } from "node:net";

/**
 * How the command line's values are written and what they mean. Each parser answers the value or
 * throws `Expected`, whose message completes the sentence "--flag takes …".
 */
export class Expected extends Error {
  override readonly name = "Expected";
}

export type Parse<T> = (text: string) => T;

export function wholeNumber(least: number, most: number): Parse<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      throw new Expected(`a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

export function oneOf<const T extends string>(...choices: readonly T[]): Parse<T> {
  return (text) => {
    const choice = choices.find((each) => each === text);
    if (choice === undefined) throw new Expected(choices.join(" or "));
    return choice;
  };
}

export function onOff(text: string): boolean {
  return oneOf("on", "off")(text) === "on";
}

/** An IP address or a host name, without a port; an IPv6 address without brackets. */
export function host(text: string): string {
  const named = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
  // A last label of digits alone is a mistyped IPv4 address, never a name (RFC 3696, section 2).
  if (isIP(text) === 0 && (!named.test(text) || /(^|\.)\d+$/.test(text))) {
    throw new Expected("an IP address (such as 0.0.0.0 or ::) or a host name, without a port");
  }
  return text;
}

/** A web origin (RFC 6454) in the form browsers send it. */
export function origin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" &&
    url.search === "" && url.hash === "" && url.username === "" && url.password === "" &&
    /^https?:\/\/[^*]+$/i.test(text);
  if (!bare) throw new Expected("one web origin such as https://chat.example.org");
  return url.origin;
}

/** A block of addresses (RFC 4632), ready for `BlockList.addSubnet` of node:net. */
export interface Network {
  readonly address: string;
  readonly prefixBits: number;
  readonly family: "ipv4" | "ipv6";
}

export function network(text: string): Network {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  const prefixBits = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
  if (version === 0 || rest.length > 0 || !(prefixBits <= most) || address.includes("%")) {
    throw new Expected("an address or a block of them such as 10.0.0.0/8 or fd00::/8");
  }
  return { address, prefixBits, family: version === 4 ? "ipv4" : "ipv6" };
}

export function nodeName(text: string): string {
  if (!/^[A-Za-z0-9._-]{1,60}$/.test(text)) {
    throw new Expected("up to 60 letters, digits, dots, - and _");
  }
  return text;
}

/** What somebody wrote, fit for one line of an error. */
export function shown(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    "?",
  );
}
