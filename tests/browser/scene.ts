import { type Person, type PersonOptions, Stage } from "./people.ts";
import { sender } from "./sender.ts";

/**
 * A room as it may be on a good day, for pictures and for checking everything that can be seen:
 * several people, code, a list, answers, reactions, a mention, unread rooms, a direct message.
 */
export async function setScene(stage: Stage, options: PersonOptions = {}): Promise<Person> {
  const ada = await stage.enter("Ada", options);
  await ada.page.locator(".log-edge strong").waitFor();
  const fatima = await sender(stage.server, "Fatima", "lobby");
  const chen = await sender(stage.server, "陈伟", "lobby");
  const bob = await sender(stage.server, "Bob", "lobby");
  const lines = [
    [
      fatima,
      "Room actors now snapshot every 500 events. Replay of 100k messages went from **2.1 s** to 140 ms.",
    ],
    [fatima, "Bench code is in https://hubbub.example/bench/replay.ts if anyone wants to try."],
    [chen, "很好！我在 4 核机器上跑了一次，p99 大约是 3 毫秒。"],
    [
      bob,
      "This is the whole mailbox loop:\n```ts\nfor await (const msg of mailbox) {\n  state = await behaviour(state, msg);\n}\n```",
    ],
    [bob, "Two things are left:\n- the `supervisor` restart test\n- backoff *after* the third try"],
    [fatima, "@Ada can you look at the `supervisor` restart test?"],
    [chen, "🎉🎉"],
  ] as const;
  for (const [who, content] of lines) {
    who.say(content);
    await who.settled();
    await ada.sees(content.split(/[\n*`@]/)[0]!.slice(0, 12));
  }
  await ada.say("Sure, looking now. See you in #dev");
  await ada.page.locator(".message:not(.pending)", { hasText: "looking now" }).waitFor();
  fatima.send({ type: "react", room: "lobby", seq: 3, emoji: "👍", on: true });
  bob.send({ type: "react", room: "lobby", seq: 3, emoji: "👍", on: true });
  bob.send({ type: "react", room: "lobby", seq: 3, emoji: "🎉", on: true });
  bob.send({ type: "message", room: "lobby", content: "Thank you!", reply: 8 });
  fatima.send({ type: "message", room: "@Ada", content: "Lunch?" });
  await ada.page.locator(".reactions button").nth(1).waitFor();
  await ada.page.locator(".quoted").waitFor();
  await ada.page.evaluate(() => location.hash = "#dev");
  await ada.page.locator(".title-button", { hasText: "dev" }).waitFor();
  await ada.page.evaluate(() => location.hash = "#lobby");
  await ada.page.locator(".title-button", { hasText: "lobby" }).waitFor();
  await using dev = await sender(stage.server, "Hana", "dev");
  dev.say("Release 0.2 is out");
  dev.say("and the notes are on the wiki");
  await dev.settled();
  const typing = fatima.types();
  stage.defer({ [Symbol.asyncDispose]: () => Promise.resolve(typing[Symbol.dispose]()) });
  await ada.page.locator(".typing", { hasText: "Fatima" }).waitFor();
  stage.defer(fatima, chen, bob);
  return ada;
}
