import { assert, assertEquals } from "@std/assert";
import type { Said } from "./chat_client.ts";
import type { Room } from "./model.ts";
import type { Device } from "./model_device.ts";
import type { Dice } from "./model_dice.ts";
import type { World } from "./model_world.ts";

interface Saying {
  readonly device: Device;
  readonly room: Room;
  readonly content: string;
  readonly key: string;
}

/**
 * Several devices write at once, while others lose their line and come back, one loses it right
 * after writing, or the server starts again. Who heard no `sent` says it again by the same key.
 */
export async function allAtOnce(world: World, dice: Dice, number: number) {
  await world.settle();
  const senders = world.devices.filter((device) => device.online && !dice.once(3));
  const sayings = senders.flatMap((device, index) => {
    const open = world.rooms.filter((room) => settled(room, device.user));
    if (open.length === 0) return [];
    return Array.from({ length: 1 + dice.below(3) }, (_, count): Saying => {
      const key = `${number}-${index}-${count}`;
      return { device, room: dice.pick(open), content: `at once ${key}`, key };
    });
  });
  for (const saying of sayings) speak(saying);
  const upset = dice.below(4);
  const unlucky = dice.pick(world.devices.filter((device) => device.online));
  if (upset === 0) await world.restart();
  else if (upset <= 2) await world.reconnect(unlucky);
  const placed: (Saying & { seq: number })[] = [];
  for (const saying of sayings) placed.push({ ...saying, seq: await sent(saying) });
  placed.sort((a, b) => a.seq - b.seq);
  for (const { room, device, content, seq } of placed) {
    room.write(device.user, content);
    assertEquals(room.seq, seq, `the order in ${room.name}`);
  }
  await world.settle();
}

/** Where nothing can happen meanwhile that refuses a message or makes somebody a member. */
function settled(room: Room, user: string): boolean {
  const answered = !room.between ||
    [...room.messages.values()].some(({ from }) => from === room.other(user));
  return room.mayWrite(user) === "ok" && room.person(user).role !== undefined && answered;
}

const replyId = (key: string) => `say ${key}`;

function speak({ device, room, content, key }: Saying): void {
  const order = { type: "message", id: replyId(key), room: room.nameFor(device.user) };
  device.client.send({ ...order, content, key });
}

async function sent(saying: Saying): Promise<number> {
  const { device, key } = saying;
  const isReply = ({ re }: Said) => re === replyId(key);
  // On another connection by now, or not: saying it again does no harm either way.
  if (!device.client.said.some(isReply)) speak(saying);
  const reply = await device.client.first(isReply);
  assert(reply.type === "sent", JSON.stringify(reply));
  return reply.seq;
}
