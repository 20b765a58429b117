/** Where Redis is, and who asks it. */
export interface RedisAddress {
  /**
   * `redis://[[user]:password@]host[:port][/database]`, or `rediss://` over TLS: then the server's
   * certificate must be made out to the host, and signed by an authority that is trusted or by `ca`.
   */
  readonly url: string;
  /** Authorities' certificates in PEM. */
  readonly ca?: string | undefined;
}

/** What the client is told besides the address itself. */
export function tlsOptions({ url, ca }: RedisAddress): { tls?: true; ca?: string } {
  if (!url.startsWith("rediss:")) return {};
  return { tls: true, ...(ca === undefined ? undefined : { ca }) };
}
