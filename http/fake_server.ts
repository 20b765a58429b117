import { fakeAccounts, type FakeOptions } from "../accounts/fake_accounts.ts";
import type { CommandType } from "../protocol/commands.ts";
import { Refusal } from "../protocol/errors.ts";
import { DEFAULT_LIMITS } from "../protocol/limits.ts";
import { trustProxies } from "./address.ts";
import { createApp } from "./app.ts";
import { StaticFiles } from "./static.ts";

export const ORIGIN = "http://chat.example:8080";
export const LISTED = "https://app.example";
export const LOGIN = { name: "Alice", password: "correct horse" };

export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Record<string, string>;
  readonly address?: string;
}

/** The application with everything behind it but rooms, which only record what they were asked. */
export async function fakeServer(options: FakeOptions = {}) {
  const fake = await fakeAccounts(options);
  const asked: { user: string; command: { type: CommandType } }[] = [];
  const failures: unknown[] = [];
  const noticed: string[] = [];
  const app = createApp({
    statics: await StaticFiles.load("/there/is/no/such/folder"),
    trusts: trustProxies([{ address: "10.0.0.1", prefixBits: 32, family: "ipv4" }]),
    serves: () => true,
    notReady: () => undefined,
    asRefusal: () => new Refusal("unavailable", "the store does not answer now", 1500),
    onError: (error) => failures.push(error),
    api: {
      ...fake,
      origins: [LISTED],
      limits: DEFAULT_LIMITS,
      version: "1.2.3",
      monotonic: () => fake.time.nowMs,
      notice: (content) => void noticed.push(content),
      actors: () => ({
        node: "n1",
        kinds: [],
        actors: [{
          name: "archive",
          parent: "hubbub",
          depth: 0,
          bound: 1,
          handled: 2,
          restarts: 0,
          state: "running",
        }],
      }),
      answer(me, command) {
        asked.push({ user: me.name, command });
        if (command.type === "rooms") return Promise.resolve({ type: "rooms", rooms: [] });
        if (command.type === "history" && command.room === "secret") {
          return Promise.reject(new Refusal("not_member", "you are not a member of this room"));
        }
        if (command.type === "history" && command.room === "broken") {
          return Promise.reject(new Error("disk on fire"));
        }
        return Promise.resolve({ type: "results", messages: [], more: false });
      },
      say(by, command) {
        asked.push({ user: by.user.name, command });
        return Promise.resolve({
          type: "sent",
          room: command.room,
          seq: 7,
          at: 1,
          ...(command.key === "again" ? { duplicate: true } : {}),
        });
      },
    },
  });
  const ask = async (path: string, { method, body, token, headers, address }: Ask = {}) => {
    const request = new Request(`${ORIGIN}${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: {
        host: "chat.example:8080",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const response = await app(request, { address: address ?? "203.0.113.9" });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      cookies: response.headers.getSetCookie(),
      json: text === "" ? undefined : JSON.parse(text),
    };
  };
  const close = () => fake.store.close();
  return { ...fake, ask, asked, failures, noticed, close };
}

/** What a browser would send of the cookie that it was given. */
export function kept(cookies: readonly string[]): string {
  return cookies.map((cookie) => cookie.split(";")[0]).join("; ");
}
