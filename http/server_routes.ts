import Type from "typebox";
import type { Report } from "../metrics/census.ts";
import { Refusal } from "../protocol/errors.ts";
import { protocolSchema } from "../protocol/schema.ts";
import { describeApi } from "./openapi.ts";
import { type Route, route } from "./route.ts";

export interface ServerRoutesOptions {
  readonly version: string;
  /** What the living actors do now; with a limit, those of most interest of each kind. */
  actors(limit?: number): Report & { readonly node: string };
  /** Says something to everybody, on every node. */
  notice(content: string): void;
}

const NOTICE_MAX_CHARS = 500;

const PerSecond = Type.Optional(
  Type.Number({
    description: "Messages handled a second; missing in the first answer for a while",
  }),
);

const Actors = Type.Object({
  node: Type.String({ description: "Whose actors they are, where there are several nodes" }),
  kinds: Type.Array(
    Type.Object({
      kind: Type.String(),
      count: Type.Integer(),
      depth: Type.Integer({ description: "Messages that wait for all of them" }),
      fullest: Type.Number({ description: "The fullest mailbox, from 0 to 1" }),
      handled: Type.Integer(),
      perSecond: PerSecond,
    }),
    { description: "Of all living actors" },
  ),
  actors: Type.Array(Type.Object({
    name: Type.String(),
    parent: Type.String(),
    depth: Type.Integer({ description: "Messages that wait" }),
    bound: Type.Integer({ description: "Most that may" }),
    handled: Type.Integer(),
    restarts: Type.Integer(),
    lastError: Type.Optional(Type.String()),
    state: Type.Union([
      Type.Literal("running"),
      Type.Literal("restarting"),
      Type.Literal("stopping"),
    ]),
    perSecond: PerSecond,
  })),
});

/** What the server says of itself. `others`: the routes that the description is of, with these. */
export function serverRoutes(options: ServerRoutesOptions, others: readonly Route[]): Route[] {
  const routes = [
    route({
      method: "GET",
      path: "/api/actors",
      summary: "The living actors: those in trouble first, then the busiest",
      who: "administrator",
      query: Type.Object({
        limit: Type.Optional(
          Type.Integer({ minimum: 1, description: "So many of each kind at most" }),
        ),
      }),
      answer: { status: 200, schema: Actors },
      errors: ["forbidden"],
      handle: ({ query }) => ({ status: 200, body: options.actors(query.limit) }),
    }),
    route({
      method: "POST",
      path: "/api/notices",
      summary: "Say something to everybody who is connected, on every node",
      who: "administrator",
      body: Type.Object({ content: Type.String({ minLength: 1, maxLength: NOTICE_MAX_CHARS }) }),
      answer: { status: 204 },
      errors: ["forbidden", "bad_command"],
      handle: ({ body }) => {
        const content = body.content.trim();
        if (content === "" || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(content) || !content.isWellFormed()) {
          throw new Refusal("bad_command", "content: expected one line of text");
        }
        options.notice(content);
        return { status: 204 };
      },
    }),
    route({
      method: "GET",
      path: "/api/protocol.json",
      summary: "The WebSocket protocol as a JSON Schema",
      who: "anybody",
      answer: { status: 200, schema: Type.Object({}) },
      errors: [],
      handle: () => ({ status: 200, body: protocol }),
    }),
    route({
      method: "GET",
      path: "/api/openapi.json",
      summary: "This description (OpenAPI 3.1)",
      who: "anybody",
      answer: { status: 200, schema: Type.Object({}) },
      errors: [],
      handle: () => ({ status: 200, body: api }),
    }),
  ];
  const protocol = protocolSchema();
  const api = describeApi([...others, ...routes], options.version);
  return routes;
}
