import { getCookies } from "@std/http/cookie";
import { type CookieScope, readTokenCookie } from "../accounts/cookies.ts";

/** What the choice depends on (RFC 9110, section 12.5.5). */
export const FRONT_PAGE_VARIES = "accept-language, cookie";

/**
 * The pages that `/` may be, best first. A stranger's has the entry drawn in the language that the
 * browser asks for first (what its scripts go by, too), so that it is seen before they come. Who
 * has come in before gets one that fetches the chat at once. A cookie that is no longer good is not
 * looked at here: the page finds out and asks again for a name. Whoever chose a theme gets each in
 * that one (web/browser/appearance.ts).
 */
export function frontPages(headers: Headers, scope: CookieScope): readonly string[] {
  const theme = /^(light|dark)$/.exec(getCookies(headers)["hubbub-theme"] ?? "")?.[1];
  return names(headers, scope).flatMap((name) => [
    ...theme === undefined ? [] : [`/${name}.${theme}.html`],
    `/${name}.html`,
  ]);
}

function names(headers: Headers, scope: CookieScope): readonly string[] {
  if (readTokenCookie(headers, scope) !== undefined) return ["inside", "index"];
  const language = /^\s*([a-z]{2,3})(?![a-z])/i.exec(headers.get("accept-language") ?? "")?.[1];
  return [...language === undefined ? [] : [`index.${language.toLowerCase()}`], "index"];
}
