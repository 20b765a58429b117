import { STATUS_TEXT } from "@std/http/status";

/** What the application behind a transport would call it; what is not here is the client's fault. */
const CODES: Readonly<Record<number, string>> = {
  413: "too_large",
  500: "internal",
  503: "unavailable",
};

/**
 * An answer that refuses a request before the application sees it: problem details (RFC 9457) of
 * the shape that the application's own have.
 */
export function refusal(status: number, detail: string, headers: HeadersInit = {}): Response {
  const response = new Response(
    JSON.stringify({
      type: "about:blank",
      title: STATUS_TEXT[status] ?? "Error",
      status,
      detail,
      code: CODES[status] ?? "bad_command",
    }),
    { status, headers },
  );
  response.headers.set("content-type", "application/problem+json");
  response.headers.set("cache-control", "no-store");
  return response;
}
