import { isIP } from "node:net";
import { Expected, host as parseHost } from "./values.ts";

/** A database of MySQL or MariaDB, and how to get to it. */
export interface MysqlLocation {
  readonly kind: "mysql";
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Connections of one node. */
  readonly pool: number;
  readonly tls: "off" | "on" | "unverified";
  /** A file of authorities' certificates in PEM; undefined: those that everybody trusts. */
  readonly ca: string | undefined;
}

export const MYSQL_FORM = "mysql://USER:PASSWORD@HOST[:PORT]/DATABASE";
const PORT = 3306;
const POOL = { least: 3, most: 1_000, fallback: 10 };
const TLS = ["off", "on", "unverified"] as const;

/**
 * Each mistake is named by itself, and never what was given: it holds a password. The messages
 * complete the sentence "--store takes …".
 */
export function mysqlLocation(text: string): MysqlLocation {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.protocol !== "mysql:" || url.hash !== "") throw new Expected(MYSQL_FORM);
  const database = decoded(url.pathname.slice(1), "DATABASE");
  // What else may be in a name would have to be quoted wherever an operator writes it.
  if (!/^[\w$-]{1,64}$/.test(database)) {
    throw new Expected(`${MYSQL_FORM} with a DATABASE of letters, digits, _ $ and -`);
  }
  const user = decoded(url.username, "USER");
  if (user === "") throw new Expected(`${MYSQL_FORM} with a USER`);
  const options = readOptions(url.searchParams);
  const host = hostOf(url);
  // The client library compares a certificate with a name alone.
  if (options.tls === "on" && isIP(host) !== 0) {
    throw new Expected(`${MYSQL_FORM} with tls=on beside a HOST that is a name, not an address`);
  }
  return {
    kind: "mysql",
    host,
    port: url.port === "" ? PORT : Number(url.port),
    user,
    password: decoded(url.password, "PASSWORD"),
    database,
    ...options,
  };
}

function hostOf({ hostname }: URL): string {
  const name = hostname.replace(/^\[(.*)\]$/, "$1");
  try {
    return parseHost(name);
  } catch (error) {
    if (!(error instanceof Expected)) throw error;
    throw new Expected(`${MYSQL_FORM} with a HOST`);
  }
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Expected(`${MYSQL_FORM} with a ${what} whose special characters are %-encoded`);
  }
}

function readOptions(given: URLSearchParams) {
  const known = ["pool", "tls", "ca"];
  for (const name of given.keys()) {
    if (!known.includes(name)) {
      throw new Expected(`${MYSQL_FORM} with no options but pool, tls, ca`);
    }
    if (given.getAll(name).length > 1) throw new Expected(`${MYSQL_FORM} with ${name} once`);
  }
  const pool = given.get("pool") ?? String(POOL.fallback);
  const connections = /^\d{1,4}$/.test(pool) ? Number(pool) : NaN;
  if (!(connections >= POOL.least && connections <= POOL.most)) {
    throw new Expected(`${MYSQL_FORM} with pool from ${POOL.least} to ${POOL.most}`);
  }
  const wanted = given.get("tls") ?? "off";
  const tls = TLS.find((each) => each === wanted);
  if (!tls) throw new Expected(`${MYSQL_FORM} with tls=${TLS.join(" or tls=")}`);
  const ca = given.get("ca") ?? undefined;
  if (ca === "" || (ca !== undefined && tls !== "on")) {
    throw new Expected(`${MYSQL_FORM} with ca=FILE beside tls=on alone`);
  }
  return { pool: connections, tls, ca };
}
