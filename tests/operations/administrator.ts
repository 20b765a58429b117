import type { ChatServer } from "../chat/chat_server.ts";

export interface Account {
  readonly name: string;
  readonly token: string;
}

/** A new account, by the API. */
export async function account(chat: ChatServer, name: string): Promise<Account> {
  const response = await fetch(`${chat.http}/api/accounts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, password: "correct horse battery" }),
  });
  const { token, ...rest } = await response.json();
  if (response.status !== 201) throw new Error(`${name}: ${JSON.stringify(rest)}`);
  return { name, token };
}

export async function administrator(chat: ChatServer, name = "Chief"): Promise<Account> {
  const made = await account(chat, name);
  const user = await chat.store.userByName(name.toLowerCase());
  if (!user) throw new Error(`${name} is not in the store`);
  await chat.store.setAdmin(user.id, true);
  return made;
}
