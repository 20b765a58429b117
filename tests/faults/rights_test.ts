import { assert, assertEquals, assertMatch } from "@std/assert";
import { CLOSE } from "../../protocol/errors.ts";
import { Cast, fine } from "../chat/cast.ts";
import { Client, type Said } from "../chat/chat_client.ts";
import { startChat, TRANSPORTS } from "../chat/chat_server.ts";
import { RawClient } from "../wire/raw_client.ts";
import { type Ask, rest } from "./rest.ts";

for (const transport of TRANSPORTS) {
  const test = (name: string, run: () => Promise<void>) => Deno.test(`${transport}: ${name}`, run);

  test("pages of foreign, null and look-alike origins are refused with 403 before the upgrade", async () => {
    const listed = "https://app.example";
    // One that others reach has a name of its own.
    await using chat = await startChat(transport, { hostname: "0.0.0.0", origins: [listed] });
    const host = `chat.example:${chat.server.port}`;
    const statuses: Record<string, number> = {};
    const origins = {
      [`http://${host}`]: 101,
      [listed]: 101,
      "https://evil.example": 403,
      "null": 403,
      [`http://${host}.evil.example`]: 403,
      [`http://evil.example/${host}`]: 403,
      [`http://${host}@evil.example`]: 403,
      [`http://evil-chat.example:${chat.server.port}`]: 403,
      "https://app.example.evil.example": 403,
      "https://app.example:8443": 403,
      "http://app.example": 403,
      "https://sub.app.example": 403,
      "file://": 403,
      "": 403,
    };
    for (const Origin of Object.keys(origins)) {
      using raw = await RawClient.connect(chat.server.port);
      statuses[Origin] = (await raw.handshake("/ws", { Host: host, Origin })).status;
    }
    assertEquals(statuses, origins);
    // Of a name without a port, what only begins with it is another.
    for (
      const [Origin, status] of [["http://chat.example", 101], ["http://chat.example.evil", 403]]
    ) {
      using raw = await RawClient.connect(chat.server.port);
      const reply = await raw.handshake("/ws", { Host: "chat.example", Origin: String(Origin) });
      assertEquals(reply.status, status, String(Origin));
    }
    assertEquals(chat.failures, []);
  });

  test("a page whose name was made to resolve to this machine is refused with 403", async () => {
    const listed = "https://app.example";
    await using chat = await startChat(transport, { origins: [listed] });
    const { port } = chat.server;
    const get = (path: string, host: string) =>
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nConnection: close\r\n\r\n`;
    const hosts = {
      [`evil.example:${port}`]: 403,
      [`127.0.0.1.evil.example:${port}`]: 403,
      [`localhost:${port}`]: 101,
      [`127.0.0.1:${port}`]: 101,
      "app.example": 101,
    };
    for (const [host, status] of Object.entries(hosts)) {
      using upgraded = await RawClient.connect(port);
      // The name is the page's own, too, so that its origin is no foreign one.
      const headers = { Host: host, Origin: `http://${host}` };
      assertEquals((await upgraded.handshake("/ws", headers)).status, status, host);
      for (const path of ["/", "/api/openapi.json", "/metrics"]) {
        using plain = await RawClient.connect(port);
        await plain.write(get(path, host));
        const refused = (await plain.readReply()).status === 403;
        assertEquals(refused, status === 403, `${path} of ${host}`);
      }
    }
    // A program is no page, whatever it calls the server.
    using program = await RawClient.connect(port);
    assertEquals((await program.handshake("/ws", { Host: "chat" })).status, 101);
    assertEquals(chat.failures, []);
  });

  test("a token in a URL is refused over the socket and over REST, not taken and not ignored", async () => {
    await using chat = await startChat(transport);
    const { json } = await rest(chat, "/api/guests", { body: { name: "Alice" } });
    const token = json.token as string;
    for (const name of ["token", "access_token"]) {
      for (const protocol of ["hubbub.json", "hubbub.text"]) {
        const url = `${chat.ws}?name=Alice&${name}=${token}`;
        const socket = new WebSocket(url, [protocol, `bearer.${token}`]);
        const said: string[] = [];
        socket.onmessage = ({ data }) => said.push(data);
        const closed = await new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
        assertEquals([closed.code, said.length], [CLOSE.unauthorized, 1]);
        assertMatch(said[0]!, /unauthorized/);
        assert(!said[0]!.includes(token));
      }
      for (const show of [{}, { token }]) {
        const asked = await rest(chat, `/api/rooms?${name}=${token}`, show);
        assertEquals([asked.status, asked.json.code], [401, "unauthorized"]);
      }
    }
    assertEquals((await rest(chat, "/api/rooms", { token })).status, 200);
    assertEquals(chat.failures, []);
  });

  test("the page forbids inline script, sniffing and frames; HSTS only behind TLS", async () => {
    const proxy = { address: "127.0.0.1", prefixBits: 32, family: "ipv4" } as const;
    await using chat = await startChat(transport, { trustedProxies: [proxy] });
    for (const path of ["/", "/healthz", "/api/rooms", "/nothing"]) {
      const response = await fetch(`${chat.http}${path}`);
      await response.body?.cancel();
      const policy = response.headers.get("content-security-policy") ?? "";
      assertMatch(policy, /default-src 'none'/, path);
      assertMatch(policy, /frame-ancestors 'none'/, path);
      assert(!policy.includes("unsafe"), policy);
      assertEquals(response.headers.get("x-content-type-options"), "nosniff", path);
      assertEquals(response.headers.get("strict-transport-security"), null, path);
    }
    const page = await fetch(chat.http);
    const [style] = Array.from(
      (await page.text()).matchAll(/<style>(.*?)<\/style>/gs),
      ([, it]) => it,
    );
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    assertEquals(
      /(?<=style-src )[^;]*/.exec(page.headers.get("content-security-policy") ?? "")?.[0],
      `'self' 'sha256-${new Uint8Array(digest).toBase64()}'`,
    );
    const behind = await fetch(chat.http, { headers: { "x-forwarded-proto": "https" } });
    await behind.body?.cancel();
    assertMatch(behind.headers.get("strict-transport-security") ?? "", /max-age=\d{8}/);
  });
}

