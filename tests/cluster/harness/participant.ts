import { delay } from "@std/async/delay";
import type { Conversation, LogEvent, ServerEvent } from "../../../protocol/events.ts";
import { LOG_EVENTS } from "../../../protocol/events.ts";
import type { Dice } from "../../chat/model_dice.ts";
import { PATIENCE_MS } from "../../patience.ts";
import { type Answer, Line } from "./line.ts";
import { sayElsewhere } from "./second_device.ts";
import { contentFor } from "./room_log.ts";
import {
  type Changed,
  type Noted,
  type RoomKey,
  roomKey,
  spokenName,
  type Testimony,
} from "./testimony.ts";

const BACKOFF_MAX_MS = 300;
const RETRY_MS = 200;
const LOOK_EVERY_MS = 20;
/** What a server may say that cannot serve now. */
const EXCUSES = new Set(["unavailable", "busy"]);
/** What a change of a message may come to that another has deleted meanwhile. */
const RACES = new Set(["no_such_message", "conflict"]);
/** A guest on another node is known here a moment after it came, later when that word was lost. */
const UNKNOWN_YET = new Set(["no_such_user"]);
/** Of a group that one was put out of, until one is invited again. */
const OUTSIDE = "not_member";
/** One message of so many is said on two connections at once. */
const TWICE_IN = 6;
/** Closes that ask to come back: going away, too slow for what comes, or a bare end (0, 1005, 1006). */
const COME_BACK = new Set([0, 1000, 1001, 1005, 1006, 1013]);

export interface ParticipantOptions {
  readonly name: string;
  /** Public rooms to be in. */
  readonly rooms: readonly RoomKey[];
  /** Where nodes listen for WebSockets, now; some of them may be dead. */
  nodes(): readonly string[];
  /** The first node; later ones are picked by the dice. */
  readonly start: number;
  readonly dice: Dice;
  /** By these it says some things twice at once; and it may be put out of its group. */
  readonly upheaval?: Dice;
  /** For a test of the oracle: what this client takes an event for. */
  readonly mishear?: (event: LogEvent) => LogEvent[];
}

/**
 * A client as it should be: keeps what it hears, notes what is acknowledged, says again what was
 * not, and comes back on any node with `since`. An answer, an error or the end of the connection that
 * does not come with much patience is a promise broken; the report has the longest. Long because what
 * it may believe of a room depends on how it came there, which all of its hearing and saying share.
 */
export class Participant implements Testimony {
  readonly heard = new Map<RoomKey, LogEvent[]>();
  readonly jumps = new Map<RoomKey, Set<number>>();
  readonly present: Set<RoomKey>;
  readonly noted: Noted[] = [];
  readonly changed: Changed[] = [];
  readonly complaints: string[] = [];
  /** How often each error code was said, each close code came. */
  readonly refusals = new Map<string, number>();
  readonly endings = new Map<number, number>();
  /** From the time of a live message's commit to its coming, in milliseconds. */
  readonly lagsMs: number[] = [];
  longestSilenceMs = 0;
  /** What the last `welcome` listed. */
  conversations: readonly Conversation[] = [];
  #token: string | undefined;
  #line: Line | undefined;
  /** On this connection: entered, and to be entered. */
  #joined = new Set<RoomKey>();
  #joining = new Set<RoomKey>();
  /** Events up to here were there before the join. */
  readonly #replayed = new Map<RoomKey, number>();
  /** What was pushed while the join was on its way may come once more behind it. */
  readonly #repeated = new Map<RoomKey, number>();
  /** Groups that it was put out of. */
  #out = new Set<RoomKey>();
  readonly #unsent = new Map<RoomKey, number>();
  readonly #deleted = new Set<string>();
  #phase = "new";
  #connections = 0;
  #turns = 0;
  #keys = 0;
  #ended = false;
  readonly #living: Promise<void>;

  constructor(readonly options: ParticipantOptions) {
    this.present = new Set(options.rooms);
    this.#living = this.#live();
  }

  get name(): string {
    return this.options.name;
  }

  /** Whether it is connected and in all its rooms. */
  get isIn(): boolean {
    return this.#line?.isOpen === true && this.#joining.size === 0;
  }

