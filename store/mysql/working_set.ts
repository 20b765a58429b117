import { CARE } from "../../protocol/rules.ts";
import { addPair, type Pairs, type Sql } from "./sql.ts";
import type { Append, RoomId, UserId, UserRef } from "../store.ts";
import type { Tables } from "../tables.ts";
import { BlocksAhead } from "./ahead/blocks.ts";
import { ChangesAhead } from "./ahead/changes.ts";
import { MessagesAhead } from "./ahead/messages.ts";
import { PeopleAhead } from "./ahead/people.ts";
import { RoomsAhead } from "./ahead/rooms.ts";
import { UsersAhead } from "./ahead/users.ts";
import type { KnownRoom } from "./known.ts";
import type { Transaction } from "./transaction.ts";

/** What a group of writes is about, as far as the group alone says it. */
export interface Scope {
  readonly batch: readonly Append[];
  readonly numbers: ReadonlyMap<UserId, number>;
  readonly rooms: ReadonlyMap<RoomId, KnownRoom>;
  /** How many of a sender's newest messages the stranger limit looks at. */
  readonly strangerMessages: number;
}

/**
 * The tables as one group of writes needs them: read in one round trip, with the rooms locked
 * first, asked and changed in memory by the same operations as SQLite's, and written in one more
 * round trip with the commit.
 */
export class WorkingSet implements Tables {
  readonly users: UsersAhead;
  readonly rooms: RoomsAhead;
  readonly people: PeopleAhead;
  readonly messages: MessagesAhead;
  readonly changes = new ChangesAhead();
  readonly blocks: BlocksAhead;

  constructor(scope: Scope) {
    const needs = needsOf(scope);
    const names = new Map(scope.batch.map(({ by }) => [scope.numbers.get(by.id) ?? 0, by]));
    this.users = new UsersAhead(scope.numbers, needs.settling, needs.joining, needs.caring);
    this.rooms = new RoomsAhead(needs.rooms);
    this.people = new PeopleAhead(needs.people, needs.first);
    this.blocks = new BlocksAhead(
      needs.direct,
      Math.max(0, scope.strangerMessages),
      needs.invited,
    );
    this.messages = new MessagesAhead(needs, this.blocks, names);
  }

  async load(transaction: Transaction): Promise<void> {
    const parts = [this.rooms, this.users, this.people, this.messages, this.blocks];
    const questions = parts.map((part) => part.ask());
    const answers = [...await transaction.ask(questions.flat())];
    parts.forEach((part, i) => part.take(answers.splice(0, questions[i]?.length ?? 0)));
    this.messages.takeDuplicates(await transaction.ask(this.messages.askDuplicates()));
  }

  writes(): readonly Sql[] {
    // A deletion also empties edits of its own group: they must be there by then.
    const parts = [this.changes, this.messages, this.users, this.people, this.rooms];
    return parts.flatMap((part) => part.writes());
  }
}

/** Everybody a group of writes names. */
export function usersOf(batch: readonly Append[]): ReadonlyMap<UserId, UserRef> {
  const users = new Map<UserId, UserRef>();
  for (const { by, op } of batch) {
    if ("user" in op) users.set(op.user.id, op.user);
    users.set(by.id, by);
  }
  return users;
}

function needsOf({ batch, numbers, rooms }: Scope) {
  const named = new Map<number, Set<number>>();
  const reactedTo = new Map<number, Set<number>>();
  const keys = new Map<number, Set<string>>();
  const people = new Map<number, Set<number>>();
  const direct = new Map<RoomId, readonly [number, number]>();
  const first = new Map<RoomId, number>();
  const membershipOps = new Map<RoomId, number>();
  const settling: UserRef[] = [];
  const joining: UserRef[] = [];
  const caring: UserRef[] = [];
  const invited: number[] = [];
  for (const { room, by, op } of batch) {
    const { kind, between } = rooms.get(room) ?? {};
    if (between) direct.set(room, between);
    const no = numbers.get(by.id) ?? 0;
    if (op.type === "message") {
      if (op.key !== undefined) addPair(keys, no, op.key);
      if (op.reply !== undefined) addPair(named, room, op.reply);
      continue;
    }
    addPair(people, room, no);
    if ("target" in op) addPair(named, room, op.target);
    if (op.type === "react") addPair(reactedTo, room, op.target);
    if (op.type === "leave" || op.type === "role" && op.role === "owner") first.set(room, 0);
    const isCare = kind === "public" && CARE.has(op.type);
    if (isCare) caring.push(by);
    if (op.type === "leave" || "user" in op) {
      membershipOps.set(room, (membershipOps.get(room) ?? 0) + 1);
    }
    if (!("user" in op)) continue;
    addPair(people, room, numbers.get(op.user.id) ?? 0);
    if (isCare) caring.push(op.user);
    if (op.type === "invite") settling.push(op.user);
    if (op.type === "invite" || op.type === "role") {
      joining.push(op.user);
      invited.push(no, numbers.get(op.user.id) ?? 0);
    }
  }
  for (const room of first.keys()) first.set(room, 1 + (membershipOps.get(room) ?? 0));
  return {
    rooms: new Set(rooms.keys()),
    named: named as Pairs,
    reactedTo: reactedTo as Pairs,
    keys: keys as Pairs,
    people: people as Pairs,
    direct,
    first,
    settling,
    joining,
    caring,
    invited,
  };
}
