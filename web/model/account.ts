/** Who this browser is to the server, over HTTP: the answers set and clear the session cookie. */

export interface Identity {
  readonly name: string;
  readonly guest: boolean;
}

/** The server's refusal as RFC 9457 problem details. `code` is one of the wire's error codes. */
export class AccountError extends Error {
  override readonly name = "AccountError";
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** Undefined when the browser has no session. Any other refusal says nothing about that. */
export function whoAmI(): Promise<Identity | undefined> {
  return call("GET", "api/me").catch(hasNone);
}

export const comeAsGuest = (name: string) => call("POST", "api/guests", { name, cookie: true });
export const register = (name: string, password: string) =>
  call("POST", "api/accounts", { name, password, cookie: true });
export const logIn = (name: string, password: string) =>
  call("POST", "api/sessions", { name, password, cookie: true });

/** Throws when the session may go on; one that had ended already is none. */
export async function logOut(): Promise<void> {
  await send("DELETE", "api/sessions/current").catch(hasNone);
}

export async function changePassword(old: string, wanted: string): Promise<void> {
  await send("POST", "api/accounts/me/password", { old, new: wanted });
}

/** What was said stays, without the name. */
export async function removeAccount(password: string): Promise<void> {
  await send("DELETE", "api/accounts/me", { password });
}

function hasNone(error: unknown): undefined {
  if (!(error instanceof AccountError) || error.status !== 401) throw error;
}

/** Throws `AccountError`, or a `TypeError` when the server cannot be reached. */
async function call(method: string, path: string, body?: unknown): Promise<Identity> {
  const answer = await (await send(method, path, body)).json() as {
    name?: string;
    guest?: boolean;
    user?: { name: string; guest: boolean };
  };
  const { name, guest } = answer.user ?? answer;
  return { name: name ?? "", guest: guest ?? false };
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const response = await fetch(new URL(path, document.baseURI), {
    method,
    ...(body === undefined
      ? {}
      : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({})) as {
    code?: string;
    detail?: string;
    title?: string;
  };
  throw new AccountError(
    response.status,
    problem.code ?? "",
    problem.detail ?? problem.title ?? response.statusText,
  );
}