Deno.test("a ban puts every session of a user out of the room at once, and keeps it out", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { owner, victim, member } = cast.as;
  const { room } = await cast.stage("public");
  await using second = await Client.connect(chat, { token: victim.welcome.token });
  fine(await second.join(room));
  fine(await owner.ask({ type: "ban", room, user: victim.name }));
  for (const device of [victim, second]) {
    assertEquals((await device.say(room, "still here?")).code, "banned");
    assertEquals((await device.join(room)).code, "banned");
  }
  const sent = fine(await member.say(room, "gone"));
  await Promise.all([victim.sync(), second.sync()]);
  for (const device of [victim, second]) {
    assertEquals(device.said.some(({ room: of, seq }) => of === room && seq === sent.seq), false);
  }
});

/** What people who are not in a group, or are banned, ask of it, over REST and over the socket. */
const ASKED: Readonly<
  Record<
    string,
    { rest(room: string): [string, Ask?]; socket(room: string): Record<string, unknown> }
  >
> = {
  history: {
    rest: (room) => [`/api/rooms/${room}/messages`],
    socket: (room) => ({ type: "history", room }),
  },
  "history by number": {
    rest: (room) => [`/api/rooms/${room}/messages?after=0&limit=200`],
    socket: (room) => ({ type: "history", room, after: 0, limit: 200 }),
  },
  search: {
    rest: (room) => [`/api/search?query=something&room=${room}`],
    socket: (room) => ({ type: "search", query: "something", room }),
  },
  message: {
    rest: (room) => [`/api/rooms/${room}/messages`, { body: { content: "let me in" } }],
    socket: (room) => ({ type: "message", room, content: "let me in" }),
  },
  reply: {
    rest: (room) => [`/api/rooms/${room}/messages`, { body: { content: "re", reply: 1 } }],
    socket: (room) => ({ type: "message", room, content: "re", reply: 1 }),
  },
};

Deno.test("other people's rooms are refused with the same code over REST and over the socket", async () => {
  await using chat = await startChat();
  await using cast = await Cast.gather(chat);
  const { stranger, banned, victim, member } = cast.as;
  const group = await cast.stage("group");
  const open = await cast.stage("public");
  fine(await victim.say("@the-member", "between us: something"));
  const table = [
    [stranger, group.room, "not_member", 403],
    [banned, group.room, "banned", 403],
    [banned, open.room, "banned", 403],
    [stranger, "no-such-room", "no_such_room", 404],
    [stranger, "1", "no_such_room", 404],
    [stranger, "..%2Fgroup-1", "bad_name", undefined],
  ] as const;
  for (const [who, room, code, status] of table) {
    const { token } = who.welcome;
    for (const [what, asked] of Object.entries(ASKED)) {
      const [path, ask] = asked.rest(room);
      const over = await rest(chat, path, { ...ask, token });
      const told = await who.ask(asked.socket(decodeURIComponent(room)));
      const expected = [code, code];
      assertEquals([over.json.code, told.code], expected, `${what} of ${room} by ${who.name}`);
      if (status !== undefined) assertEquals(over.status, status);
    }
  }
  // A search without a room is one in one's own rooms; a direct conversation has no other name.
  const all = await rest(chat, "/api/search?query=something", { token: stranger.welcome.token });
  const found = (all.json.messages as Said[]).map(({ room }) => room);
  assertEquals(new Set(found), new Set([open.room]));
  for (const path of ["@the-member", "@the-victim"]) {
    const page = await rest(chat, `/api/rooms/${path}/messages`, { token: stranger.welcome.token });
    assertEquals(page.json.messages, []);
  }
  // Nobody changes another's message by its number, in a room of theirs or not.
  for (const { room, message: seq } of [group, open]) {
    for (const change of [{ type: "edit", content: "x" }, { type: "delete" }]) {
      assertEquals((await member.ask({ ...change, room, seq })).code, "forbidden");
      assertEquals((await banned.ask({ ...change, room, seq })).code, "banned");
    }
  }
  assertEquals(
    (await stranger.ask({ type: "delete", room: group.room, seq: 1 })).code,
    "not_member",
  );
  // And without a credential there is nothing at all.
  for (const { rest: of } of Object.values(ASKED)) {
    const [path, ask] = of(open.room);
    assertEquals((await rest(chat, path, ask)).json.code, "unauthorized");
  }
  assertEquals(chat.failures, []);
});
