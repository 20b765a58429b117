import { Hono } from "hono";
import { Refusal } from "../protocol/errors.ts";
import type { TrustsProxy } from "./address.ts";
import { type ApiOptions, mountApi } from "./api.ts";
import type { Peer } from "../transport/socket.ts";
import { readClient } from "./client.ts";
import type { AppEnv } from "./env.ts";
import { FRONT_PAGE_VARIES, frontPages } from "./front_page.ts";
import { securityHeaders, strictTransport } from "./headers.ts";
import { notServed, type ServesHost } from "./host.ts";
import { inlineStyles } from "./inline_styles.ts";
import { type MetricsRouteOptions, mountMetrics } from "./metrics_route.ts";
import { HttpRefusal, problem, wrongMethod } from "./problem.ts";
import type { StaticFiles } from "./static.ts";

export interface AppOptions {
  readonly api?: ApiOptions;
  readonly metrics?: MetricsRouteOptions["metrics"];
  readonly statics: StaticFiles;
  readonly trusts: TrustsProxy;
  readonly serves: ServesHost;
  /** Why the server takes no traffic now, in a few words; undefined: it does. */
  notReady(): Promise<string | undefined> | string | undefined;
  /** What a client is told of a failure inside. */
  asRefusal(error: unknown): Refusal;
  /** Told of what no route expected; the client is told `internal` and nothing else. */
  onError(error: unknown, where: string): void;
}

/** Answers everything but `/ws`, which is the transport's. Never rejects. */
export type App = (request: Request, peer: Peer) => Promise<Response>;

export function createApp(options: AppOptions): App {
  const app = new Hono<AppEnv>();

  app.use(async (context, next) => {
    context.set("client", readClient(context.req.raw, context.env.peer, options.trusts));
    await next();
  });
  app.use(securityHeaders(inlineStyles(options.statics)), strictTransport);
  app.use(async ({ req }, next) => {
    if (!options.serves(req.raw.headers)) throw notServed();
    await next();
  });

  app.get("/healthz", (context) => context.text("alive\n", 200, NOT_STORED));
  app.get("/readyz", async (context) => {
    const why = await options.notReady();
    return context.text(`${why ?? "ready"}\n`, why === undefined ? 200 : 503, NOT_STORED);
  });

  if (options.api) mountApi(app, options.api);
  if (options.metrics && options.api) {
    const { metrics, trusts, api: { identifier } } = options;
    mountMetrics(app, { metrics, trusts, identifier });
  }

  app.on(["GET", "HEAD"], "/", async ({ req: { raw }, var: { client } }, next) => {
    const pages = frontPages(raw.headers, client.scope);
    const page = await options.statics.respondWith(pages, raw);
    page?.headers.append("vary", FRONT_PAGE_VARIES);
    return page ?? await next();
  });
  app.on(["GET", "HEAD"], "*", async (context) => {
    const file = await options.statics.respond(context.req.raw);
    if (file === undefined) throw new HttpRefusal(404, "unknown_type", "there is nothing here");
    return file;
  });
  app.all("*", (context) => {
    throw wrongMethod(context.req.method, ["GET"]);
  });

  app.onError((error, context) => {
    const expected = error instanceof Refusal;
    if (!expected) options.onError(error, `${context.req.method} ${context.req.path}`);
    const refusal = expected ? error : options.asRefusal(error);
    return problem(refusal, context.var.client.scope);
  });

  return async (request, peer) => await app.fetch(request, { peer });
}

const NOT_STORED = { "cache-control": "no-store" };
