import { MYSQL_FORM, type MysqlLocation, mysqlLocation } from "./mysql_url.ts";
import { Expected } from "./values.ts";

export type StoreLocation =
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "memory" }
  | MysqlLocation;

export function storeLocation(text: string): StoreLocation {
  if (text === "memory:") return { kind: "memory" };
  if (text.startsWith("mysql:")) return mysqlLocation(text);
  const path = /^sqlite:(.+)$/.exec(text)?.[1];
  // SQLite would make a database in memory, or one of options, of these paths.
  if (path === undefined || path.startsWith(":") || path.startsWith("file:")) {
    throw new Expected(`sqlite:PATH, ${MYSQL_FORM} or memory:`);
  }
  return { kind: "sqlite", path };
}

/** Whether what was given for a store may hold a password. */
export function mayHoldPassword(text: string): boolean {
  return !text.startsWith("sqlite:") && text.includes("@");
}
