import Type from "typebox";
import type { Accounts } from "../accounts/accounts.ts";
import type { Identifier, Identity } from "../accounts/identify.ts";
import type { LoggedIn, Sessions } from "../accounts/sessions.ts";
import { TICKET_LIFE_MS, type TicketOffice } from "../accounts/tickets.ts";
import { PASSWORD_MAX_CHARS, PASSWORD_MIN_CHARS, USER_NAME_MAX_CHARS } from "../protocol/limits.ts";
import { type Answer, type Route, route } from "./route.ts";

export interface AccountRoutesOptions {
  readonly accounts: Accounts;
  readonly identifier: Identifier;
  readonly sessions: Sessions;
  readonly tickets: TicketOffice;
}

const name = Type.String({ minLength: 1, maxLength: USER_NAME_MAX_CHARS + 1 });
/** Never in an answer, not even in one that refuses it (check.ts). */
const secret = (minLength: number) =>
  Type.String({ minLength, maxLength: PASSWORD_MAX_CHARS, format: "password", writeOnly: true });
const newPassword = secret(PASSWORD_MIN_CHARS);
const password = secret(1);
const cookie = Type.Optional(Type.Boolean({
  description: "True: the token comes as a cookie that scripts cannot read, and not in the answer",
}));

const Me = Type.Object({
  user: Type.Object({ name: Type.String(), guest: Type.Boolean(), admin: Type.Boolean() }),
  expires_at: Type.Optional(
    Type.Integer({ description: "When the session ends, in ms since 1970" }),
  ),
});
const LoggedInAnswer = Type.Object({
  user: Type.Object({ name: Type.String(), guest: Type.Boolean(), admin: Type.Boolean() }),
  token: Type.Optional(Type.String({
    description: "For Authorization: Bearer, or the subprotocol entry bearer.<token>",
  })),
});

/** Registering, logging in and out, and who one is. */
export function accountRoutes(options: AccountRoutesOptions): Route[] {
  const { accounts, identifier, sessions, tickets } = options;
  return [
    route({
      method: "POST",
      path: "/api/accounts",
      summary: "Register and log in; a guest becomes the account and keeps its conversations, " +
        "and an administrator's bearer token makes an account for somebody else",
      who: "anybody",
      body: Type.Object({ name, password: newPassword, cookie }),
      answer: { status: 201, schema: LoggedInAnswer },
      errors: ["bad_name", "name_taken", "forbidden", "conflict", "busy"],
      handle: async ({ body, by, addressGroup }) =>
        loggedIn(await accounts.register(body, by, addressGroup), body.cookie),
    }),
    route({
      method: "POST",
      path: "/api/sessions",
      summary: "Log in; the session of the cookie that came along ends",
      who: "anybody",
      body: Type.Object({ name, password, cookie }),
      answer: { status: 201, schema: LoggedInAnswer },
      errors: ["unauthorized", "busy"],
      handle: async ({ body, by, addressGroup }) =>
        loggedIn(await accounts.logIn(body, by, addressGroup), body.cookie),
    }),
    route({
      method: "DELETE",
      path: "/api/sessions/current",
      summary: "Log out: this session and its connections end; a guest's token stays good",
      who: "somebody",
      answer: { status: 204 },
      errors: [],
      async handle({ by }) {
        await sessions.end(by);
        return { status: 204, cookie: "clear" };
      },
    }),
    route({
      method: "POST",
      path: "/api/accounts/me/password",
      summary: "Change the password; every other session ends",
      who: "somebody",
      body: Type.Object({ old: password, new: newPassword }),
      answer: { status: 204 },
      errors: ["forbidden", "busy"],
      async handle({ by, body, addressGroup }) {
        await accounts.changePassword(by, body, addressGroup);
        return { status: 204 };
      },
    }),
    route({
      method: "DELETE",
      path: "/api/accounts/me",
      summary: "Delete the account; what it said stays, without its name",
      who: "somebody",
      body: Type.Object({ password }),
      answer: { status: 204 },
      errors: ["forbidden", "busy"],
      async handle({ by, body, addressGroup }) {
        await accounts.remove(by, body.password, addressGroup);
        return { status: 204, cookie: "clear" };
      },
    }),
    route({
      method: "GET",
      path: "/api/me",
      summary: "Who I am; a cookie is renewed",
      who: "somebody",
      answer: { status: 200, schema: Me },
      errors: [],
      async handle({ by }) {
        const answer = { status: 200, body: me(by) } as const;
        return by.via === "cookie"
          ? { ...answer, cookie: { token: await sessions.token(by) } }
          : answer;
      },
    }),
    route({
      method: "POST",
      path: "/api/guests",
      summary: "Come in as a guest, under a name or one of the server's",
      who: "anybody",
      body: Type.Object({ name: Type.Optional(name), cookie }),
      answer: { status: 201, schema: LoggedInAnswer },
      errors: ["unauthorized", "bad_name", "name_taken"],
      async handle({ body }) {
        const guest = await identifier.newGuest(body.name ?? null);
        const token = await sessions.token(guest);
        return loggedIn({ user: { ...guest.user, admin: false }, token }, body.cookie);
      },
    }),
    route({
      method: "POST",
      path: "/api/tickets",
      summary: "A ticket for one connection: /ws?ticket=…",
      who: "somebody",
      answer: {
        status: 201,
        schema: Type.Object({
          ticket: Type.String(),
          expires_in_ms: Type.Integer({ description: "It is good once, and for so long" }),
        }),
      },
      errors: ["busy"],
      async handle({ by: { user, sessionId } }) {
        const ticket = await tickets.issue({ user, sessionId });
        return { status: 201, body: { ticket, expires_in_ms: TICKET_LIFE_MS } };
      },
    }),
  ];
}

function me({ user, admin, expiresAt }: Identity) {
  return {
    user: { name: user.name, guest: user.guest, admin },
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
  };
}

function loggedIn({ user, token }: LoggedIn, cookie: boolean | undefined): Answer {
  const { name, guest, admin } = user;
  const body = { user: { name, guest, admin } };
  return cookie
    ? { status: 201, body, cookie: { token } }
    : { status: 201, body: { ...body, token } };
}
