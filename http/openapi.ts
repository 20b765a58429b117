import { ERROR_CODES } from "../protocol/errors.ts";
import type { SchemaLike } from "../protocol/describe.ts";
import { statusOfCode } from "./problem.ts";
import type { Route, Who } from "./route.ts";

/** Refusals that every route may answer. */
const COMMON = ["bad_command", "rate_limited", "unavailable", "internal"] as const;
const WITH_BODY = ["bad_json", "too_large"] as const;
/** A body that does not come, or is not said to be JSON: `bad_command` with a status of its own. */
const BODY_STATUSES = [408, 415];
/** What changes something is not done for pages of other origins. */
const CHANGES = ["forbidden"] as const;
const OF_WHO = {
  anybody: [],
  somebody: ["unauthorized"],
  administrator: ["unauthorized", "forbidden"],
} as const satisfies Record<Who, readonly string[]>;

const PROBLEM = {
  description: "Problem details (RFC 9457)",
  type: "object",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { const: "about:blank" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string", description: "For people" },
    code: { enum: ERROR_CODES, description: "For programs; as in the protocol's `error`" },
    retry_ms: { type: "integer", description: "When it makes sense to try again" },
  },
};

/**
 * The API as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1), made of the very schemas that the
 * requests are checked against. Plain data.
 */
export function describeApi(routes: readonly Route[], version: string): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = describeRoute(route);
  }
  return {
    openapi: "3.1.1",
    info: { title: "Hubbub", version },
    paths,
    components: {
      schemas: { Problem: PROBLEM },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        cookie: {
          type: "apiKey",
          in: "cookie",
          name: "hubbub",
          description:
            "`__Host-hubbub` behind TLS, else `hubbub-<port>`; needs the server's origin",
        },
      },
    },
  };
}

function describeRoute(route: Route) {
  const { status, schema, or } = route.answer;
  const content = schema === undefined ? {} : json(schema);
  return {
    summary: route.summary,
    operationId: operationId(route),
    security: route.who === "anybody"
      ? [{}, { bearer: [] }, { cookie: [] }]
      : [{ bearer: [] }, { cookie: [] }],
    parameters: [...pathParameters(route.path), ...queryParameters(route.query as SchemaLike)],
    ...(route.body === undefined ? {} : { requestBody: { required: true, ...json(route.body) } }),
    responses: {
      [status]: { description: route.summary, ...content },
      ...(or && { [or.status]: { description: or.means, ...content } }),
      ...refusals(route),
    },
  };
}

/** `POST /api/rooms/{room}/messages` is `post_rooms_room_messages`. */
function operationId({ method, path }: Route): string {
  const words = path.replace(/^\/api\//, "").split(/\W+/).filter((word) => word !== "");
  return [method.toLowerCase(), ...words].join("_");
}

function pathParameters(path: string) {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters(schema: SchemaLike | undefined) {
  return Object.entries(schema?.properties ?? {}).map(([name, field]) => ({
    name,
    in: "query",
    required: schema?.required?.includes(name) ?? false,
    schema: field,
  }));
}

/** One entry a status, which names its codes. */
function refusals(route: Route): Record<string, unknown> {
  const byStatus = new Map<number, Set<string>>();
  const withBody = route.body === undefined ? [] : WITH_BODY;
  const changes = route.method === "GET" ? [] : CHANGES;
  for (const code of [...route.errors, ...OF_WHO[route.who], ...changes, ...withBody, ...COMMON]) {
    const status = statusOfCode(code);
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code));
  }
  for (const status of route.body ? BODY_STATUSES : []) {
    byStatus.set(status, new Set(["bad_command"]));
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [status, {
      description: [...codes].join(", "),
      content: {
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
      },
    }]),
  );
}

function json(schema: unknown) {
  return { content: { "application/json": { schema } } };
}
