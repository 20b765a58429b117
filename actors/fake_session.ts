import type { ServerEvent } from "../protocol/events.ts";
import type { UserRef } from "../store/store.ts";
import { FakeRef } from "./fake_ref.ts";
import type { Session, View } from "./session.ts";
import { Outbox, type WriterMessage } from "./outbox.ts";

/** A session without a connection: writes down what it is sent and how it is closed. */
export class FakeSession implements Session {
  readonly id: string;
  readonly canonicalName: string;
  readonly address = "192.0.2.1";
  readonly addressGroup = "192.0.2.1";
  readonly tokenId: string | undefined;
  readonly writer = new FakeRef<WriterMessage>();
  readonly out: Outbox;
  overflows = 0;

  constructor(
    readonly user: UserRef,
    readonly view: View = "json",
    options: { readonly id?: string; readonly tokenId?: string } = {},
  ) {
    this.id = options.id ?? `${user.name}'s`;
    this.tokenId = options.tokenId;
    this.canonicalName = user.name.toLowerCase();
    this.out = new Outbox(this.writer, () => this.overflows++);
  }

  /** Everything it was sent since last asked, a line each. */
  lines(): string[] {
    let chars = 0;
    const lines = this.writer.take().flatMap((message) => {
      if (message === "tick" || !("text" in message)) return [];
      chars += message.text.length;
      return message.text.split("\n");
    });
    this.out.taken(chars);
    return lines;
  }

  /** The same as events, for a JSON session. */
  events(): ServerEvent[] {
    return this.lines().map((line) => JSON.parse(line) as ServerEvent);
  }

  /** The same in few words, to be compared with what was expected. */
  news(): string[] {
    return this.events().map(brief);
  }

  /** Codes with which it was told to close. Asked before `lines`, which takes them out too. */
  closes(): number[] {
    return this.writer.told.flatMap((message) =>
      message !== "tick" && "close" in message ? [message.close] : []
    );
  }
}

/** A user called `name`, whose id is the name's too. */
export function user(name: string, guest = true): UserRef {
  return { id: name, name, guest };
}

function brief(event: ServerEvent): string {
  const re = "re" in event && event.re !== undefined ? ` ${event.re}` : "";
  switch (event.type) {
    case "joined":
    case "left":
      if ("users" in event) {
        return `${event.type === "joined" ? "+" : "-"}${event.users.join()} (${event.count})`;
      }
      return event.type === "left"
        ? `left${re}`
        : `joined${re} ${event.seq}${event.first === undefined ? "" : ` first ${event.first}`}`;
    case "message":
      return `${event.seq} ${event.content}`;
    case "member":
      return `${event.seq} ${event.user} ${event.change}`;
    case "room":
      return `${event.seq} ${event.dissolved ? "dissolved" : "room"}`;
    case "edited":
    case "deleted":
    case "reacted":
      return `${event.seq} ${event.type} ${event.target}`;
    case "sent":
      return `sent${re} ${event.seq}${event.duplicate ? " again" : ""}`;
    case "error":
      return `error${re} ${event.code}`;
    case "typing":
      return `typing ${event.from}`;
    case "read":
      return `read ${event.from} ${event.seq}`;
    case "presence":
      return `${event.user} ${event.online ? "online" : "offline"}`;
    default:
      return `${event.type}${re}`;
  }
}
