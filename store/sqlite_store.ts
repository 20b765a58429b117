import { Refusal } from "../protocol/errors.ts";
import { Authorship } from "./authorship.ts";
import { Blocks } from "./blocks.ts";
import { ChangeLog } from "./change_log.ts";
import { checkStore } from "./check.ts";
import { Conversations } from "./conversations.ts";
import type { Database } from "./database.ts";
import { Departures } from "./departures.ts";
import { asStoreFailure } from "./failure.ts";
import { History } from "./history.ts";
import { Log } from "./log.ts";
import type { LogSync } from "./log_sync.ts";
import { Messages } from "./message_table.ts";
import { People } from "./people.ts";
import { RoomRows } from "./room_table.ts";
import { Rooms } from "./rooms.ts";
import { MessageSearch } from "./search.ts";
import { SearchIndex } from "./search_index.ts";
import { Sessions } from "./sessions.ts";
import { backUp } from "./sqlite_backup.ts";
import type * as contract from "./store.ts";
import { Users } from "./users.ts";

export interface SqliteStoreOptions {
  readonly strangerLimit: contract.StrangerLimit;
  readonly searchBudgetMs?: number | undefined;
  /** Syncs what is committed; closed with the store. */
  readonly logSync?: LogSync | undefined;
}

/**
 * The contract over one SQLite connection. Each part owns its tables' statements; here is where
 * transactions begin and failures get their names. Every method runs to its end at once (SQLite
 * is called synchronously) and promises only because other stores wait. Long because the contract is:
 * there is a line or two for each of its methods.
 */
export class SqliteStore implements contract.Store {
  readonly #db: Database;
  readonly #users: Users;
  readonly #people: People;
  readonly #rooms: Rooms;
  readonly #history: History;
  readonly #index: SearchIndex;
  readonly #search: MessageSearch;
  readonly #conversations: Conversations;
  readonly #departures: Departures;
  readonly #sessions: Sessions;
  readonly #blocks: Blocks;
  readonly #log: Log;
  readonly #logSync: LogSync | undefined;
  readonly #probe;