  /** Messages that were not acknowledged yet. */
  get unsent(): number {
    return [...this.#unsent.values()].reduce((sum, each) => sum + each, 0);
  }

  /** For who looks why it is stuck. */
  get state(): string {
    const joining = [...this.#joining].join(", ") || "nothing";
    return `${this.name}: ${this.#phase}, joins ${joining}, has ${this.unsent} unsent, ` +
      `complains of ${this.complaints.slice(-3).join(", ") || "nothing"}`;
  }

  /** Where it has not heard all up to these. */
  behind(heads: ReadonlyMap<RoomKey, number>): string[] {
    return [...this.present].flatMap((room) => {
      const head = heads.get(room) ?? 0;
      return this.last(room) < head ? [`has ${room} up to ${this.last(room)} of ${head}`] : [];
    });
  }

  last(room: RoomKey): number {
    return this.heard.get(room)?.at(-1)?.seq ?? 0;
  }

  /** From now on it is to have everything of this room, whoever opened it. */
  belongs(room: RoomKey): void {
    this.present.add(room);
  }

  /** Enters a room that it was not in; in a group it hears already. */
  enter(room: RoomKey): void {
    this.present.add(room);
    const isUnderWay = this.#joined.has(room) || this.#joining.has(room);
    if (this.#line?.isOpen && !isUnderWay) void this.#join(this.#line, room);
  }

  /** Leaves a public room; false when it has something to say there still, or cannot now. */
  async leave(room: RoomKey): Promise<boolean> {
    const line = this.#line;
    if (!line || (this.#unsent.get(room) ?? 0) > 0 || !this.#joined.has(room)) return false;
    this.present.delete(room);
    const answer = await this.#ask(line, { type: "leave", room });
    if (answer.type === "left" || answer.type === "ended") return true;
    this.present.add(room);
    return false;
  }

  /** Says something there, on whatever connection, until it is acknowledged. */
  async say(room: RoomKey): Promise<void> {
    const key = `${this.name}-${++this.#keys}`;
    const content = contentFor(key);
    this.#unsent.set(room, (this.#unsent.get(room) ?? 0) + 1);
    const became = new Set<number>();
    let tries = 0;
    let first: Pick<Noted, "after" | "connection" | "turn"> | undefined;
    while (!this.#ended) {
      const line = await this.#lineIn(room);
      if (!line) return;
      first ??= {
        after: Math.max(this.last(room), this.#lastNoted(room)),
        connection: this.#connections,
        turn: ++this.#turns,
      };
      const spoken = spokenName(room, this.name);
      const command = { type: "message", room: spoken, content, key };
      const allowed = room.startsWith("@") ? UNKNOWN_YET : EXCUSES;
      const answers = [this.#ask(line, command, allowed)];
      if (this.options.upheaval?.once(TWICE_IN)) answers.push(this.#sayElsewhere(command));
      tries += answers.length;
      const [answer, other] = await Promise.all(answers) as [Answer, Answer?];
      for (const each of [answer, other]) if (each?.type === "sent") became.add(each.seq);
      if (answer.type === "sent") {
        if (became.size > 1) this.complaints.push(`${key} became ${[...became].join(" and ")}`);
        this.noted.push({ room, key, content, seq: answer.seq, tries, ...first });
        this.#unsent.set(room, this.#unsent.get(room)! - 1);
        return;
      }
      if (answer.type === "error") await delay(answer.retry_ms ?? RETRY_MS);
    }
  }

  /** Edits or deletes a message of its own, once, whatever comes of it. */
  async change(noted: Noted, type: "edit" | "delete"): Promise<void> {
    const line = this.#line;
    const { room, seq, key } = noted;
    if (!line || !this.#isThere(room) || this.#deleted.has(key)) return;
    if (type === "delete") this.#deleted.add(key);
    const content = type === "edit" ? `${noted.content}, edited ${++this.#keys}` : undefined;
    const spoken = spokenName(room, this.name);
    const answer = await this.#ask(line, { type, room: spoken, seq, content }, RACES);
    if (answer.type !== "ok" || answer.seq === undefined) return;
    const became = type === "edit" ? "edited" : "deleted";
    this.changed.push({ room, seq: answer.seq, type: became, target: seq });
  }

  /** Any other command about a room, once, whatever comes of it. */
  async tell(room: RoomKey, command: Record<string, unknown>): Promise<Answer> {
    const line = this.#line;
    if (!line || !this.#isThere(room)) return { type: "ended" };
    const spoken = { ...command, room: spokenName(room, this.name) };
    return await this.#ask(line, spoken, command["type"] === "create" ? UNKNOWN_YET : RACES);
  }

  /** Ends the connection, to come back on whatever node. */
  async hangUp(): Promise<void> {
    this.#phase += ", hanging up";
    await this.#line?.close();
  }

  /** Everything that its node has sent it until now has come; or its connection has ended. */
  async sync(): Promise<void> {
    if (this.#line) await this.#ask(this.#line, { type: "ping" });
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.hangUp();
    await this.#living;
  }

  async #live(): Promise<void> {
    const { nodes, dice, name } = this.options;
    for (let node = this.options.start; !this.#ended; node = dice.below(1_000)) {
      const addresses = nodes();
      const ws = addresses[node % addresses.length]!;
      this.#phase = `connecting to ${ws}`;
      const line = await Line.open({
        ws,
        who: this.#token === undefined ? { name } : { token: this.#token },
        patienceMs: PATIENCE_MS,
        hear: (event) => this.#hear(event),
      });
      if (line === "silent") this.complaints.push(`neither welcome nor close in ${PATIENCE_MS} ms`);
      if (line instanceof Line) {
        this.#connections++;
        this.#line = line;
        this.#phase = `connected to ${ws}`;
        for (const room of this.#joining) void this.#join(line, room);
        // It may have been told to end while it was connecting.
        if (this.#ended) void line.close();
        const code = await line.closed;
        this.#line = undefined;
        this.longestSilenceMs = Math.max(this.longestSilenceMs, line.longestMs);
        count(this.endings, code);
        if (!COME_BACK.has(code)) this.complaints.push(`was closed with ${code}`);
      }
      if (!this.#ended) await delay(dice.below(BACKOFF_MAX_MS));
    }
  }

  async #join(line: Line, room: RoomKey): Promise<void> {
    this.#joining.add(room);
    while (line.isOpen && this.#joining.has(room)) {
      const spoken = spokenName(room, this.name);
      const answer = await this.#ask(line, { type: "join", room: spoken, since: this.last(room) });
      if (answer.type === "error") await delay(answer.retry_ms ?? RETRY_MS);
    }
  }

  /** Whether it may act there on this connection: a join may still be refused. */
  #isThere(room: RoomKey): boolean {
    return this.present.has(room) && !this.#out.has(room) &&
      (!isPublic(room) || this.#joined.has(room));
  }

  /** The connection, once it is one that may speak there. */
  async #lineIn(room: RoomKey): Promise<Line | undefined> {
    while (!this.#ended) {
      const line = this.#line;
      const mayNow = this.#joined.has(room) ||
        (room.startsWith("@") && !this.#joining.has(room));
      if (line?.isOpen && mayNow) return line;
      await delay(LOOK_EVERY_MS);
    }
    return undefined;
  }

  async #ask(
    line: Line,
    command: Record<string, unknown>,
    allowed: ReadonlySet<string> = EXCUSES,
  ): Promise<Answer> {
    const answer = await line.ask(command);
    if (answer.type === "silent") {
      this.complaints.push(`no answer to ${JSON.stringify(command)} in ${PATIENCE_MS} ms`);
      await line.close();
    }
    if (answer.type === "error") {
      count(this.refusals, answer.code);
      const mayBeOut = this.options.upheaval !== undefined && isGroup(String(command["room"]));
      const isExcused = allowed.has(answer.code) || EXCUSES.has(answer.code) ||
        (mayBeOut && answer.code === OUTSIDE);
      if (!isExcused) {
        this.complaints.push(`${JSON.stringify(command)} got ${JSON.stringify(answer)}`);
      }
    }
    return answer;
  }

  #hear(event: ServerEvent): void {
    switch (event.type) {
      case "welcome":
        this.#token = event.token;
        this.conversations = event.rooms;
        this.#joined = new Set();
        this.#joining = new Set(this.present);
        this.#out = this.#notListed(event.rooms);
        for (const { room, kind } of event.rooms) {
          if (kind !== "public") this.#joining.add(roomKey(room, this.name));
        }
        for (const room of this.#joining) this.present.add(room);
        return;
      case "joined":
        if ("kind" in event) this.#hasJoined(roomKey(event.room, this.name), event);
        return;
      case "left":
        if ("re" in event) this.#joined.delete(event.room);
        return;
      case "error":
        if (event.re !== undefined) return;
        count(this.refusals, event.code);
        if (!EXCUSES.has(event.code)) this.complaints.push(JSON.stringify(event));
        return;
    }
    if (event.type in LOG_EVENTS) this.#hearLog(event as LogEvent);
  }

  #hasJoined(room: RoomKey, { seq, first }: { seq: number; first?: number }): void {
    this.#joining.delete(room);
    this.#joined.add(room);
    this.#out.delete(room);
    this.#replayed.set(room, seq);
    this.#repeated.set(room, this.last(room));
    if (first === undefined) return;
    const jumps = this.jumps.get(room) ?? new Set();
    this.jumps.set(room, jumps.add(first));
  }

  #hearLog(event: LogEvent): void {
    const room = roomKey(event.room, this.name);
    const became = event.type === "member" && event.user === this.name ? event.change : undefined;
    if (this.#out.has(room)) {
      if (became !== "invited") {
        this.complaints.push(
          `heard ${event.type} ${event.seq} of ${room}, which it was put out of`,
        );
        return;
      }
      this.#out.delete(room);
      if (this.#line && !this.#joining.has(room)) void this.#join(this.#line, room);
    }
    if (became === "kicked" && event.seq > (this.#replayed.get(room) ?? 0)) {
      // The last of it that is heard, should it be the next.
      this.#joined.delete(room);
      this.#out.add(room);
    }
    if (!this.#joined.has(room) && !this.#takesPush(room, event)) return;
    const isAgain = event.seq <= (this.#repeated.get(room) ?? 0) && !isPublic(room);
    if (isAgain && this.#joined.has(room)) return;
    const log = this.heard.get(room) ?? [];
    this.heard.set(room, log);
    log.push(...(this.options.mishear?.(event) ?? [event]));
    const live = event.seq > (this.#replayed.get(room) ?? 0);
    if (live && event.type === "message") this.lagsMs.push(Date.now() - event.at);
  }

  /** Groups and direct rooms speak before the join, and the join does not repeat what fits. */
  #takesPush(room: RoomKey, { type, seq }: LogEvent): boolean {
    if (isPublic(room)) {
      this.complaints.push(`heard ${type} ${seq} of ${room} without being there`);
      return false;
    }
    this.present.add(room);
    if (seq === this.last(room) + 1) return true;
    // Began before this connection: it comes with the join.
    if (this.#line && !this.#joining.has(room) && !this.#out.has(room)) {
      void this.#join(this.#line, room);
    }
    return false;
  }

  /** As a client does that takes its connection for lost, while it is not. */
  async #sayElsewhere(command: Record<string, unknown>): Promise<Answer> {
    const { nodes, upheaval } = this.options;
    const ws = upheaval!.pick(nodes());
    return await sayElsewhere({ ws, who: { token: this.#token! }, command });
  }

  /** Groups that it was in, and is not as it comes back. */
  #notListed(listed: readonly Conversation[]): Set<RoomKey> {
    if (!this.options.upheaval) return new Set();
    const names = new Set(listed.map(({ room }) => room));
    return new Set(
      [...this.heard.keys()].filter((room) => isGroup(room) && !names.has(room)),
    );
  }

  #lastNoted(room: RoomKey): number {
    let last = 0;
    for (const noted of this.noted) {
      if (noted.room === room && noted.seq > last) last = noted.seq;
    }
    return last;
  }
}

export function isPublic(room: RoomKey): boolean {
  return room.startsWith("r");
}

export function isGroup(room: RoomKey): boolean {
  return room.startsWith("g");
}

function count<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
