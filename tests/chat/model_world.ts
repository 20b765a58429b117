import { assert, assertEquals } from "@std/assert";
import { newSecretId, newUserId } from "../../accounts/ids.ts";
import { makeSecrets, secretsInMemory } from "../../accounts/secrets.ts";
import { Tokens } from "../../accounts/tokens.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { type ChatServer, startChat, type TransportKind } from "./chat_server.ts";
import { Room } from "./model.ts";
import { agreesOnAnswers, agreesOnWelcome } from "./model_agreement.ts";
import { Device } from "./model_device.ts";

export const USERS = ["ann", "ben", "cleo", "dan"] as const;
/** The other two are accounts. */
const GUESTS: ReadonlySet<string> = new Set(["cleo", "dan"]);
const DEVICES_EACH = 2;
const YEAR_MS = 365 * 24 * 3600 * 1000;

/** The server, its clients, and the model of what they should see. */
export class World implements AsyncDisposable {
  readonly rooms: Room[] = [];
  readonly devices: Device[] = [];
  #chat: ChatServer | undefined;

  private constructor(
    readonly folder: string,
    readonly transport: TransportKind,
    /** Short, so that hubs end and begin again in the middle. */
    readonly hubIdleMs: number,
  ) {}

  readonly #secrets = makeSecrets(Date.now());

  /** Everybody is in the lobby; a hall and a group with an owner; two conversations with guests. */
  static async begin(transport: TransportKind, hubIdleMs: number): Promise<World> {
    const world = new World(await Deno.makeTempDir(), transport, hubIdleMs);
    await world.#start();
    await world.#makeUsers();
    const ann = world.devices[0] as Device;
    const lobby = world.#add(new Room("public", "lobby", undefined, GUESTS));
    for (const user of USERS) await world.enter(user, lobby);
    const hall = world.#add(new Room("public", "hall", undefined, GUESTS));
    await ann.client.ask({ type: "create", room: "hall", kind: "public" });
    hall.create("ann", []);
    await world.enter("ann", hall);
    await world.makeGroup(ann);
    for (const [index, user] of USERS.entries()) {
      for (const other of USERS.slice(index + 1)) {
        world.#add(new Room("direct", `${user} and ${other}`, [user, other]));
      }
    }
    // Who has a conversation keeps its name while it is away.
    for (const [from, to] of [["ann", "cleo"], ["ben", "dan"]] as const) {
      const device = world.online(from)[0] as Device;
      await world.say(device, world.direct(from, to), "hello");
    }
    await world.settle();
    return world;
  }

