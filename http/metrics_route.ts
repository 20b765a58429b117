import type { Hono } from "hono";
import type { Identifier } from "../accounts/identify.ts";
import { Refusal } from "../protocol/errors.ts";
import { isLoopback, type TrustsProxy } from "./address.ts";
import type { AppEnv } from "./env.ts";

export interface MetricsRouteOptions {
  readonly metrics: {
    readonly contentType: string;
    /** Everything, as Prometheus reads it. */
    text(): string;
  };
  readonly identifier: Identifier;
  readonly trusts: TrustsProxy;
}

/** With any of them the request is on behalf of somebody else. */
const FORWARDED = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];

/**
 * Puts `GET /metrics` on the application: for whoever asks from this machine, and for administrators.
 * A proxy here that is not trusted speaks for strangers, so what it hands on is not from here.
 */
export function mountMetrics(app: Hono<AppEnv>, options: MetricsRouteOptions): void {
  const { metrics, identifier, trusts } = options;
  app.get("/metrics", async ({ req, env, var: { client }, body }) => {
    const { headers } = req.raw;
    const forwarded = FORWARDED.some((name) => headers.has(name));
    const fromHere = isLoopback(client.address) &&
      (!forwarded || trusts(env.peer.address) && isAllHere(headers.get("x-forwarded-for")));
    if (!fromHere) {
      const by = await identifier.recognize(req.raw, client.scope);
      if (by === undefined) throw new Refusal("unauthorized", "expected an administrator's token");
      if (!by.admin) throw new Refusal("forbidden", "only administrators may ask this");
    }
    return body(metrics.text(), 200, {
      "content-type": metrics.contentType,
      "cache-control": "no-store",
    });
  });
}

/** Whether a proxy says so, of all on the way: one that says nothing else speaks for strangers, too. */
function isAllHere(forwardedFor: string | null): boolean {
  return forwardedFor?.split(",").every((hop) => isLoopback(hop.trim())) ?? false;
}
