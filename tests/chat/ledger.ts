import { assertEquals } from "@std/assert";
import type { Said } from "./chat_client.ts";

/** What of an event never changes, edited or deleted as its message may be by now. */
function identityOf({ type, from, user, key, target, change, emoji, on }: Said): string {
  return [type, from ?? user, key, target, change, emoji, on].map((each) => each ?? "").join(" ");
}

interface Line {
  /** By seq, what anyone saw there. */
  readonly seen: (string | undefined)[];
  /** By key, the seq that its sender was told. */
  readonly acknowledged: Map<string, number>;
}

/**
 * What clients saw and had acknowledged, over all of them, all connections and all runs of a server:
 * the oracle for loss and doubles. Throws as soon as two of them contradict each other.
 */
export class Ledger {
  readonly #rooms = new Map<string, Line>();
  /** Events compared with what was seen before, or seen first. */
  seen = 0;

  /** Somebody saw this at its place of the room's log. */
  saw(room: string, event: Said): void {
    this.seen++;
    const { seen } = this.#line(room);
    const identity = identityOf(event);
    const before = seen[event.seq];
    if (before === undefined) seen[event.seq] = identity;
    else if (before !== identity) {
      throw new Error(`${room} ${event.seq} was "${before}", is "${identity}" now`);
    }
  }

  acknowledged(room: string, key: string, seq: number): void {
    const { acknowledged } = this.#line(room);
    const before = acknowledged.get(key);
    if (before !== undefined && before !== seq) {
      throw new Error(`${key} was acknowledged as ${before}, and as ${seq} now`);
    }
    acknowledged.set(key, seq);
  }

  get acknowledgedCount(): number {
    return [...this.#rooms.values()].reduce((sum, line) => sum + line.acknowledged.size, 0);
  }

  /**
   * Holds a room's whole history against it: nothing seen or acknowledged is missing, no key is there
   * twice, and keys `sender#number` of one sender stand in the order of their numbers. Messages
   * without a key are those of text clients.
   */
  check(room: string, messages: readonly Said[]): void {
    const { seen, acknowledged } = this.#line(room);
    const bySeq = new Map(messages.map((message) => [message.seq as number, message]));
    const keyed = messages.filter(({ key }) => key !== undefined);
    const byKey = new Map(keyed.map(({ key, seq }) => [key as string, seq as number]));
    assertEquals(byKey.size, keyed.length, `${room}: a key is there twice`);
    for (const [key, seq] of acknowledged) {
      if (byKey.get(key) !== seq) {
        throw new Error(`${room}: ${key}, acknowledged as ${seq}, is lost`);
      }
    }
    for (const [seq, identity] of seen.entries()) {
      if (!identity?.startsWith("message ")) continue;
      const message = bySeq.get(seq);
      const now = message && identityOf(message);
      if (now !== identity) {
        throw new Error(`${room} ${seq} was seen as "${identity}", is "${now}"`);
      }
    }
    const last = new Map<string, number>();
    for (const { key } of keyed) {
      const [sender = "", number = ""] = String(key).split("#");
      if (!(Number(number) > (last.get(sender) ?? -1))) {
        throw new Error(`${room}: ${key} comes after ${sender}#${last.get(sender)}`);
      }
      last.set(sender, Number(number));
    }
  }

  #line(room: string): Line {
    let line = this.#rooms.get(room);
    if (!line) this.#rooms.set(room, line = { seen: [], acknowledged: new Map() });
    return line;
  }
}