  constructor(db: Database, readonly kind: "sqlite" | "memory", options: SqliteStoreOptions) {
    const users = new Users(db);
    const people = new People(db);
    const history = new History(db);
    const index = new SearchIndex(db);
    const authorship = new Authorship(db);
    const blocks = new Blocks(db, authorship);
    const changes = new ChangeLog(db);
    const messages = new Messages(db, history, index, authorship);
    this.#db = db;
    this.#users = users;
    this.#people = people;
    this.#history = history;
    this.#index = index;
    this.#blocks = blocks;
    const tables = { users, rooms: new RoomRows(db), people, messages, changes, blocks };
    this.#rooms = new Rooms(db, users, people, tables);
    this.#search = new MessageSearch(db, users, history, index, options.searchBudgetMs);
    this.#conversations = new Conversations(db);
    this.#departures = new Departures(db, users, people);
    this.#sessions = new Sessions(db);
    this.#log = new Log(tables, options.strangerLimit);
    this.#logSync = options.logSync;
    this.#probe = db.prepare(
      `INSERT INTO marks (name, value) VALUES ('probe', 1)
       ON CONFLICT (name) DO UPDATE SET value = value + 1`,
    );
  }

  append(batch: readonly contract.Append[], at: number) {
    return this.#write("append", () => this.#log.append(batch, at));
  }

  heads(rooms: readonly contract.RoomId[]) {
    return this.#do("heads", () => this.#history.heads(rooms));
  }

  since(room: contract.RoomId, after: number, upTo: number, limit: number) {
    return this.#do("since", () => this.#history.since(room, after, upTo, limit));
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
      () => refusable(() => ({ room: this.#db.write(() => this.#rooms.create(room, at)) })),
    );
  }

  openDirect(a: contract.UserRef, b: contract.UserRef, at: number) {
    return this.#do(
      "openDirect",
      () => this.#rooms.between(a.id, b.id) ?? this.#db.write(() => this.#rooms.direct(a, b, at)),
    );
  }

  directBetween(a: contract.UserId, b: contract.UserId) {
    return this.#do("directBetween", () => this.#rooms.between(a, b));
  }

  publicRooms(limit: number) {
    return this.#do("publicRooms", () => this.#rooms.public(limit));
  }

  enroll(room: contract.RoomId, user: contract.UserRef, at: number) {
    return this.#write("enroll", () => this.#rooms.enroll(room, user, at));
  }

  standing(room: contract.RoomId, user: contract.UserId) {
    return this.#do("standing", () => this.#people.standingOf(room, user));
  }

  members(room: contract.RoomId, limit: number) {
    return this.#do("members", () => this.#people.members(room, limit));
  }

  memberCount(room: contract.RoomId) {
    return this.#do("memberCount", () => this.#people.count(room));
  }

  conversations(user: contract.UserId) {
    return this.#do("conversations", () => this.#conversations.of(user));
  }

  markRead(room: contract.RoomId, user: contract.UserRef, seq: number) {
    return this.#write("markRead", () => {
      const mark = Math.min(seq, this.#history.end(room));
      return this.#people.markRead(room, this.#users.ensure(user, Date.now()), mark);
    });
  }

  belongings(users: readonly contract.UserId[]) {
    return this.#do("belongings", () => this.#conversations.belongings(users));
  }

  peers(user: contract.UserId) {
    return this.#do("peers", () => this.#conversations.peers(user));
  }

  userById(id: contract.UserId) {
    return this.#do("userById", () => this.#users.byId(id));
  }

  userByName(canonical: string) {
    return this.#do("userByName", () => this.#users.byName(canonical));
  }

  releaseName(id: contract.UserId) {
    return this.#write("releaseName", () => this.#departures.releaseName(id));
  }

  ensureUser(user: contract.UserRef, canonical: string, at: number) {
    return this.#write("ensureUser", () => void this.#users.hold(user, canonical, at));
  }

  createAccount(
    user: contract.UserRef,
    canonical: string,
    passwordHash: string,
    at: number,
    session?: contract.Session,
  ) {
    const make = () => {
      const account = this.#users.createAccount(user, canonical, passwordHash, at);
      if (session) this.#sessions.create(session);
      return account;
    };
    return this.#do("createAccount", () => refusable(() => this.#db.write(make)));
  }

  passwordHash(id: contract.UserId) {
    return this.#do("passwordHash", () => this.#users.passwordHash(id));
  }

  setPasswordHash(id: contract.UserId, passwordHash: string) {
    return this.#write("setPasswordHash", () => this.#users.setPasswordHash(id, passwordHash));
  }

  setAdmin(id: contract.UserId, admin: boolean) {
    return this.#write("setAdmin", () => this.#users.setAdmin(id, admin));
  }

  deleteUser(id: contract.UserId, at: number) {
    return this.#write("deleteUser", () => this.#departures.deleteUser(id, at));
  }

  seen(id: contract.UserId, at: number) {
    return this.#write("seen", () => this.#users.seen(id, at));
  }

  forgetGuests(idleBefore: number, online: ReadonlySet<contract.UserId>) {
    return this.#write("forgetGuests", () => this.#departures.forgetGuests(idleBefore, online));
  }

  setBlocked(user: contract.UserRef, blocked: contract.UserRef, on: boolean, at: number) {
    return this.#write("setBlocked", () => {
      const [who, whom] = [this.#users.ensure(user, at), this.#users.ensure(blocked, at)];
      this.#blocks.set(who, whom, on, at);
    });
  }

  blocks(user: contract.UserId, other: contract.UserId) {
    return this.#do("blocks", () => this.#blocks.between(user, other));
  }

  createSession(session: contract.Session) {
    return this.#write("createSession", () => this.#sessions.create(session));
  }

  session(id: string) {
    return this.#do("session", () => this.#sessions.get(id));
  }

  endSession(id: string) {
    return this.#write("endSession", () => this.#sessions.end(id));
  }

  endSessions(user: contract.UserId, except?: string) {
    return this.#write("endSessions", () => this.#sessions.endAll(user, except));
  }

  ended(connections: readonly contract.Credentials[], at: number) {
    return this.#do("ended", () => this.#sessions.ended(connections, at));
  }

  probe() {
    return this.#do("probe", () => {
      this.#db.write(() => this.#probe.run());
      // After the write, which brings the next sync.
      this.#logSync?.check();
    });
  }

  check(repair: boolean) {
    return this.#do("check", () => checkStore(this.#db, this.#index, repair));
  }

  async backup(path: string) {
    await backUp(this.#db.raw, path);
  }

  async close() {
    await this.#logSync?.close();
    return this.#do("close", () => this.#db.close());
  }

  #write<T>(what: string, work: () => T): Promise<T> {
    return this.#do(what, () => this.#db.write(work));
  }

  #do<T>(what: string, work: () => T): Promise<T> {
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(asStoreFailure(error, what));
    }
  }
}

/** A refusal as a value, after its transaction was undone. */
function refusable<T>(work: () => T): T | { refused: Refusal["code"]; message: string } {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return { refused: error.code, message: error.message };
    throw error;
  }
}
