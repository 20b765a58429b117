import { Refusal } from "../protocol/errors.ts";
import type { Act } from "./change_log.ts";
import { requireInvitable } from "./invitation.ts";
import type { NewRoom, RoomId, UserId, UserRef } from "./store.ts";
import type { Card, Tables } from "./tables.ts";
import { storable } from "./text.ts";

/** The card of a room to be made; an empty text is none. */
export function cardOf({ title, topic, icon }: NewRoom): Card {
  const field = (text: string | undefined) => text ? storable(text) : null;
  return { title: field(title), topic: field(topic), icon: field(icon) };
}

/** Begins the log of a room with an owner: its making and its first members. */
export function found(
  tables: Pick<Tables, "users" | "people" | "changes" | "rooms" | "blocks">,
  id: RoomId,
  wanted: NewRoom & { readonly owner: UserRef },
  at: number,
): void {
  const { users, people, changes, rooms } = tables;
  const { kind, owner: by } = wanted;
  const number = (user: UserRef) => {
    if (users.isDeleted(user.id)) throw new Refusal("no_such_user", "that account was deleted");
    return kind === "group" ? users.settle(user, at) : users.ensure(user, at);
  };
  const start = { savedSeq: 0, messages: 0, dissolved: false, between: undefined };
  const act: Act = { room: { id, kind, seq: 0, ...start }, by, no: number(by), at };
  const { title, topic, icon } = cardOf(wanted);
  const data = {
    created: true,
    ...(title && { title }),
    ...(topic && { topic }),
    ...(icon && { icon }),
  };
  changes.write(act, { type: "room", data });
  const invited = new Map((wanted.members ?? []).map((user) => [user.id, user]));
  invited.delete(by.id);
  const members = [...invited.values()].map((user) => {
    requireInvitable(tables, act.no, user);
    return { user, no: number(user) };
  });
  for (const subject of members) {
    changes.write(act, {
      type: "member",
      subject,
      data: { change: "invited", role: "member" },
    });
  }
  rooms.saveHead(act.room);
  people.join(act.room, act.no, "owner", at);
  for (const { no } of members) people.join(act.room, no, "member", at);
}

/** No client can type it: room names have no space. The same for both, whoever asks. */
export function directName(a: UserId, b: UserId): string {
  return a < b ? `direct ${a} ${b}` : `direct ${b} ${a}`;
}
