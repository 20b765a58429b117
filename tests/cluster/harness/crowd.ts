import { delay } from "@std/async/delay";
import type { LogEvent } from "../../../protocol/events.ts";
import { Dice } from "../../chat/model_dice.ts";
import { PATIENCE_MS } from "../../patience.ts";
import { finalHistories } from "./histories.ts";
import { Participant } from "./participant.ts";
import { peopleDiffer } from "./people.ts";
import { talk } from "./talk.ts";
import { directRoom, type RoomKey } from "./testimony.ts";
import { unreadDiffers } from "./unread.ts";
import { type Group, upheave } from "./upheaval.ts";
import { verdict } from "./verdict.ts";

export interface CrowdOptions {
  /** Where nodes listen for WebSockets, now. */
  nodes(): readonly string[];
  readonly clients: number;
  readonly rooms: number;
  /** Public rooms that each participant is in; it is in a group, too. */
  readonly roomsEach: number;
  readonly paceMs: number;
  readonly seed: number;
  /**
   * Everybody says some things on two connections at once, and the members of groups are put out,
   * invited again and given roles.
   */
  readonly upheaval?: boolean;
  /** For a test of the oracle: what the first participant takes events for. */
  readonly mishear?: (event: LogEvent) => LogEvent[];
}

/** What takes longer hangs: much more than a machine needs that others use, too. */
const GATHER_MAX_MS = 2 * PATIENCE_MS;
/** After a fault has ended: until everybody is served, has all acknowledged, and has heard it. */
const SETTLE_MAX_MS = 2 * PATIENCE_MS;
/** For what comes late and should not come. */
const QUIET_MS = 500;
const GROUP_SIZE = 8;
const LOOK_EVERY_MS = 50;

/** Participants spread over the nodes, under random load. */
export class Crowd implements AsyncDisposable {
  readonly participants: Participant[];
  readonly #groups: Group[] = [];
  #over = false;
  #talking: Promise<unknown> = Promise.resolve();

  private constructor(readonly options: CrowdOptions) {
    const { clients, rooms, roomsEach, seed, upheaval, mishear } = options;
    this.participants = Array.from({ length: clients }, (_, index) => {
      const first = index % rooms;
      return new Participant({
        name: `c${index}`,
        rooms: Array.from({ length: roomsEach }, (_, each) => `r${(first + each) % rooms}`),
        nodes: () => options.nodes(),
        start: index,
        dice: new Dice(seed + 1 + index),
        ...(upheaval ? { upheaval: new Dice(seed + 20_000 + index) } : undefined),
        ...(index === 0 && mishear ? { mishear } : undefined),
      });
    });
  }

