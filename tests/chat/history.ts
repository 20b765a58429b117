import { delay } from "@std/async/delay";
import type { Client, Said } from "./chat_client.ts";

/** All messages of a room, oldest first, read page by page. */
export async function wholeHistory(client: Client, room: string): Promise<Said[]> {
  const messages: Said[] = [];
  for (let more = true; more;) {
    const after = messages.at(-1)?.seq ?? 0;
    const page = await client.ask({ type: "history", room, after, limit: 200 });
    if (page.type === "error") {
      if (page.retry_ms === undefined) throw new Error(`${room}: ${page.code} ${page.message}`);
      await delay(page.retry_ms);
      continue;
    }
    messages.push(...page.messages);
    more = page.more;
    client.forget();
  }
  return messages;
}
