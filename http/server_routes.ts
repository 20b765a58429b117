import Type from "typebox";
import type { Inspection } from "../actors/actor.ts";
import { protocolSchema } from "../protocol/schema.ts";
import { describeApi } from "./openapi.ts";
import { type Route, route } from "./route.ts";

export interface ServerRoutesOptions {
  readonly version: string;
  /** What every living actor does now. */
  actors(): readonly Inspection[];
}

const Actors = Type.Object({
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
  })),
});

/** What the server says of itself. `others`: the routes that the description is of, with these. */
export function serverRoutes(options: ServerRoutesOptions, others: readonly Route[]): Route[] {
  const routes = [
    route({
      method: "GET",
      path: "/api/actors",
      summary: "The living actors",
      who: "administrator",
      answer: { status: 200, schema: Actors },
      errors: ["forbidden"],
      handle: () => ({ status: 200, body: { actors: options.actors() } }),
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