  get chat(): ChatServer {
    if (!this.#chat) throw new Error("the server is down");
    return this.#chat;
  }

  online(user: string): Device[] {
    return this.devices.filter((device) => device.user === user && device.online);
  }

  direct(one: string, other: string): Room {
    const room = this.rooms.find(({ between }) =>
      between?.includes(one) && between.includes(other)
    );
    if (!room) throw new Error(`${one} and ${other} are not two`);
    return room;
  }

  async makeGroup(device: Device): Promise<void> {
    const others = USERS.filter((user) => user !== device.user);
    const name = `team-${this.rooms.length}`;
    const order = { type: "create", room: name, kind: "group", members: others };
    assertEquals((await device.client.ask(order)).type, "created");
    this.#add(new Room("group", name)).create(device.user, others);
    await this.settle();
  }

  /** Every device of the user joins a public room. */
  async enter(user: string, room: Room): Promise<string> {
    const devices = this.online(user);
    const code = room.join(user);
    if (code !== "ok") {
      return await this.ask(devices[0] as Device, { type: "join", room: room.name });
    }
    for (const device of devices) await device.join(room);
    return "ok";
  }

  async ask(device: Device, order: Record<string, unknown>): Promise<string> {
    const reply = await device.client.ask(order);
    return reply.type === "error" ? reply.code : "ok";
  }

  async say(device: Device, room: Room, content: string): Promise<string> {
    const { user } = device;
    const order = { type: "message", room: room.nameFor(user), content };
    const got = await this.ask(device, order);
    room.opened ||= room.between !== undefined;
    const code = room.mayWrite(user);
    if (code === "ok") room.write(user, content);
    assertEquals(got, code, `${user} says something in ${room.name}`);
    return got;
  }

  async connect(device: Device): Promise<void> {
    agreesOnWelcome(device.user, this.rooms, await device.connect(this.chat));
    await this.#joinAll(device);
  }

  /** The same without looking at the welcome: others write meanwhile. */
  async reconnect(device: Device): Promise<void> {
    await device.close();
    await device.connect(this.chat);
    await this.#joinAll(device);
  }

  /** The server stops and another starts on the same store; who was online comes back. */
  async restart(): Promise<void> {
    const online = this.devices.filter((device) => device.online);
    await this.chat.server.stop(4_000);
    assertEquals(this.chat.failures, []);
    await Promise.all(online.map((device) => device.close()));
    await this.#start();
    await Promise.all(online.map(async (device) => {
      await device.connect(this.chat);
      await this.#joinAll(device);
    }));
  }

  /** Waits until everybody who is online has seen everything, joined or not. */
  async settle(): Promise<void> {
    for (const device of this.devices.filter(({ online }) => online)) {
      await this.#joinAll(device);
      for (const room of this.rooms) if (room.shows(device.user)) await device.reach(room);
    }
  }

  /** Everything that can be asked is as the model says. */
  async agrees(): Promise<void> {
    await this.settle();
    // Behind all that was written: who has just become a member is in the store now.
    await this.chat.store.probe();
    for (const device of this.devices.filter(({ online }) => online)) {
      await device.client.sync();
      for (const room of this.rooms) {
        if (room.between && !room.between.includes(device.user)) continue;
        if (room.shows(device.user)) await device.reach(room);
        else if (room.kind === "public") device.hearsNothingOf(room);
        device.agrees(room);
      }
    }
    for (const user of USERS) {
      const [device] = this.online(user);
      if (device) await agreesOnAnswers(device, this.rooms);
    }
    assertEquals(this.chat.failures, []);
    assertEquals(await this.chat.store.check(false), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.devices.map((device) => device.close()));
    await this.#chat?.server.stop(4_000);
    await Deno.remove(this.folder, { recursive: true });
  }

  async #joinAll(device: Device): Promise<void> {
    const rooms = this.rooms.filter((room) => room.shows(device.user) && !device.joined(room));
    await Promise.all(rooms.map((room) => device.join(room)));
  }

  #add(room: Room): Room {
    this.rooms.push(room);
    return room;
  }

  async #start(): Promise<void> {
    const store = await openSqlite({ path: `${this.folder}/hubbub.db`, durability: "normal" });
    const { hubIdleMs } = this;
    // Nobody is away for so long that it would be noticed.
    const changes = { store, secrets: secretsInMemory(this.#secrets), hubIdleMs, graceMs: 60_000 };
    this.#chat = await startChat(this.transport, changes);
  }

  /** Accounts are made in the store: hashing their passwords would take longer than the test. */
  async #makeUsers(): Promise<void> {
    const { store } = this.chat;
    const now = Date.now();
    const tokens = await Tokens.create(this.#secrets, { now: () => now });
    for (const name of USERS) {
      const user = { id: newUserId(), name, guest: GUESTS.has(name) };
      const sessionId = user.guest ? undefined : newSecretId();
      if (sessionId !== undefined) {
        await store.createAccount(user, name, "no password", now);
        await store.createSession({
          id: sessionId,
          user: user.id,
          createdAt: now,
          expiresAt: now + YEAR_MS,
        });
      }
      const token = await tokens.sign({ user, sessionId });
      for (let count = 0; count < DEVICES_EACH; count++) {
        const device = new Device(name, token);
        this.devices.push(device);
        await device.connect(this.chat);
      }
    }
    assert(this.devices.length === USERS.length * DEVICES_EACH);
  }
}
