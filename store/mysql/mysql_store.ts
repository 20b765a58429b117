import { Refusal } from "../../protocol/errors.ts";
import { Log } from "../log.ts";
import type * as contract from "../store.ts";
import { StoreError } from "../store.ts";
import { checkStore } from "./check.ts";
import type { Database } from "./database.ts";
import { endedOf } from "./ended.ts";
import { asMysqlFailure } from "./failure.ts";
import { History } from "./history.ts";
import { Known } from "./known.ts";
import { People } from "./people.ts";
import { Rooms } from "./rooms.ts";
import { MessageSearch } from "./search.ts";
import { SearchIndex } from "./search_index.ts";
import { type KeptSecret, placeSecrets, readSecrets, replaceSecrets } from "./secrets.ts";
import { Sessions } from "./sessions.ts";
import { sql } from "./sql.ts";
import { Users } from "./users.ts";
import { usersOf, WorkingSet } from "./working_set.ts";

export interface MysqlStoreOptions {
  readonly strangerLimit: contract.StrangerLimit;
  readonly searchBudgetMs?: number | undefined;
}

/**
 * The contract over MySQL or MariaDB, for any number of nodes at once. Each part owns its tables'
 * statements; here failures get their names. Nothing that a node remembers can change: what two
 * nodes must agree on is asked in the transaction. Long because the contract is: there is a line or
 * two for each of its methods.
 */
export class MysqlStore implements contract.Store {
  readonly kind = "mysql";
  readonly #db: Database;
  readonly #strangerLimit: contract.StrangerLimit;
  readonly #known = new Known();
  readonly #rooms: Rooms;
  readonly #people: People;
  readonly #users: Users;
  readonly #sessions: Sessions;
  readonly #history: History;
  readonly #index: SearchIndex;
  readonly #search: MessageSearch;

  constructor(db: Database, options: MysqlStoreOptions) {
    this.#db = db;
    this.#strangerLimit = options.strangerLimit;
    this.#rooms = new Rooms(db, this.#known);
    this.#people = new People(db, this.#known);
    this.#users = new Users(db, this.#known);
    this.#sessions = new Sessions(db);
    this.#history = new History(db);
    this.#index = new SearchIndex(db);
    this.#search = new MessageSearch(db, this.#known, this.#index, options.searchBudgetMs);
  }

