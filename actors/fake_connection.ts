import { DEFAULT_LIMITS, type Limits } from "../protocol/limits.ts";
import type { UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import { Budgets } from "./budgets.ts";
import { openConnection } from "./connection.ts";
import type { FakeChat } from "./fake_chat.ts";
import { user } from "./fake_session.ts";
import { FakeSocket } from "./fake_socket.ts";
import { Queries } from "./queries.ts";
import type { ReaderMessage } from "./inlet.ts";
import type { View } from "./session.ts";
import { DEFAULT_TIMES } from "./heart.ts";

export interface FakeConnectionOptions {
  readonly user?: UserRef;
  readonly view?: View;
  /** The room to begin in. */
  readonly room?: string;
  readonly history?: number;
  readonly limits?: Partial<Limits>;
  readonly expiresAt?: number;
  /** Those of other connections, too. */
  readonly budgets?: Budgets;
}

/** A reader and a writer as they are, on a socket without a network. */
export class FakeConnection extends FakeSocket {
  readonly reader: Ref<ReaderMessage>;
  /** What an observer is told of it. */
  readonly observed: string[] = [];

  constructor(readonly chat: FakeChat, options: FakeConnectionOptions = {}) {
    super();
    const { store, archive, board, clock, system } = chat;
    const limits = { ...DEFAULT_LIMITS, ratePerSecond: 0, ...options.limits };
    const who = options.user ?? user("alice");
    this.reader = openConnection(system, this, {
      id: who.name,
      user: who,
      canonicalName: who.name.toLowerCase(),
      admin: false,
      tokenId: undefined,
      expiresAt: options.expiresAt,
      token: "token",
      addressGroup: "192.0.2.1",
      view: options.view ?? "json",
      room: options.room,
      history: options.history,
    }, {
      store,
      switchboard: board,
      queries: new Queries({ store, archive, switchboard: board, clock }),
      limits,
      budgets: options.budgets ?? new Budgets(clock, limits.ratePerSecond),
      times: DEFAULT_TIMES,
      server: { name: "hubbub", version: "0" },
      observer: {
        opened: () => this.observed.push("opened"),
        command: (type) => this.observed.push(type),
        refused: (code) => this.observed.push(code),
        tooSlow: (_session, why) => this.observed.push(`too slow: ${why}`),
        closed: (code) => this.observed.push(`closed ${code}`),
      },
    });
  }

  /** What the peer says, each a frame of its own. */
  says(...commands: (Record<string, unknown> | string)[]): void {
    for (const command of commands) {
      this.receive(typeof command === "string" ? command : JSON.stringify(command));
    }
  }

  /** Every line that was sent since last asked. */
  lines(): string[] {
    return this.frames.splice(0).flatMap(({ text }) => text.split("\n"));
  }

  /** The same, as events in few words: type, `re`, error code. */
  heard(): string[] {
    return this.lines().map((line) => {
      const { type, re, code } = JSON.parse(line);
      return [type, re, code].filter((part) => part !== undefined).join(" ");
    });
  }
}
