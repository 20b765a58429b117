import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import type { Said } from "../../../chat/chat_client.ts";
import type { Ledger } from "../../../chat/ledger.ts";
import type { Dice } from "../../../chat/model_dice.ts";
import { ReturningClient } from "../../../chat/returning_client.ts";
import type { Scene } from "./scene.ts";

/** How long a command may stay without an answer on a connection that lives. */
const ANSWER_WITHIN_MS = 30_000;
/** What a command may come to in a crowd that does as it likes; all other refusals are faults. */
const EXPECTED = new Set([
  ...["forbidden", "banned", "muted", "blocked", "no_such_room", "no_such_user"],
  ...["no_such_message", "not_member", "conflict", "rate_limited", "stranger_limit", "busy"],
]);
/** How a good client's connection may end: by itself, or because it was too slow. */
const ENDS = new Set([1000, 1005, 1006, 1013, 0]);
const EMOJIS = ["👍", "🎉", "😀"];
const MINE_MAX = 8;

/** Somebody who comes, goes, and does all that one may do. */
export class Citizen {
  readonly client: ReturningClient;
  /** Two public rooms. */
  readonly home: readonly string[];
  readonly #mine: { room: string; seq: number }[] = [];
  #group: string | undefined;
  #groups = 0;

  constructor(
    readonly scene: Scene,
    readonly dice: Dice,
    name: string,
    /** Another's name: for direct messages, and to be invited, muted, blocked. */
    readonly other: () => string,
    ledger: Ledger,
  ) {
    const { ws, address } = scene;
    this.client = new ReturningClient({ ws, name, ledger, headers: address(dice) });
    this.home = [dice.pick(scene.rooms), dice.pick(scene.rooms)];
    this.client.onEvent = (event) => this.#follow(event);
  }

  /** Comes in for so long, and is away again. */
  async visit(stayMs: number): Promise<void> {
    const { client, dice, scene } = this;
    client.come();
    for (const room of this.home) await this.#inTime(client.join(room), `join ${room}`);
    const startMs = performance.now();
    while (!scene.over && performance.now() - startMs < stayMs) {
      await this.#act();
      await delay(scene.paceMs * (0.5 + dice.below(100) / 100));
    }
    await client.leave();
    for (const [code, count] of client.closes) {
      if (!ENDS.has(code)) scene.fault(`${client.name} was closed with ${code}, ${count} times`);
    }
    client.closes.clear();
    for (const fault of client.faults.splice(0)) scene.fault(fault);
  }

  #follow(event: Said): void {
    const { client } = this;
    if (event.type === "member" && event.user === client.name) {
      if (event.change === "invited" || event.change === "joined") {
        if (!client.rooms.includes(event.room)) void client.join(event.room);
      } else if (["kicked", "banned", "left"].includes(event.change)) client.forget(event.room);
    }
    if (event.type === "room" && event.dissolved) client.forget(event.room);
  }

  #act(): Promise<void> {
    const { dice } = this;
    const rolled = dice.below(100);
    const [room, mine] = [dice.pick(this.home), dice.pick(this.#mine)];
    if (rolled < 50 || !mine) return this.#say(room);
    if (rolled < 55) return this.#ask({ type: "edit", ...mine, content: "edited" });
    if (rolled < 57) return this.#ask({ type: "delete", ...mine });
    if (rolled < 65) return this.#react(mine.room);
    if (rolled < 70) return this.#ask({ type: "typing", room });
    if (rolled < 75) return this.#ask({ type: "read", room, seq: this.client.seq(room) });
    if (rolled < 82) return this.#look(room);
    if (rolled < 90) return this.#direct();
    if (rolled < 98) return this.#lead();
    return this.#leaveAndReturn(room);
  }

  async #say(room: string): Promise<void> {
    const { client, dice } = this;
    if (!client.rooms.includes(room)) return;
    const words = 1 + dice.below(30);
    const reply = await this.#inTime(
      client.say(room, "well said ".repeat(words)),
      `say in ${room}`,
    );
    if (reply?.type !== "sent") return this.#judge(reply, "message");
    this.#mine.push({ room, seq: reply.seq });
    if (this.#mine.length > MINE_MAX) this.#mine.shift();
  }

  #react(room: string): Promise<void> {
    const seq = Math.max(1, this.client.seq(room) - this.dice.below(20));
    const emoji = this.dice.pick(EMOJIS);
    return this.#ask({ type: "react", room, seq, emoji, on: !this.dice.once(3) });
  }

  #look(room: string): Promise<void> {
    const command = this.dice.pick([
      { type: "unread" },
      { type: "history", room, limit: 50 },
      { type: "history", room, before: this.client.seq(room), limit: 10 },
      { type: "search", query: "well said", limit: 10 },
      { type: "search", query: "sa", room, limit: 10 },
      { type: "rooms" },
      { type: "members", room },
      { type: "ping" },
    ]);
    return this.#ask(command);
  }

  async #direct(): Promise<void> {
    const { client, dice } = this;
    const user = this.other();
    if (user === client.name) return;
    if (dice.once(10)) {
      await this.#ask({ type: "block", user });
      return this.#ask({ type: "unblock", user });
    }
    const room = `@${user}`;
    await this.#inTime(client.join(room), `join ${room}`);
    await this.#say(room);
  }

  /** Makes a group of one's own, does what an owner does there, and ends it. */
  async #lead(): Promise<void> {
    const { client, dice } = this;
    const user = this.other();
    const room = this.#group;
    if (room === undefined) {
      const made = `g-${client.name}-${++this.#groups}`;
      const kind = dice.once(3) ? "public" : "group";
      const reply = await this.#reply({ type: "create", room: made, kind, members: [user] });
      if (reply?.type !== "created") return;
      this.#group = made;
      return void await this.#inTime(client.join(made), `join ${made}`);
    }
    if (dice.once(6)) {
      this.#group = undefined;
      return this.#ask({ type: "dissolve", room });
    }
    if (dice.once(2)) return this.#say(room);
    return this.#ask(dice.pick([
      { type: "set", room, title: "A title", topic: `topic ${dice.below(100)}` },
      { type: "invite", room, user },
      { type: "kick", room, user, reason: "no reason" },
      { type: "ban", room, user },
      { type: "unban", room, user },
      { type: "mute", room, user, seconds: 1 },
      { type: "role", room, user, role: dice.once(2) ? "moderator" : "member" },
    ]));
  }

  async #leaveAndReturn(room: string): Promise<void> {
    const { client } = this;
    client.forget(room);
    await this.#ask({ type: "leave", room });
    await this.#inTime(client.join(room), `join ${room}`);
  }

  async #ask(command: Record<string, unknown>): Promise<void> {
    await this.#reply(command);
  }

  async #reply(command: Record<string, unknown>): Promise<Said | undefined> {
    const reply = await this.#inTime(this.client.ask(command), String(command.type));
    this.#judge(reply, String(command.type));
    return reply;
  }

  #judge(reply: Said | undefined, what: string): void {
    this.scene.count(reply ? reply.code ?? reply.type : "no answer");
    if (reply?.type !== "error" || EXPECTED.has(reply.code)) return;
    this.scene.fault(`${what}: ${reply.code} ${reply.message}`);
  }

  /** Undefined, and a fault, when it takes too long. */
  async #inTime<T>(coming: Promise<T>, what: string): Promise<T | undefined> {
    const startMs = performance.now();
    try {
      const answer = await deadline(coming, ANSWER_WITHIN_MS);
      this.scene.took(performance.now() - startMs);
      return answer;
    } catch {
      this.scene.fault(`${what} has no answer`);
      return undefined;
    }
  }
}
