import { delay } from "@std/async/delay";
import type { Said } from "./chat_client.ts";
import type { Ledger } from "./ledger.ts";

const LOGGED = new Set(["message", "edited", "deleted", "reacted", "room", "member"]);
/** Refusals that mean: later. */
const PASSING = new Set(["rate_limited", "busy", "unavailable"]);
/** The ids of joins begin so. */
const JOINS = "join ";
const RETRY_MS = 50;
const RETRY_MAX_MS = 2_000;

/** What is known of one room. */
interface View {
  /** The newest event seen; undefined: never in. */
  seq: number | undefined;
  joined: boolean;
  /** A join is on its way: a second one would have everything said again. */
  asking: boolean;
  /** A group's or a direct conversation's: its events come before the join, and may come again. */
  lasting: boolean;
  /** Since a join: what was pushed before may be said again until something new comes. */
  replaying: boolean;
  /** Not acknowledged yet, oldest first; one is on its way at a time, so that order is kept. */
  saying: boolean;
  readonly unsaid: { readonly key: string; readonly content: string; done(reply: Said): void }[];
}

export interface ReturningClientOptions {
  /** Where the server is now. */
  ws(): string;
  readonly name: string;
  readonly ledger: Ledger;
  /** An account's; a guest is given one. */
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

/**
 * A client that does what docs/protocol.md asks of one: comes back with `since` whenever its
 * connection ends, says again by key what was not acknowledged, and answers the heartbeat. Whatever
 * comes twice, out of order or with a gap is an error in `faults`. Long because what may come after a
 * break depends on how far each room and each message had got before it.
 */
export class ReturningClient {
  readonly faults: string[] = [];
  /** How often it came in, and the close codes of the connections that ended. */
  entries = 0;
  readonly closes = new Map<number, number>();
  token: string | undefined;
  readonly #views = new Map<string, View>();
  readonly #waiting = new Map<string, (reply: Said | undefined) => void>();
  #socket: WebSocket | undefined;
  #wanted = false;
  #welcomed = false;
  #running: Promise<void> | undefined;
  #nextId = 1;
  #nextKey = 1;
  #onChange: (() => void)[] = [];
  /** Called with all that comes and is no reply. */
  onEvent: (event: Said) => void = () => {};

  constructor(readonly options: ReturningClientOptions) {
    this.token = options.token;
  }

  get name(): string {
    return this.options.name;
  }

