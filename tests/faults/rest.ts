import type { Said } from "../chat/chat_client.ts";
import type { ChatServer } from "../chat/chat_server.ts";

export interface Ask {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A request to the API; answers status, headers and JSON. */
export async function rest(
  chat: Pick<ChatServer, "http">,
  path: string,
  { method, token, body, headers }: Ask = {},
) {
  const response = await fetch(`${chat.http}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    json: (text === "" ? {} : JSON.parse(text)) as Said,
  };
}
