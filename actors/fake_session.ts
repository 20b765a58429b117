import type { ServerEvent } from "../protocol/events.ts";
import type { UserRef } from "../store/store.ts";
import { FakeRef } from "./fake_ref.ts";
import type { ReaderMessage } from "./reader.ts";
import type { Session, View } from "./session.ts";
import { Outbox, type WriterMessage } from "./writer.ts";

/** A session without a connection: writes down what it is sent and how it is closed. */
export class FakeSession implements Session {
  readonly id: string;
  readonly canonicalName: string;
  readonly address = "192.0.2.1";
  readonly tokenId: string | undefined;
  readonly reader = new FakeRef<ReaderMessage>();
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
      if (message === "tick" || "close" in message) return [];
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
