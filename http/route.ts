import Type, { type Static } from "typebox";
import type { Identity } from "../accounts/identify.ts";
import type { ErrorCode } from "../protocol/errors.ts";
import { checkFor, queryFields } from "./check.ts";
import type { Client } from "./client.ts";

/** Longest body of a request; of a message, as long as one over the socket. */
export const BODY_MAX_BYTES = 16 * 1024;

/** Who may ask: anybody, whoever has a credential, or an administrator. */
export type Who = "anybody" | "somebody" | "administrator";

/** One checked request, as its route sees it. */
export interface Call<Body, Query, W extends Who> {
  /** Who asks: known unless anybody may. */
  readonly by: W extends "anybody" ? Identity | undefined : Identity;
  readonly body: Body;
  readonly query: Query;
  /** What stands for `{name}` in the path. */
  param(name: string): string;
  readonly client: Client;
  /** The group of addresses that limits count it under. */
  readonly addressGroup: string;
}

export interface Answer {
  readonly status: 200 | 201 | 204;
  readonly body?: unknown;
  /** The session cookie to set, or `clear` to take it away. */
  readonly cookie?: { readonly token: string } | "clear";
}

/** What a route is: for the router, and for the description of the API. */
export interface RouteSpec<B extends Type.TObject, Q extends Type.TObject, W extends Who> {
  readonly method: "GET" | "POST" | "DELETE";
  /** As OpenAPI writes it: `/api/rooms/{room}/messages`. */
  readonly path: string;
  readonly summary: string;
  readonly who: W;
  readonly body?: B;
  readonly bodyMaxBytes?: number;
  readonly query?: Q;
  readonly answer: {
    readonly status: Answer["status"];
    readonly schema?: Type.TSchema;
    /** The other status, of the same schema, and what it says. */
    readonly or?: { readonly status: Answer["status"]; readonly means: string };
  };
  /** Refusals of its own, besides those that every route may answer. */
  readonly errors: readonly ErrorCode[];
  handle(call: Call<Static<B>, Static<Q>, W>): Answer | Promise<Answer>;
}

/** A route whose types are settled: what comes is checked before `handle` sees it. */
export interface Route extends Omit<RouteSpec<Type.TObject, Type.TObject, Who>, "handle"> {
  readonly takesBody: boolean;
  /** Throws a `Refusal`. */
  handle(call: RawCall): Answer | Promise<Answer>;
}

export interface RawCall {
  readonly by: Identity | undefined;
  readonly body: unknown;
  readonly query: URLSearchParams;
  param(name: string): string;
  readonly client: Client;
  readonly addressGroup: string;
}

const NOTHING = Type.Object({});

/** The caller has seen to it that `by` is known where `who` asks for it. */
export function route<B extends Type.TObject, Q extends Type.TObject, W extends Who>(
  spec: RouteSpec<B, Q, W>,
): Route {
  const checkBody = checkFor(spec.body ?? NOTHING);
  const querySchema = spec.query ?? NOTHING;
  const checkQuery = checkFor(querySchema);
  return {
    ...spec,
    takesBody: spec.body !== undefined,
    handle: (call) =>
      spec.handle({
        ...call,
        by: call.by as Call<unknown, unknown, W>["by"],
        body: (spec.body === undefined ? {} : checkBody(call.body)) as Static<B>,
        query: checkQuery(queryFields(call.query, querySchema)) as Static<Q>,
      }),
  };
}
