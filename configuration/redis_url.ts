import { Expected } from "./values.ts";

/** A Redis, and how to get to it. */
export interface RedisLocation {
  /** `redis[s]://[[user]:password@]host[:port][/database]`, as IANA has it registered. */
  readonly url: string;
  /** A file of authorities' certificates in PEM; undefined: those that everybody trusts. */
  readonly ca: string | undefined;
}

const REDIS_FORM = "redis://HOST:PORT or rediss://HOST:PORT, perhaps with /DATABASE";

/** The messages complete the sentence "--redis takes …"; they never hold what was given. */
export function redisLocation(text: string): RedisLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== "" &&
    /^(\/\d{0,5})?$/.test(url.pathname) && url.hash === "";
  if (!plain) throw new Expected(REDIS_FORM);
  for (const part of [url.username, url.password]) requireDecodable(part);
  const given = [...url.searchParams];
  const ca = url.searchParams.get("ca") ?? undefined;
  const isFit = given.length === 0 || (given.length === 1 && ca && url.protocol === "rediss:");
  if (!isFit) throw new Expected(`${REDIS_FORM}, with no option but ca=FILE of rediss://`);
  url.search = "";
  return { url: url.href, ca };
}

function requireDecodable(text: string): void {
  try {
    decodeURIComponent(text);
  } catch {
    throw new Expected(`${REDIS_FORM}, with a password whose special characters are %-encoded`);
  }
}
