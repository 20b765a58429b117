import type { Context, Hono } from "hono";
import { cors } from "hono/cors";
import { clearTokenCookie, setTokenCookie } from "../accounts/cookies.ts";
import { BadCredential, type Identifier, type Identity } from "../accounts/identify.ts";
import { Throttle } from "../accounts/throttle.ts";
import { TOKEN_IDLE_MS } from "../accounts/tokens.ts";
import { Refusal } from "../protocol/errors.ts";
import { accountRoutes, type AccountRoutesOptions } from "./account_routes.ts";
import { addressGroup } from "./address.ts";
import { readJson } from "./body.ts";
import type { AppEnv } from "./env.ts";
import { foreignOrigin, mayChange } from "./origin.ts";
import { HttpRefusal, wrongMethod } from "./problem.ts";
import { roomRoutes, type RoomRoutesOptions } from "./room_routes.ts";
import { type Answer, BODY_MAX_BYTES, type Route } from "./route.ts";
import { serverRoutes, type ServerRoutesOptions } from "./server_routes.ts";

export interface ApiOptions extends AccountRoutesOptions, RoomRoutesOptions, ServerRoutesOptions {
  readonly identifier: Identifier;
  /** Web origins besides the server's own whose pages may ask. */
  readonly origins: readonly string[];
  /** Milliseconds from any start, never going back. */
  monotonic(): number;
}

/** Requests of one address: 200 at once, then 50 a second. */
const REQUESTS = { burst: 200, everyMs: 20 };

/** Puts every route below /api/ on the application. */
export function mountApi(app: Hono<AppEnv>, options: ApiOptions): void {
  const { origins, monotonic } = options;
  const requests = new Throttle({ ...REQUESTS, monotonic });
  const others = [...accountRoutes(options), ...roomRoutes(options)];
  const routes = [...others, ...serverRoutes(options, others)];

  // Pages of listed origins ask with a token; a cookie is never taken from another site.
  if (origins.length > 0) {
    app.use(
      "/api/*",
      cors({ origin: [...origins], allowHeaders: ["authorization", "content-type"], maxAge: 600 }),
    );
  }
  app.use("/api/*", async ({ req, var: { client } }, next) => {
    requests.take(addressGroup(client.address), "requests from your address");
    const changes = req.method !== "GET" && req.method !== "HEAD" && req.method !== "OPTIONS";
    if (changes && !mayChange(req.raw.headers, client.own, origins)) {
      throw foreignOrigin();
    }
    await next();
  });
  for (const route of routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ":$1");
    app.on(route.method, path, async (context) => respond(await call(route, context), context));
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map(({ method }) => method);
    app.all(path.replaceAll(/\{(\w+)\}/g, ":$1"), ({ req }) => {
      throw wrongMethod(req.method, methods);
    });
  }
  app.all("/api/*", ({ req }) => {
    throw new HttpRefusal(404, "unknown_type", `there is no ${req.path}`);
  });

  async function call(route: Route, { req, var: { client } }: Context<AppEnv>): Promise<Answer> {
    const by = await whoAsks(route, req.raw, client.scope);
    const body = route.takesBody
      ? await readJson(req.raw, route.bodyMaxBytes ?? BODY_MAX_BYTES)
      : undefined;
    return await route.handle({
      by,
      body,
      query: new URL(req.url).searchParams,
      param: (name) => req.param(name) ?? "",
      client,
      addressGroup: addressGroup(client.address),
    });
  }

  async function whoAsks(
    { who }: Route,
    request: Request,
    scope: AppEnv["Variables"]["client"]["scope"],
  ): Promise<Identity | undefined> {
    const by = await options.identifier.recognize(request, scope).catch((error) => {
      // Who has a stale cookie must still be able to log in.
      if (who === "anybody" && error instanceof BadCredential && error.via === "cookie") {
        return undefined;
      }
      throw error;
    });
    if (who === "anybody") return by;
    if (by === undefined) {
      throw new Refusal("unauthorized", "log in, or come in as a guest: POST /api/guests");
    }
    if (who === "administrator" && !by.admin) {
      throw new Refusal("forbidden", "only administrators may ask this");
    }
    return by;
  }
}

function respond(answer: Answer, { var: { client } }: Context<AppEnv>): Response {
  const headers = new Headers({ "cache-control": "no-store" });
  if (answer.cookie === "clear") clearTokenCookie(headers, client.scope);
  else if (answer.cookie) {
    setTokenCookie(headers, client.scope, answer.cookie.token, TOKEN_IDLE_MS);
  }
  if (answer.status === 204) return new Response(null, { status: 204, headers });
  headers.set("content-type", "application/json");
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers });
}
