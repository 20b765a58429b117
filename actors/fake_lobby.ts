import type { Ref } from "./actor.ts";
import type { Room, Store } from "../store/store.ts";
import { FakeChat } from "./fake_chat.ts";
import { user } from "./fake_session.ts";
import { Gate } from "./fake_store.ts";
import type { HubMessage } from "./hub_messages.ts";

/** The lobby, with so many messages of Carol's from before anybody was there. */
export async function lobby(
  chat: FakeChat,
  messages = 0,
): Promise<{ hub: Ref<HubMessage>; room: Room }> {
  const hub = await chat.hub("lobby");
  const room = await chat.store.roomByName("lobby");
  if (!room) throw new Error("the lobby is not in the store");
  const contents = Array.from({ length: messages }, (_, index) => `m${index + 1}`);
  if (messages === 0) return { hub, room };
  // The hub that is there would not know of them.
  await hub.stop();
  await chat.write(room.id, user("carol"), ...contents);
  return { hub: await chat.hub("lobby"), room };
}

/** Alice and Bob in the lobby, with some of the store's methods changed. */
export async function twoInLobby(change?: (store: Store) => Partial<Store>) {
  const chat = await FakeChat.open(change);
  const { hub } = await lobby(chat);
  const [a, b] = [await chat.connect("alice"), await chat.connect("bob")];
  await chat.enter(hub, a, b);
  return { chat, hub, a, b };
}

/** A chat whose reads of backlogs can be held back. */
export async function gatedReads() {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    since: async (...query) => gate.pass(await store.since(...query)),
    history: async (...query) => gate.pass(await store.history(...query)),
  }));
  return { chat, gate };
}

/** A chat whose commits can be held back, with Alice, Bob and Carol in the lobby. */
export async function gatedCommits() {
  const gate = new Gate();
  const chat = await FakeChat.open((store) => ({
    append: async (...group) => {
      await gate.pass(undefined);
      return await store.append(...group);
    },
    markRead: async (...mark) => {
      await gate.pass(undefined);
      return await store.markRead(...mark);
    },
  }));
  const { hub } = await lobby(chat);
  const [a, b, c] = [
    await chat.connect("alice"),
    await chat.connect("bob"),
    await chat.connect("carol"),
  ];
  await chat.enter(hub, a, b, c);
  return { chat, gate, hub, a, b, c };
}
