import { PATIENCE_MS } from "../../patience.ts";
import { type Answer, Line, type LineOptions } from "./line.ts";

/**
 * Says something in a room on a connection of its own, once, and leaves. Answers what came of it;
 * who had to join first and could not answers that.
 */
export async function sayElsewhere(
  { command, ...where }: Pick<LineOptions, "ws" | "who"> & {
    readonly command: Record<string, unknown>;
  },
): Promise<Answer> {
  const line = await Line.open({ ...where, patienceMs: PATIENCE_MS, hear() {} });
  if (!(line instanceof Line)) return { type: line };
  try {
    const joined = await line.ask({ type: "join", room: command["room"], history: 0 });
    // A direct conversation that is to begin now cannot be joined, nor needs to be.
    const isReady = joined.type === "joined" || String(command["room"]).startsWith("@");
    return isReady ? await line.ask(command) : joined;
  } finally {
    await line.close();
  }
}
