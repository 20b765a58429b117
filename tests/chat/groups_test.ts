import { assertObjectMatch } from "@std/assert";
import { Client } from "./chat_client.ts";
import { startChat } from "./chat_server.ts";

Deno.test("the first members of a group hear of it at once, on every device, and so do its owner's", async () => {
  await using chat = await startChat();
  await using ann = await Client.connect(chat, "Ann");
  await using annsPhone = await Client.connect(chat, { token: ann.welcome.token });
  await using ben = await Client.connect(chat, "Ben");
  await using bensPhone = await Client.connect(chat, { token: ben.welcome.token });
  await ann.ask({ type: "create", room: "team", kind: "group", members: ["ben"], title: "Us" });
  for (const device of [ben, bensPhone]) {
    assertObjectMatch(await device.next("member"), {
      room: "team",
      user: "Ben",
      change: "invited",
      from: "Ann",
    });
  }
  assertObjectMatch(await annsPhone.next("room"), { room: "team", created: true, title: "Us" });
  await ann.say("team", "welcome");
  assertObjectMatch(await bensPhone.next("message"), { room: "team", content: "welcome" });
});

Deno.test("who leaves a public room on one device and writes on another has it again", async () => {
  await using chat = await startChat();
  await using laptop = await Client.connect(chat, "Ann");
  await using phone = await Client.connect(chat, { token: laptop.welcome.token });
  await laptop.join("lobby");
  await phone.join("lobby");
  await laptop.say("lobby", "one");
  assertObjectMatch(await laptop.ask({ type: "leave", room: "lobby" }), { type: "left" });
  await phone.say("lobby", "two");
  await phone.sync();
  await using tablet = await Client.connect(chat, { token: laptop.welcome.token });
  assertObjectMatch(tablet.welcome, { rooms: [{ room: "lobby" }] });
});
