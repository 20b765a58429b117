import type { Command, CommandOf } from "../protocol/commands.ts";
import { Refusal } from "../protocol/errors.ts";
import type { Reply } from "../protocol/events.ts";
import { PAGE_DEFAULT } from "../protocol/limits.ts";
import { parseRoom, parseRoomName } from "../protocol/names.ts";
import { verdict } from "../protocol/rules.ts";
import type { Conversation, Room, RoomId, Store, UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import { type ArchiveMessage, writeThrough } from "./archive.ts";
import type { Clock } from "./clock.ts";
import { logEvent } from "./log_events.ts";
import { LOOKUP_TIMEOUT_MS, resolveUser } from "./resolve.ts";
import { party } from "./rights.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

export interface QueriesOptions {
  readonly store: Store;
  readonly archive: Ref<ArchiveMessage>;
  readonly switchboard: Ref<SwitchboardMessage>;
  readonly clock: Clock;
  /** Throws a `Refusal` when too many rooms were made from this group of addresses. */
  mayOpen?: ((from: string) => void) | undefined;
}

/** Public rooms that `rooms` lists at most, besides one's own. */
export const ROOMS_LISTED_MAX = 1_000;

/** What a hub is not needed for: looking things up, making a room, blocking somebody. */
export type QueryCommand = Extract<
  Command,
  { type: "unread" | "history" | "search" | "rooms" | "create" | "block" | "unblock" }
>;

/**
 * Answers for one user, the same over the socket and over HTTP. Throws a `Refusal` for what is
 * refused; nothing here waits for a hub. Long because it has one method for each question there is.
 */
export class Queries {
  constructor(readonly options: QueriesOptions) {}

  /** `from`: the group of addresses that a room made by this counts against. */
  answer(me: UserRef, command: QueryCommand, from = ""): Promise<Reply> {
    switch (command.type) {
      case "unread":
        return this.#unread(me);
      case "history":
        return this.#history(me, command);
      case "search":
        return this.#search(me, command);
      case "rooms":
        return this.#rooms(me);
      case "create":
        return this.#create(me, command, from);
      case "block":
      case "unblock":
        return this.#block(me, command.user, command.type === "block");
    }
  }

  /** Throws the `Refusal` when this user may not write in the room, here or not. */
  async mayWrite(me: UserRef, text: string): Promise<void> {
    const { room } = await this.#readable(me, text);
    if (!room) return;
    const { store, clock } = this.options;
    const standing = await store.standing(room.id, me.id);
    const no = verdict("write", room.kind, party(standing, clock.now()));
    if (no) throw new Refusal(no.code, no.why);
  }

  async #unread(me: UserRef): Promise<Reply> {
    const { store } = this.options;
    const conversations = await store.conversations(me.id);
    const rooms = await Promise.all(
      conversations.filter(({ unread }) => unread > 0).map(async (conversation) => {
        const { room, read, unread } = conversation;
        const name = conversationName(conversation);
        const [last] = (await store.history(room.id, { limit: 1 })).rows;
        const event = last && logEvent(last, name);
        return {
          room: name,
          unread,
          read,
          seq: room.seq,
          ...(event?.type === "message" ? { last: event } : undefined),
        };
      }),
    );
    return { type: "unread", rooms };
  }

  async #history(me: UserRef, command: CommandOf<"history">): Promise<Reply> {
    const { before, after, until, limit } = command;
    const found = await this.#readable(me, command.room);
    if (!found.room) return { type: "history", room: found.name, messages: [], more: false };
    const page = await this.options.store.history(found.room.id, {
      before,
      after,
      until,
      limit: limit ?? PAGE_DEFAULT,
    });
    const messages = page.rows.map((row) => logEvent(row, found.name))
      .filter((event) => event.type === "message");
    return { type: "history", room: found.name, messages, more: page.more };
  }

  async #search(me: UserRef, command: CommandOf<"search">): Promise<Reply> {
    const { store } = this.options;
    const only = command.room === undefined ? undefined : await this.#readable(me, command.room);
    if (only && !only.room) return { type: "results", messages: [], more: false };
    const page = await store.search({
      query: command.query,
      user: me.id,
      room: only?.room?.id,
      before: command.before,
      limit: command.limit ?? PAGE_DEFAULT,
    });
    const names = await this.#names(me, new Set(page.rows.map((row) => row.room)));
    const messages = page.rows.flatMap((row) => {
      const event = logEvent(row, names.get(row.room) ?? row.roomName);
      return event.type === "message" ? [{ ...event, id: row.id }] : [];
    });
    const next = page.next ?? messages.at(-1)?.id;
    return {
      type: "results",
      messages,
      more: page.more,
      ...(page.more && next !== undefined ? { next } : undefined),
    };
  }

  async #rooms(me: UserRef): Promise<Reply> {
    const { store, switchboard } = this.options;
    const [open, mine, counts] = await Promise.all([
      store.publicRooms(ROOMS_LISTED_MAX),
      store.conversations(me.id),
      switchboard.ask<ReadonlyMap<RoomId, number>>(
        (reply) => ({ type: "counts", reply }),
        LOOKUP_TIMEOUT_MS,
      ),
    ]);
    const all = new Map<RoomId, { name: string; room: Room }>();
    for (const room of open) all.set(room.id, { name: room.name, room });
    for (const each of mine) {
      all.set(each.room.id, { name: conversationName(each), room: each.room });
    }
    const rooms = await Promise.all([...all.values()].map(async ({ name, room }) => ({
      room: name,
      kind: room.kind,
      count: room.kind === "public"
        ? counts.get(room.id) ?? 0
        : room.kind === "direct"
        ? 2
        : await store.memberCount(room.id),
      ...(room.title === undefined ? undefined : { title: room.title }),
      ...(room.topic === undefined ? undefined : { topic: room.topic }),
      ...(room.icon === undefined ? undefined : { icon: room.icon }),
    })));
    return { type: "rooms", rooms };
  }

  async #create(me: UserRef, command: CommandOf<"create">, from: string): Promise<Reply> {
    const { archive, clock, mayOpen } = this.options;
    const name = parseRoomName(command.room);
    if (name instanceof Refusal) throw name;
    mayOpen?.(from);
    const { kind, title, topic, icon } = command;
    const members = await Promise.all(
      (command.members ?? []).map((user) => resolveUser(this.options.switchboard, user)),
    );
    const made = await writeThrough(archive, (store) =>
      store.createRoom({
        ...name,
        kind,
        title,
        topic,
        icon,
        owner: me,
        members: members.filter((user) => user.id !== me.id),
      }, clock.now()));
    if ("refused" in made) throw new Refusal(made.refused, made.message);
    if (kind === "group") await this.#announce(me, made.room);
    return { type: "created", room: made.room.name };
  }

  async #announce(me: UserRef, room: Room): Promise<void> {
    const { store, switchboard } = this.options;
    const rows = await store.since(room.id, 0, room.seq, room.seq);
    await switchboard.tellWhenFits({ type: "began", room, rows, by: me });
  }

  async #block(me: UserRef, user: string, on: boolean): Promise<Reply> {
    const { archive, clock } = this.options;
    const other = await resolveUser(this.options.switchboard, user);
    if (other.id === me.id) throw new Refusal("forbidden", "that is you");
    await writeThrough(archive, (store) => store.setBlocked(me, other, on, clock.now()));
    return { type: "ok" };
  }

  /** A room this user may read; a direct conversation that does not exist yet is an empty one. */
  async #readable(me: UserRef, text: string): Promise<{ name: string; room: Room | undefined }> {
    const { store, switchboard, clock } = this.options;
    const address = parseRoom(text);
    if (address instanceof Refusal) throw address;
    if (address.kind === "direct") {
      const other = await resolveUser(switchboard, address.user.name);
      return { name: `@${other.name}`, room: await store.directBetween(me.id, other.id) };
    }
    const room = await store.roomByName(address.canonical);
    if (!room) throw new Refusal("no_such_room", `there is no room called ${address.name}`);
    const standing = await store.standing(room.id, me.id);
    const no = verdict("read", room.kind, party(standing, clock.now()));
    if (no) throw new Refusal(no.code, no.why);
    return { name: room.name, room };
  }

  /** What this user calls the rooms of a result. */
  async #names(me: UserRef, rooms: ReadonlySet<RoomId>): Promise<Map<RoomId, string>> {
    const names = new Map<RoomId, string>();
    for (const id of rooms) {
      const between = (await this.options.store.room(id))?.between;
      if (!between) continue;
      names.set(id, `@${between[0].id === me.id ? between[1].name : between[0].name}`);
    }
    return names;
  }
}

/** A conversation as its user calls it. */
export function conversationName({ room, other }: Conversation): string {
  return other ? `@${other.name}` : room.name;
}
