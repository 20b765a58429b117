import type { Peer } from "../transport/socket.ts";
import type { Client } from "./client.ts";

/** What a request carries through the routes (Hono's `Env`). */
export interface AppEnv {
  /** Given with the request. */
  Bindings: { readonly peer: Peer };
  /** Set by the first middleware. */
  Variables: { readonly client: Client };
}