  /** Has been let in. */
  get connected(): boolean {
    return this.#welcomed && this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Comes in, and back whenever it is put out, until `leave`. */
  come(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#running = this.#run();
  }

  /** Goes, as a page that is closed: what was said and not acknowledged is said at the next `come`. */
  async leave(): Promise<void> {
    this.#wanted = false;
    this.#socket?.close();
    await this.#running;
  }

  /** Wants to be in the room from now on. Resolves when it is, or when it may not be. */
  async join(room: string): Promise<void> {
    const view = this.#views.get(room) ?? this.#newView(room);
    if (this.connected && !view.joined) this.#askToJoin(room, view);
    await this.until(() => view.joined || this.#views.get(room) !== view);
  }

  joined(room: string): boolean {
    return this.#views.get(room)?.joined ?? false;
  }

  /** The newest event seen of a room; 0 before the first. */
  seq(room: string): number {
    return this.#views.get(room)?.seq ?? 0;
  }

  get rooms(): string[] {
    return [...this.#views.keys()];
  }

  /** Does not come back to the room any more. */
  forget(room: string): void {
    const view = this.#views.get(room);
    this.#views.delete(room);
    for (const { done } of view?.unsaid.splice(0) ?? []) {
      done({ type: "error", code: "not_member" });
    }
    this.#look();
  }

  /** Says it until it is acknowledged or refused for good, over as many connections as it takes. */
  say(room: string, content: string): Promise<Said> {
    const view = this.#views.get(room);
    if (!view) throw new Error(`${this.name} has not joined ${room}`);
    return new Promise((done) => {
      view.unsaid.push({ key: `${this.name}#${this.#nextKey++}`, content, done });
      void this.#sayAll(room, view);
    });
  }

  /** Any other command. Resolves with undefined when the connection ends before its reply. */
  ask(command: Record<string, unknown>): Promise<Said | undefined> {
    if (!this.connected) return Promise.resolve(undefined);
    const id = `c${this.#nextId++}`;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#send({ ...command, id });
    });
  }

  /** Resolves when the condition holds; looked at whenever something comes. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#onChange.push(resolve));
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (this.#wanted) {
      const before = this.entries;
      const code = await this.#connection();
      this.closes.set(code, (this.closes.get(code) ?? 0) + 1);
      failures = this.entries > before ? 0 : failures + 1;
      if (!this.#wanted) return;
      const waitMs = Math.min(RETRY_MAX_MS, RETRY_MS * 2 ** failures);
      await delay(waitMs * (0.5 + Math.random()));
    }
  }

  /** One connection from its beginning to its end; answers the close code. */
  async #connection(): Promise<number> {
    const { ws, name, headers } = this.options;
    const bearer = this.token === undefined ? [] : [`bearer.${this.token}`];
    const protocols = ["hubbub.json", ...bearer];
    const socket = new WebSocket(`${ws()}?name=${name}`, { protocols, headers: headers ?? {} });
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) this.#hear(JSON.parse(line));
      this.#look();
    };
    const code = await new Promise<number>((resolve) => {
      socket.onclose = (event) => resolve(event.code);
    });
    this.#welcomed = false;
    for (const view of this.#views.values()) view.joined = view.asking = false;
    const unanswered = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const resolve of unanswered) resolve(undefined);
    this.#look();
    return code;
  }

  #look(): void {
    const waiting = this.#onChange;
    this.#onChange = [];
    for (const look of waiting) look();
  }

  #hear(event: Said): void {
    const waiting = event.re === undefined ? undefined : this.#waiting.get(event.re);
    if (waiting) {
      this.#waiting.delete(event.re);
      waiting(event);
    }
    switch (event.type) {
      case "welcome":
        this.entries++;
        this.#welcomed = true;
        this.token = event.token;
        for (const [room, view] of this.#views) this.#askToJoin(room, view);
        break;
      case "ping":
        this.#send({ type: "pong" });
        break;
      case "joined":
        if (event.kind) this.#enter(event);
        break;
      case "error":
        if (typeof event.re === "string" && event.re.startsWith(JOINS)) this.#refused(event);
        break;
      default:
        if (LOGGED.has(event.type) && event.seq !== undefined && event.re === undefined) {
          this.#follow(event);
        }
    }
    if (event.re === undefined) this.onEvent(event);
  }

  #askToJoin(room: string, view: View): void {
    if (view.asking) return;
    view.asking = true;
    const from = view.seq === undefined ? { history: 0 } : { since: view.seq };
    this.#send({ type: "join", room, id: JOINS + room, ...from });
  }

  /** Not let in: for now, or for good. */
  #refused({ re, code, retry_ms }: Said): void {
    const room = String(re).slice(JOINS.length);
    const view = this.#views.get(room);
    if (!view || !PASSING.has(code)) return this.forget(room);
    view.asking = false;
    const again = () =>
      !view.joined && this.#views.get(room) === view && this.#askToJoin(room, view);
    void delay(retry_ms ?? RETRY_MS).then(again);
  }

  #enter({ room, kind, seq, first }: Said): void {
    const view = this.#views.get(room);
    if (!view) return;
    view.joined = true;
    view.asking = false;
    view.lasting = kind !== "public";
    view.replaying = view.lasting;
    view.seq = view.seq === undefined ? seq : first === undefined ? view.seq : first - 1;
    void this.#sayAll(room, view);
  }

  /** An event of a log: the very next, or something is wrong. */
  #follow(event: Said): void {
    const view = this.#views.get(event.room);
    if (view?.seq === undefined) return;
    const next = event.seq === view.seq + 1;
    if (!next) {
      // What was pushed before the join may come again in it; what was missed comes in it.
      if (event.seq <= view.seq ? view.replaying : !view.joined) return;
      this.faults.push(`${this.name}: ${event.room} ${event.seq} came after ${view.seq}`);
    }
    if (view.joined) view.replaying = false;
    view.seq = event.seq;
    this.options.ledger.saw(this.#roomId(event.room), event);
  }

  /** Says what is to be said, one after the other, while it is in the room. */
  async #sayAll(room: string, view: View): Promise<void> {
    if (view.saying) return;
    view.saying = true;
    for (let next; view.joined && (next = view.unsaid[0]);) {
      const { key, content } = next;
      const reply = await this.ask({ type: "message", room, content, key });
      // Without a reply it is said again after the next join.
      if (!reply || PASSING.has(reply.code)) {
        await delay(reply?.retry_ms ?? RETRY_MS);
        continue;
      }
      if (reply.type === "sent") {
        this.options.ledger.acknowledged(this.#roomId(room), key, reply.seq);
      }
      if (view.unsaid[0] === next) view.unsaid.shift();
      next.done(reply);
    }
    view.saying = false;
  }

  /** Both sides of a direct conversation call it by the other's name. */
  #roomId(room: string): string {
    return room.startsWith("@") ? [`@${this.name}`, room].sort().join(" ") : room;
  }

  #newView(room: string): View {
    const view = {
      seq: undefined,
      joined: false,
      asking: false,
      lasting: false,
      replaying: false,
      saying: false,
      unsaid: [],
    };
    this.#views.set(room, view);
    return view;
  }

  #send(command: Record<string, unknown>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(command));
  }
}
