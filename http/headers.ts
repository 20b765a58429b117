import type { MiddlewareHandler } from "hono";
import { createMiddleware } from "hono/factory";
import { secureHeaders } from "hono/secure-headers";
import type { AppEnv } from "./env.ts";

const YEAR_S = 365 * 24 * 3600;

/**
 * What every answer tells a browser: run and load nothing that is not the server's own file, guess
 * no types, show the page in nobody's frame, tell nobody where one came from. In a page itself, no
 * script and no style but these (inline_styles.ts).
 */
export function securityHeaders(inlineStyles: readonly string[]): MiddlewareHandler<AppEnv> {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", ...inlineStyles],
      // data: for the small pictures that a style sheet brings along.
      imgSrc: ["'self'", "data:"],
      mediaSrc: ["'self'"],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      manifestSrc: ["'self'"],
      workerSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
    permissionsPolicy: { camera: [], microphone: [], geolocation: [], payment: [], usb: [] },
    referrerPolicy: "no-referrer",
    xFrameOptions: "DENY",
    // Only behind TLS: see below.
    strictTransportSecurity: false,
  });
}

/** HSTS (RFC 6797, section 7.2: never over plain HTTP). */
export const strictTransport = createMiddleware<AppEnv>(async (context, next) => {
  await next();
  if (context.var.client.scope.secure) {
    context.header("strict-transport-security", `max-age=${YEAR_S}`);
  }
});
