import { assert, assertEquals } from "@std/assert";
import { Client, type Said } from "./chat_client.ts";
import type { Event, Message, Room } from "./model.ts";

/** What a client knows of one room: what a client program that follows docs/protocol.md would. */
class View {
  /** Every event of the log so far, over all connections. */
  readonly seen: Said[] = [];
  /** On this connection before `joined`. */
  #pushed: Said[] = [];
  /** On this connection after `joined`. */
  #live: Said[] = [];
  joined = false;

  push(event: Said): void {
    (this.joined ? this.#live : this.#pushed).push(event);
  }

  /** Takes what came on this connection for seen, when it follows without a gap or a double. */
  settle(): void {
    if (this.joined) {
      const since = this.seen.length;
      const pushed = this.#pushed.filter(({ seq }) => seq > since);
      const all = this.#live[0]?.seq === since + 1 ? this.#live : [...pushed, ...this.#live];
      const seqs = all.map(({ seq }) => seq);
      assertEquals(seqs, seqs.map((_, index) => since + 1 + index), "a gap or a double");
      this.seen.push(...all);
      this.#pushed = [];
    }
    this.#live = [];
  }

  /** Out of the room, or off the line. */
  end(): void {
    this.settle();
    this.#pushed = [];
    this.joined = false;
  }

  get pushed(): number {
    return this.#pushed.length;
  }
}

const LOGGED = new Set(["message", "edited", "deleted", "reacted", "room", "member"]);

/** One device of a user: a client that comes and goes, and remembers what it saw. */
export class Device {
  readonly #views = new Map<string, View>();
  #client: Client | undefined;
  #heard = 0;

  constructor(readonly user: string, readonly token: string) {}

  get online(): boolean {
    return this.#client !== undefined;
  }

  get client(): Client {
    if (!this.#client) throw new Error(`a device of ${this.user} is offline`);
    return this.#client;
  }

  async connect(server: { readonly ws: string }): Promise<Said> {
    this.#client = await Client.connect(server, { token: this.token });
    this.#heard = 0;
    return this.#client.welcome;
  }

  async close(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    await client.close();
    this.listen();
    for (const view of this.#views.values()) view.end();
    this.#client = undefined;
  }

  async join(room: Room): Promise<void> {
    const name = room.nameFor(this.user);
    const view = this.#view(name);
    if (view.joined) return;
    const reply = await this.client.join(name, { since: view.seen.length });
    assertEquals(reply.type, "joined", JSON.stringify(reply));
    this.listen();
  }

  joined(room: Room): boolean {
    return this.#view(room.nameFor(this.user)).joined;
  }

  out(room: Room): void {
    this.listen();
    this.#view(room.nameFor(this.user)).end();
  }

  /** Waits until the log's end has come. */
  async reach(room: Room): Promise<void> {
    const name = room.nameFor(this.user);
    const view = this.#view(name);
    this.listen();
    view.settle();
    if (view.seen.length < room.seq) {
      await this.client.first((event) =>
        isLogged(event) && event.room === name &&
        event.seq === room.seq
      );
      this.listen();
      view.settle();
    }
    assertEquals(view.seen.length, room.seq, `${this.user} in ${name}`);
  }

  /** Nothing came of a room that this user is not in. */
  hearsNothingOf(room: Room): void {
    this.listen();
    assertEquals(this.#view(room.nameFor(this.user)).pushed, 0, `${room.name} for ${this.user}`);
  }

  /** What it saw is what happened, and adds up to what the messages are. */
  agrees(room: Room): void {
    const { seen } = this.#view(room.nameFor(this.user));
    assertEquals(seen.map(eventOf), room.events.slice(0, seen.length));
    if (seen.length === room.seq) assertEquals(fold(seen), [...room.messages.values()]);
  }

  /** Hands what came since to the views, in order. */
  listen(): void {
    const said = this.#client?.said ?? [];
    for (; this.#heard < said.length; this.#heard++) {
      const event = said[this.#heard] as Said;
      if (isLogged(event)) this.#view(event.room).push(event);
      else if (event.type === "joined" && event.kind) this.#view(event.room).joined = true;
    }
  }

  #view(name: string): View {
    let view = this.#views.get(name);
    if (!view) this.#views.set(name, view = new View());
    return view;
  }
}

function isLogged(event: Said): boolean {
  // `room` and `read` come as replies, too; what is logged has a sender and a seq.
  return LOGGED.has(event.type) && event.seq !== undefined && event.re === undefined;
}

function eventOf({ seq, type, from, target, emoji, on, user, change, role }: Said): Event {
  const fields = { seq, type, from, target, emoji, on, user, change, role };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as Event;
}

/** A message as history shows it. */
export function messageOf(event: Said): Message {
  const { seq, from, content, edited, deleted, reactions = {} } = event;
  const names = Object.entries(reactions as Record<string, string[]>)
    .flatMap(([emoji, users]) => users.map((user) => `${emoji} ${user}`));
  return {
    seq,
    from,
    content,
    edited: edited !== undefined,
    deleted: deleted !== undefined,
    reactions: names.sort(),
  };
}

/** The messages that a log adds up to. */
function fold(events: readonly Said[]): Message[] {
  const messages = new Map<number, Message>();
  for (const event of events) {
    if (event.type === "message") messages.set(event.seq, messageOf(event));
    const message = messages.get(event.target);
    if (!message) continue;
    if (event.type === "deleted") {
      Object.assign(message, { content: "", deleted: true, reactions: [] });
    }
    if (message.deleted) continue;
    if (event.type === "edited") Object.assign(message, { content: event.content, edited: true });
    if (event.type === "reacted") {
      const mine = `${event.emoji} ${event.from}`;
      const others = message.reactions.filter((each) => each !== mine);
      message.reactions = (event.on ? [...others, mine] : others).sort();
    }
  }
  assert(messages.size <= events.length);
  return [...messages.values()];
}
