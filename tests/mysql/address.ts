import type { MysqlAddress } from "../../store/mysql/connection.ts";

/** Of a URL as `--store` takes it. */
export function addressOf(url: string): MysqlAddress {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
    tls: { mode: "off" },
  };
}
