import { assertEquals, assertObjectMatch } from "@std/assert";
import { makeSecrets, secretsInMemory } from "../../accounts/secrets.ts";
import { openSqlite } from "../../store/sqlite.ts";
import { fine, outcome } from "./cast.ts";
import { Client, type Said } from "./chat_client.ts";
import { type ChatServer, startChat, type TransportKind, TRANSPORTS } from "./chat_server.ts";

const PEOPLE = ["Ada", "Grace", "Edsger", "Barbara", "Alan"] as const;
type Name = typeof PEOPLE[number];

/** Everybody's two devices, and the server, which may start again on the same file. */
class Story implements AsyncDisposable {
  readonly #tokens = new Map<Name, string>();
  readonly #secrets = secretsInMemory(makeSecrets(Date.now()));
  #chat: ChatServer | undefined;
  phone = {} as Record<Name, Client>;
  laptop = {} as Record<Name, Client>;

  private constructor(
    readonly transport: TransportKind,
    readonly folder: string,
  ) {}

  get chat(): ChatServer {
    if (!this.#chat) throw new Error("the server is down");
    return this.#chat;
  }

  static async begin(transport: TransportKind): Promise<Story> {
    const folder = await Deno.makeTempDir();
    const story = new Story(transport, folder);
    await story.#start();
    for (const name of PEOPLE) {
      story.phone[name] = await Client.connect(story.chat, name);
      story.#tokens.set(name, story.phone[name].welcome.token);
      story.laptop[name] = await story.device(name);
    }
    return story;
  }

  device(name: Name): Promise<Client> {
    return Client.connect(this.chat, { token: this.#tokens.get(name) as string });
  }

  async away(name: Name): Promise<void> {
    await Promise.all([this.phone[name].close(), this.laptop[name].close()]);
  }

  async back(name: Name): Promise<void> {
    this.phone[name] = await this.device(name);
    this.laptop[name] = await this.device(name);
  }

  async restart(): Promise<void> {
    await this.chat.server.stop(4_000);
    assertEquals(this.chat.failures, []);
    await this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(PEOPLE.map((name) => this.away(name)));
    await this.chat.server.stop(4_000);
    await Deno.remove(this.folder, { recursive: true });
  }

  async #start(): Promise<void> {
    const store = await openSqlite({ path: `${this.folder}/hubbub.db`, durability: "normal" });
    this.#chat = await startChat(this.transport, { store, secrets: this.#secrets, graceMs: 50 });
  }
}

for (const transport of TRANSPORTS) {
  Deno.test(`${transport}: five people with two devices each, over a restart: the whole story`, async (t) => {
    await using story = await Story.begin(transport);
    const { phone, laptop } = story;

    await t.step("strangers: three messages, then an answer", async () => {
      for (const content of ["Hello", "Are you the Grace?", "Hm"]) {
        fine(await phone.Ada.say("@Grace", content));
      }
      assertEquals(outcome(await laptop.Ada.say("@Grace", "?")), "stranger_limit");
      fine(await laptop.Grace.say("@Ada", "I am"));
      fine(await laptop.Ada.say("@Grace", "!"));
      for (const device of [phone.Ada, laptop.Ada, phone.Grace, laptop.Grace]) {
        await device.first(({ type, seq }) => type === "message" && seq === 5);
        assertEquals(device.all("message").map(({ seq }) => seq), [1, 2, 3, 4, 5]);
      }
    });

    await t.step("a group: everyone's devices hear of it and of each other", async () => {
      const members = ["Grace", "Edsger", "Barbara", "Alan"];
      fine(await phone.Ada.ask({ type: "create", room: "engine", kind: "group", members }));
      fine(await phone.Ada.ask({ type: "role", room: "engine", user: "Grace", role: "moderator" }));
      fine(await phone.Barbara.say("engine", "Good morning"));
      for (const name of PEOPLE) {
        for (const device of [phone[name], laptop[name]]) {
          await device.first(({ room, content }) =>
            room === "engine" && content === "Good morning"
          );
        }
      }
    });

    await t.step("what is said to those who are away waits, unread", async () => {
      await story.away("Alan");
      await phone.Ada.first(({ type, user, online }) =>
        type === "presence" && user === "Alan" && !online
      );
      const said = fine(await phone.Barbara.say("engine", "Has anybody seen Alan?"));
      fine(
        await phone.Barbara.ask({
          type: "edit",
          room: "engine",
          seq: said.seq,
          content: "Where is Alan?",
        }),
      );
      const regretted = fine(await laptop.Edsger.say("engine", "Asleep"));
      fine(await laptop.Edsger.ask({ type: "delete", room: "engine", seq: regretted.seq }));
      assertObjectMatch(await phone.Edsger.say("@Alan", "Wake up"), { online: false });
      assertObjectMatch(await phone.Grace.say("engine", "He sleeps"), { seq: said.seq + 4 });
    });

    await t.step("the server starts again: everybody comes back with what they had", async () => {
      await story.restart();
      for (const name of PEOPLE) {
        if (name !== "Alan") await Promise.all([phone[name].closed, laptop[name].closed]);
        if (name !== "Alan") await story.back(name);
      }
      await story.back("Alan");
      const mine = story.phone.Alan.welcome.rooms.toSorted((a: Said, b: Said) =>
        String(a.room) < String(b.room) ? -1 : 1
      );
      assertObjectMatch({ mine }, {
        mine: [
          { room: "@Edsger", kind: "direct", unread: 1 },
          { room: "engine", kind: "group", unread: 3, seq: 12 },
        ],
      });
    });

    await t.step("who was away resumes: each event once, in order, as things are now", async () => {
      const seen = story.phone.Alan;
      await seen.join("engine", { since: 7 });
      await seen.sync();
      const events = seen.said.filter(({ room, seq, type, re }) =>
        room === "engine" && seq > 7 && re === undefined && type !== "read"
      );
      assertEquals(events.map(({ seq, type }) => [seq, type]), [
        [8, "message"],
        [9, "edited"],
        [10, "message"],
        [11, "deleted"],
        [12, "message"],
      ]);
      assertEquals([events[0]?.content, events[2]?.content], ["Where is Alan?", ""]);
      const { messages } = await story.laptop.Alan.ask({ type: "history", room: "engine" });
      assertEquals(messages.map(({ content }: Said) => content), [
        "Good morning",
        "Where is Alan?",
        "",
        "He sleeps",
      ]);
    });

    await t.step(
      "unread on one device, read on the other, and the others see how far",
      async () => {
        const { phone, laptop } = story;
        fine(await phone.Alan.ask({ type: "read", room: "engine", seq: 12 }));
        await laptop.Alan.first(({ type, from, seq }) =>
          type === "read" && from === "Alan" && seq === 12
        );
        await phone.Grace.first(({ type, from, seq }) =>
          type === "read" && from === "Alan" && seq === 12
        );
        const { rooms } = await laptop.Alan.ask({ type: "unread" });
        assertEquals(rooms.map(({ room, unread }: Said) => [room, unread]), [["@Edsger", 1]]);
        fine(await laptop.Alan.say("@Edsger", "I am awake"));
        await phone.Edsger.first(({ content }) => content === "I am awake");
        await phone.Alan.first(({ content }) => content === "I am awake");
      },
    );

    await t.step("kicked, then banned: out on both devices, and out of reach", async () => {
      const { phone, laptop } = story;
      fine(
        await laptop.Grace.ask({ type: "kick", room: "engine", user: "Edsger", reason: "goto" }),
      );
      for (const device of [phone.Edsger, laptop.Edsger]) {
        await device.first(({ change, user }) => change === "kicked" && user === "Edsger");
      }
      fine(await phone.Ada.say("engine", "In confidence"));
      assertEquals(outcome(await laptop.Edsger.say("engine", "harmful")), "not_member");
      fine(await phone.Ada.ask({ type: "invite", room: "engine", user: "Edsger" }));
      await laptop.Edsger.first(({ change, seq }) => change === "invited" && seq > 12);
      fine(await phone.Ada.ask({ type: "ban", room: "engine", user: "Edsger" }));
      await laptop.Edsger.first(({ change }) => change === "banned");
      assertEquals(outcome(await laptop.Edsger.join("engine")), "banned");
      const again = await phone.Grace.ask({ type: "invite", room: "engine", user: "Edsger" });
      assertEquals(outcome(again), "conflict");
      for (const device of [phone.Edsger, laptop.Edsger]) {
        await device.sync();
        assertEquals(
          device.all("message").filter(({ content }) => content === "In confidence"),
          [],
        );
      }
    });

    await t.step("after another start, all of it is as it was left", async () => {
      await story.restart();
      for (const name of PEOPLE) await story.back(name);
      const { phone, chat } = story;
      assertEquals(outcome(await phone.Edsger.join("engine")), "banned");
      const { members } = await phone.Ada.ask({ type: "members", room: "engine" });
      assertEquals(members.map(({ name, role }: Said) => `${name} ${role}`).sort(), [
        "Ada owner",
        "Alan member",
        "Barbara member",
        "Grace moderator",
      ]);
      assertObjectMatch(await phone.Ada.join("engine", { since: 1_000 }), { seq: 16, count: 4 });
      assertEquals(await chat.store.check(false), []);
      assertEquals(chat.failures, []);
    });
  });
}
