import { STATUS_TEXT } from "@std/http/status";
import { BadCredential } from "../accounts/identify.ts";
import { clearTokenCookie, type CookieScope } from "../accounts/cookies.ts";
import { type ErrorCode, Refusal } from "../protocol/errors.ts";

/** Which HTTP status tells a refusal; the code beside it says which one exactly. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  bad_json: 400,
  bad_command: 400,
  unknown_type: 404,
  too_large: 413,
  unauthorized: 401,
  forbidden: 403,
  banned: 403,
  muted: 403,
  blocked: 403,
  name_taken: 409,
  bad_name: 400,
  no_such_room: 404,
  no_such_user: 404,
  no_such_message: 404,
  not_member: 403,
  conflict: 409,
  rate_limited: 429,
  stranger_limit: 429,
  busy: 503,
  unavailable: 503,
  internal: 500,
};

/** A refusal whose HTTP status says more than its code: 405, 408, 415. */
export class HttpRefusal extends Refusal {
  constructor(
    readonly status: number,
    code: ErrorCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(code, message);
  }
}

/** 405, which names the methods that there are (RFC 9110, section 15.5.6): with GET, HEAD. */
export function wrongMethod(got: string, methods: readonly string[]): HttpRefusal {
  const expected = methods.flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
  return new HttpRefusal(
    405,
    "bad_command",
    `expected ${methods.join(" or ")}, got ${got}`,
    { allow: expected.join(", ") },
  );
}

export function statusOfCode(code: ErrorCode): number {
  return STATUS[code];
}

function statusOf(refusal: Refusal): number {
  return refusal instanceof HttpRefusal ? refusal.status : STATUS[refusal.code];
}

/**
 * Problem details (RFC 9457) with the protocol's error code as `code` and, where trying again makes
 * sense, `retry_ms`. `type` is about:blank: the code is what programs look at. A cookie that is
 * worth nothing is taken away, so that the next try is not refused for it.
 */
export function problem(refusal: Refusal, scope: CookieScope): Response {
  const status = statusOf(refusal);
  const headers = new Headers({
    "content-type": "application/problem+json",
    "cache-control": "no-store",
    ...(refusal instanceof HttpRefusal ? refusal.headers : {}),
  });
  if (status === 401) headers.set("www-authenticate", "Bearer");
  if (refusal instanceof BadCredential && refusal.via === "cookie") {
    clearTokenCookie(headers, scope);
  }
  if (refusal.retryMs !== undefined) {
    headers.set("retry-after", String(Math.max(1, Math.ceil(refusal.retryMs / 1000))));
  }
  const body = {
    type: "about:blank",
    title: STATUS_TEXT[status] ?? "Error",
    status,
    detail: refusal.message,
    code: refusal.code,
    ...(refusal.retryMs === undefined ? {} : { retry_ms: Math.ceil(refusal.retryMs) }),
  };
  return new Response(JSON.stringify(body), { status, headers });
}