  append(batch: readonly contract.Append[], at: number) {
    return this.#do("append", async () => {
      const { results, afterwards } = await this.#db.write(async (transaction) => {
        const rooms = await this.#known.rooms(transaction, new Set(batch.map(({ room }) => room)));
        const users = usersOf(batch.filter(({ room }) => rooms.has(room)));
        const { numbers, afterwards } = await this.#known.users(transaction, users, at);
        const strangerMessages = this.#strangerLimit.messages;
        const tables = new WorkingSet({ batch, numbers, rooms, strangerMessages });
        await tables.load(transaction);
        const results = new Log(tables, this.#strangerLimit).append(batch, at);
        transaction.later(...tables.writes());
        return { results, afterwards };
      });
      afterwards();
      return results;
    });
  }

  since(room: contract.RoomId, after: number, upTo: number, limit: number) {
    return this.#do("since", () => this.#history.since(room, after, upTo, limit));
  }

  heads(rooms: readonly contract.RoomId[]) {
    return this.#do("heads", () => this.#history.heads(rooms));
  }

  history(room: contract.RoomId, query: contract.HistoryQuery) {
    return this.#do("history", () => this.#history.page(room, query));
  }

  search(search: contract.Search) {
    return this.#do("search", () => this.#search.run(search));
  }

  index(limit: number) {
    return this.#do("index", () => this.#index.advance(limit));
  }

  room(id: contract.RoomId) {
    return this.#do("room", () => this.#rooms.byId(id));
  }

  roomByName(canonical: string) {
    return this.#do("roomByName", () => this.#rooms.byName(canonical));
  }

  createRoom(room: contract.NewRoom, at: number) {
    return this.#do(
      "createRoom",
      () => refusable(async () => ({ room: await this.#rooms.create(room, at) })),
    );
  }

  openDirect(a: contract.UserRef, b: contract.UserRef, at: number) {
    return this.#do("openDirect", () => this.#rooms.direct(a, b, at));
  }

  directBetween(a: contract.UserId, b: contract.UserId) {
    return this.#do("directBetween", () => this.#rooms.between(a, b));
  }

  publicRooms(limit: number) {
    return this.#do("publicRooms", () => this.#rooms.public(limit));
  }

  enroll(room: contract.RoomId, user: contract.UserRef, at: number) {
    return this.#do("enroll", () => this.#people.enroll(room, user, at));
  }

  standing(room: contract.RoomId, user: contract.UserId) {
    return this.#do("standing", () => this.#people.standing(room, user));
  }

  members(room: contract.RoomId, limit: number) {
    return this.#do("members", () => this.#people.members(room, limit));
  }

  memberCount(room: contract.RoomId) {
    return this.#do("memberCount", () => this.#people.count(room));
  }

  conversations(user: contract.UserId) {
    return this.#do("conversations", () => this.#people.conversations(user));
  }

  markRead(room: contract.RoomId, user: contract.UserRef, seq: number) {
    return this.#do("markRead", () => this.#people.markRead(room, user, seq));
  }

  belongings(users: readonly contract.UserId[]) {
    return this.#do("belongings", () => this.#people.belongings(users));
  }

  peers(user: contract.UserId) {
    return this.#do("peers", () => this.#people.peers(user));
  }

  userById(id: contract.UserId) {
    return this.#do("userById", () => this.#users.byId(id));
  }

  userByName(canonical: string) {
    return this.#do("userByName", () => this.#users.byName(canonical));
  }

  releaseName(id: contract.UserId) {
    return this.#do("releaseName", () => this.#users.releaseName(id));
  }

  ensureUser(user: contract.UserRef, canonical: string, at: number) {
    return this.#do("ensureUser", () => this.#users.hold(user, canonical, at));
  }

  createAccount(
    user: contract.UserRef,
    canonical: string,
    passwordHash: string,
    at: number,
    session?: contract.Session,
  ) {
    return this.#do(
      "createAccount",
      () => refusable(() => this.#users.createAccount(user, canonical, passwordHash, at, session)),
    );
  }

  passwordHash(id: contract.UserId) {
    return this.#do("passwordHash", () => this.#users.passwordHash(id));
  }

  setPasswordHash(id: contract.UserId, passwordHash: string) {
    return this.#do("setPasswordHash", () => this.#users.setPasswordHash(id, passwordHash));
  }

  setAdmin(id: contract.UserId, admin: boolean) {
    return this.#do("setAdmin", () => this.#users.setAdmin(id, admin));
  }

  deleteUser(id: contract.UserId, at: number) {
    return this.#do("deleteUser", () => this.#users.delete(id, at));
  }

  seen(id: contract.UserId, at: number) {
    return this.#do("seen", () => this.#users.seen(id, at));
  }

  forgetGuests(idleBefore: number, online: ReadonlySet<contract.UserId>) {
    return this.#do("forgetGuests", () => this.#users.forgetGuests(idleBefore, online));
  }

  setBlocked(user: contract.UserRef, blocked: contract.UserRef, on: boolean, at: number) {
    return this.#do("setBlocked", () => this.#people.setBlocked(user, blocked, on, at));
  }

  blocks(user: contract.UserId, other: contract.UserId) {
    return this.#do("blocks", () => this.#people.blocks(user, other));
  }

  createSession(session: contract.Session) {
    return this.#do("createSession", () => this.#sessions.create(session));
  }

  session(id: string) {
    return this.#do("session", () => this.#sessions.get(id));
  }

  endSession(id: string) {
    return this.#do("endSession", () => this.#sessions.end(id));
  }

  endSessions(user: contract.UserId, except?: string) {
    return this.#do("endSessions", () => this.#sessions.endAll(user, except));
  }

  ended(connections: readonly contract.Credentials[], at: number) {
    return this.#do("ended", () => endedOf(this.#db, connections, at));
  }

  /** The keys that sign tokens, newest first; none before the first start. */
  readSecrets() {
    return this.#do("readSecrets", () => readSecrets(this.#db));
  }

  /** Keeps the keys, where there are none. */
  placeSecrets(secrets: readonly KeptSecret[]) {
    return this.#do("placeSecrets", () => placeSecrets(this.#db, secrets));
  }

  /** Keeps the keys, instead of those that are there. */
  replaceSecrets(secrets: readonly KeptSecret[]) {
    return this.#do("replaceSecrets", () => replaceSecrets(this.#db, secrets));
  }

  probe() {
    // In a transaction: so it finds out whether this store may still write.
    return this.#do("probe", () =>
      this.#db.write((transaction) =>
        Promise.resolve(
          transaction.later(sql`UPDATE marks SET value = value + 1 WHERE name = 'probe'`),
        )
      ));
  }

  check(repair: boolean) {
    return this.#do("check", () => checkStore(this.#db, repair));
  }

  backup() {
    const why = "a MySQL database is backed up by hubbub migrate into a file, or by mysqldump";
    return Promise.reject(new StoreError("other", why));
  }

  close() {
    return this.#do("close", () => this.#db.close());
  }

  async #do<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw asMysqlFailure(error, what);
    }
  }
}

/** A refusal as a value, after its transaction was undone. */
async function refusable<T>(work: () => Promise<T>) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.code, message: error.message };
    throw error;
  }
}
