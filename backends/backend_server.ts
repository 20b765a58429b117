/** A server of another program, of the test's or the bench's own. */
export interface BackendServer extends AsyncDisposable {
  readonly hostname: string;
  readonly port: number;
  /** As `--store` or `--redis` takes it. `through` another address, such as that of a proxy. */
  url(through?: { readonly hostname: string; readonly port: number }): string;
  freeze(): Promise<void>;
  thaw(): void;
  /** Ends it with kill -9; `start` brings it back on the same port, with what it keeps on disk. */
  kill(): Promise<void>;
  start(): Promise<void>;
}
