import type { LogEvent, LogEventOf, WireMessage } from "../../../protocol/events.ts";
import type { RoomKey } from "./testimony.ts";

/** A room's log, put together from what everybody heard. */
export class RoomLog {
  readonly #events = new Map<number, { event: LogEvent; by: string }>();
  head = 0;

  constructor(readonly room: RoomKey) {}

  /** Answers how the event differs from what others heard under its number. */
  add(event: LogEvent, by: string): string[] {
    const known = this.#events.get(event.seq);
    this.head = Math.max(this.head, event.seq);
    if (!known) {
      this.#events.set(event.seq, { event, by });
      return [];
    }
    const one = identity(known.event), other = identity(event);
    if (one === other) return [];
    return [`${this.room} ${event.seq} is ${one} for ${known.by}, ${other} for ${by}`];
  }

  event(seq: number): LogEvent | undefined {
    return this.#events.get(seq)?.event;
  }

  message(seq: number): WireMessage | undefined {
    const event = this.event(seq);
    return event?.type === "message" ? event : undefined;
  }

  /** Messages that are there under two numbers. */
  doubles(): string[] {
    const seqs = new Map<string, number>();
    const broken: string[] = [];
    for (const { event } of this.#events.values()) {
      if (event.type !== "message" || event.key === undefined) continue;
      const name = `${event.from} ${event.key}`;
      const other = seqs.get(name);
      if (other !== undefined) {
        broken.push(`${this.room} has the message ${name} twice, at ${other} and ${event.seq}`);
      }
      seqs.set(name, event.seq);
    }
    return broken;
  }

  /** How a history differs from what the log leaves of each message. */
  differences(messages: readonly WireMessage[]): string[] {
    const broken: string[] = [];
    const shown = new Map<number, WireMessage>();
    let last = 0;
    for (const message of messages) {
      if (message.seq <= last) broken.push(`${message.seq} comes after ${last}`);
      last = message.seq;
      shown.set(message.seq, message);
    }
    const expected = this.#present();
    for (const [seq, text] of expected) {
      const message = shown.get(seq);
      const is = message && inShort(message);
      if (is !== text) broken.push(`${seq} is ${is ?? "not there"}, expected ${text}`);
    }
    for (const seq of shown.keys()) {
      if (!expected.has(seq)) broken.push(`${seq} is there, nobody heard of it`);
    }
    return broken;
  }

  /** Each message as the log leaves it. */
  #present(): Map<number, string> {
    const messages = new Map<number, { first: WireMessage; content: string; deleted: boolean }>();
    const reactions = new Map<number, Set<string>>();
    const ordered = [...this.#events].sort(([one], [other]) => one - other);
    for (const [seq, { event }] of ordered) {
      if (event.type === "message") {
        messages.set(seq, { first: event, content: said(event), deleted: false });
        reactions.set(seq, new Set());
      } else if (event.type === "edited") {
        const message = messages.get(event.target);
        if (message) message.content = event.content;
      } else if (event.type === "deleted") {
        const message = messages.get(event.target);
        if (message) message.deleted = true;
      } else if (event.type === "reacted") {
        const reaction = `${event.emoji} ${event.from}`;
        if (event.on) reactions.get(event.target)?.add(reaction);
        else reactions.get(event.target)?.delete(reaction);
      }
    }
    return new Map(
      [...messages].map(([seq, { first, content, deleted }]) => [
        seq,
        describe(first, deleted ? undefined : content, reactions.get(seq) ?? []),
      ]),
    );
  }
}

/** What makes an event the same for everybody, whenever they hear it: not its present state. */
function identity(event: LogEvent): string {
  return `${event.type} ${event.from} ${event.at} ${what(event)}`;
}

function what(event: LogEvent): string {
  switch (event.type) {
    case "message":
      return `${event.key} ${event.reply ?? ""}`;
    case "edited":
    case "deleted":
      return String(event.target);
    case "reacted":
      return `${event.target} ${event.emoji} ${event.on}`;
    case "member":
      return `${event.user} ${event.change}`;
    case "room":
      return JSON.stringify([event.title, event.topic, event.created, event.dissolved]);
  }
}

/** What a message said at first: participants make its content from its key. */
export function contentFor(key: string): string {
  return `this is ${key}`;
}

function said({ key, content }: LogEventOf<"message">): string {
  return key === undefined ? content : contentFor(key);
}

function inShort(message: WireMessage): string {
  const { deleted, content, reactions } = message;
  const given = Object.entries(reactions ?? {}).flatMap(([emoji, names]) =>
    names.map((name) => `${emoji} ${name}`)
  );
  return describe(message, deleted === undefined ? content : undefined, given);
}

function describe(
  { from, key, at }: WireMessage,
  content: string | undefined,
  reactions: Iterable<string>,
): string {
  if (content === undefined) return `${from} ${key} ${at} deleted`;
  return `${from} ${key} ${at} ${JSON.stringify(content)} ${[...reactions].sort().join()}`;
}
