import { assertEquals } from "@std/assert";
import { Client, type Said } from "./chat_client.ts";
import type { ChatServer } from "./chat_server.ts";

/** Who stands where in the rooms that a cast makes. */
export const PARTS = ["owner", "moderator", "member", "stranger", "banned"] as const;
export type Part = typeof PARTS[number];
export type NamedKind = "public" | "group";

export interface Stage {
  readonly room: string;
  /** The `seq` of a message by the victim. */
  readonly message: number;
}

/**
 * Five clients, each called by its part, a victim whom things are done to, and somebody who is in
 * no room. They make as many rooms as a test wants, where all of them stand as they are called.
 */
export class Cast implements AsyncDisposable {
  #rooms = 0;

  private constructor(
    readonly as: Readonly<Record<Part | "victim" | "newcomer", Client>>,
  ) {}

  static async gather(server: Pick<ChatServer, "ws">): Promise<Cast> {
    // Their parts alone are reserved names.
    const connect = (part: string) => Client.connect(server, `the-${part}`);
    return new Cast({
      owner: await connect("owner"),
      moderator: await connect("moderator"),
      member: await connect("member"),
      stranger: await connect("stranger"),
      banned: await connect("banned"),
      victim: await connect("victim"),
      newcomer: await connect("newcomer"),
    });
  }

  /** A room of its own for a test that changes it. In a public one all but the banned are there. */
  async stage(kind: NamedKind): Promise<Stage> {
    const { owner, moderator, member, stranger, victim } = this.as;
    const room = `${kind}-${++this.#rooms}`;
    const members = [moderator.name, member.name, victim.name];
    const orders = [
      { type: "create", room, kind, members },
      { type: "role", room, user: moderator.name, role: "moderator" },
      { type: "ban", room, user: "the-banned" },
    ];
    for (const order of orders) fine(await owner.ask(order));
    const present = [owner, moderator, member, victim, ...kind === "public" ? [stranger] : []];
    for (const client of present) fine(await client.join(room));
    const said = fine(await victim.say(room, "something to talk about"));
    return { room, message: said.seq };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.as).map((client) => client.close()));
  }
}

/** A reply that is no error. */
export function fine(reply: Said): Said {
  assertEquals(reply.type === "error" ? reply : undefined, undefined);
  return reply;
}

/** How a command went, in a word: "ok", or the code of its error. */
export function outcome(reply: Said): string {
  return reply.type === "error" ? reply.code : "ok";
}