  /** Everybody is in its rooms, has said something there, and is in a group. */
  static async gather(options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(options);
    try {
      await crowd.#until(GATHER_MAX_MS, "is in its rooms", ({ isIn }) => isIn);
      await Promise.all(crowd.participants.map((each) => each.say(each.options.rooms[0]!)));
      await crowd.#makeGroups();
      await crowd.#until(GATHER_MAX_MS, "is in its group", ({ isIn }) => isIn);
      return crowd;
    } catch (error) {
      await crowd[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How many messages were acknowledged so far. */
  get acknowledged(): number {
    return this.participants.reduce((sum, { noted }) => sum + noted.length, 0);
  }

  start(): void {
    const { paceMs, seed, upheaval } = this.options;
    const names = this.participants.map(({ name }) => name);
    const isOver = () => this.#over;
    const talks = this.participants.map((each, index) =>
      talk(each, {
        dice: new Dice(seed + 10_000 + index),
        paceMs,
        others: names.filter((name) => name !== each.name),
        isOver,
      })
    );
    const upheavals = (upheaval ? this.#groups : []).map((group, index) =>
      upheave(group, { dice: new Dice(seed + 30_000 + index), paceMs, isOver })
    );
    this.#talking = Promise.all([...talks, ...upheavals]);
  }

  /** From now on everybody has a message acknowledged: nobody is left out, and it goes on. */
  async isServed(): Promise<void> {
    const before = new Map(this.participants.map((each) => [each, each.noted.length]));
    await this.#until(
      SETTLE_MAX_MS,
      "has something acknowledged",
      (each) => each.noted.length > before.get(each)!,
    );
  }

  /** Everything that nodes have sent until now has come. */
  async sync(): Promise<void> {
    await Promise.all(this.participants.map((each) => each.sync()));
  }

  /** How often somebody was told so. */
  refused(code: string): number {
    return this.participants.reduce((sum, { refusals }) => sum + (refusals.get(code) ?? 0), 0);
  }

  /**
   * Ends the load, waits until all was acknowledged and heard, lets everybody come back once more
   * and answers what broke.
   */
  async finish(): Promise<string[]> {
    this.#over = true;
    await this.#talking;
    const broken: string[] = [];
    const expect = (ms: number, what: string, holds: (each: Participant) => boolean) =>
      this.#until(ms, what, holds, (each) => each.behind(heads).join(", ")).catch((error) =>
        void broken.push(error.message)
      );
    let heads: ReadonlyMap<RoomKey, number> = new Map();
    await expect(SETTLE_MAX_MS, "has all acknowledged", ({ unsent }) => unsent === 0);
    this.#tellWhatBelongs();
    heads = this.#heads();
    const isUpToDate = (each: Participant) => each.behind(heads).length === 0;
    await expect(SETTLE_MAX_MS, "has heard everything", isUpToDate);
    await Promise.all(this.participants.map((each) => each.hangUp()));
    await delay(QUIET_MS);
    heads = this.#heads();
    await expect(SETTLE_MAX_MS, "came back", (each) => each.isIn && isUpToDate(each));
    await delay(QUIET_MS);
    broken.push(...this.participants.flatMap(unreadDiffers));
    broken.push(...await peopleDiffer(this.participants, SETTLE_MAX_MS));
    const { late, histories } = await finalHistories(this.options.nodes(), heads);
    broken.push(...verdict([...this.participants, ...late], histories));
    return broken;
  }

  /** One line of what there was. */
  report(): string {
    const sum = (of: (each: Participant) => ReadonlyMap<unknown, number>) => {
      const sums = new Map<unknown, number>();
      for (const each of this.participants) {
        for (const [key, value] of of(each)) sums.set(key, (sums.get(key) ?? 0) + value);
      }
      return [...sums].map(([key, value]) => `${key} ${value}`).join(", ") || "none";
    };
    const heard = this.participants.reduce(
      (total, each) => total + [...each.heard.values()].reduce((sum, log) => sum + log.length, 0),
      0,
    );
    const lags = this.participants.flatMap(({ lagsMs }) => lagsMs).sort((a, b) => a - b);
    const at = (share: number) => lags[Math.floor(share * (lags.length - 1))] ?? 0;
    const silence = Math.max(...this.participants.map(({ longestSilenceMs }) => longestSilenceMs));
    return [
      `seed ${this.options.seed}`,
      `${this.acknowledged} messages acknowledged, ${heard} events heard`,
      `lag p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} ms`,
      `longest answer ${Math.round(silence)} ms`,
      `refusals: ${sum(({ refusals }) => refusals)}`,
      `closes: ${sum(({ endings }) => endings)}`,
    ].join("; ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await Promise.all(this.participants.map((each) => each.end()));
    await this.#talking;
  }

  async #makeGroups(): Promise<void> {
    for (let from = 0; from < this.participants.length; from += GROUP_SIZE) {
      const [owner, ...members] = this.participants.slice(from, from + GROUP_SIZE);
      if (!owner || members.length === 0) return;
      const room = `g${from}`;
      owner.belongs(room);
      const names = members.map(({ name }) => name);
      // Of people who have just come the other nodes hear a moment later.
      for (const untilMs = performance.now() + GATHER_MAX_MS;; await delay(LOOK_EVERY_MS)) {
        const answer = await owner.tell(room, { type: "create", kind: "group", members: names });
        if (answer.type === "created") break;
        const isKnown = answer.type !== "error" || answer.code !== "no_such_user";
        if (isKnown || performance.now() > untilMs) {
          throw new Error(`expected a group, got ${JSON.stringify(answer)}`);
        }
      }
      for (const each of [owner, ...members]) each.enter(room);
      this.#groups.push({ room, owner, members });
    }
  }

  /** Who was written to has to have it, also when nothing of it ever came. */
  #tellWhatBelongs(): void {
    const byName = new Map(this.participants.map((each) => [each.name, each]));
    for (const { noted, name } of this.participants) {
      for (const { room } of noted) {
        if (!room.startsWith("@")) continue;
        const other = room.split(" ").map((each) => each.slice(1)).find((each) => each !== name)!;
        byName.get(other)?.belongs(directRoom(name, other));
      }
    }
  }

  /** The highest seq of each room that anybody knows of. */
  #heads(): Map<RoomKey, number> {
    const heads = new Map<RoomKey, number>();
    const raise = (room: RoomKey, seq: number) =>
      heads.set(room, Math.max(heads.get(room) ?? 0, seq));
    for (const each of this.participants) {
      for (const room of each.heard.keys()) raise(room, each.last(room));
      for (const { room, seq } of [...each.noted, ...each.changed]) raise(room, seq);
    }
    return heads;
  }

  async #until(
    maxMs: number,
    what: string,
    holds: (each: Participant) => boolean,
    lacks: (each: Participant) => string = () => "",
  ): Promise<void> {
    const untilMs = performance.now() + maxMs;
    let waitsFor = this.participants;
    for (;;) {
      waitsFor = waitsFor.filter((each) => !holds(each));
      if (waitsFor.length === 0) return;
      if (performance.now() > untilMs) break;
      await delay(LOOK_EVERY_MS);
    }
    const some = waitsFor.slice(0, 5).map((each) => `${each.state} ${lacks(each)}`).join("\n");
    throw new Error(
      `${waitsFor.length} not so after ${maxMs} ms: expected that each ${what}:\n${some}\n…`,
    );
  }
}
