import { assertEquals } from "@std/assert";
import { ROLES } from "../../protocol/commands.ts";
import type { Room } from "./model.ts";
import type { Device } from "./model_device.ts";
import type { Dice } from "./model_dice.ts";
import { allAtOnce } from "./model_rush.ts";
import { USERS, type World } from "./model_world.ts";

/** One step of a run; the names of steps stand as often as they shall be likely. */
const STEPS = [
  ...Array(6).fill("say"),
  ...Array(5).fill("change"),
  ...Array(3).fill("read"),
  ...Array(10).fill("moderate"),
  ...Array(3).fill("come or go"),
  ...Array(4).fill("all at once"),
  ...Array(3).fill("on and off"),
  "card",
  "block",
  "restart",
  "check",
] as const;

/** Does one random step and says which. */
export async function step(world: World, dice: Dice, number: number): Promise<string> {
  const name = dice.pick(STEPS);
  const online = world.devices.filter((device) => device.online);
  const device = dice.pick(online);
  const room = dice.pick(
    world.rooms.filter(({ between, dissolved }) =>
      !dissolved && (!between || between.includes(device.user))
    ),
  );
  switch (name) {
    case "say":
      await world.say(device, room, `message ${number}`);
      break;
    case "change":
      await change(world, dice, device, room, number);
      break;
    case "read": {
      const seq = dice.below(room.seq + 3);
      const order = { type: "read", room: room.nameFor(device.user), seq };
      const got = await world.ask(device, order);
      assertEquals(got, absent(room) ?? room.read(device.user, seq), `read in ${room.name}`);
      break;
    }
    case "moderate":
      await moderate(world, dice);
      break;
    case "come or go":
      await comeOrGo(world, dice, device, room);
      break;
    case "all at once":
      await allAtOnce(world, dice, number);
      break;
    case "on and off":
      await onAndOff(world, dice);
      break;
    case "card":
      await card(world, dice, device, room, number);
      break;
    case "block": {
      const other = dice.pick(USERS.filter((user) => user !== device.user));
      const on = !world.direct(device.user, other).blocks.has(device.user);
      const order = { type: on ? "block" : "unblock", user: other };
      assertEquals(await world.ask(device, order), "ok");
      const { blocks } = world.direct(device.user, other);
      if (on) blocks.add(device.user);
      else blocks.delete(device.user);
      break;
    }
    case "restart":
      await world.restart();
      break;
    case "check":
      await world.agrees();
  }
  return name;
}

/** A direct conversation in which nobody has tried to write is not there. */
function absent(room: Room): string | undefined {
  return room.between && !room.opened ? "no_such_room" : undefined;
}

async function change(world: World, dice: Dice, device: Device, room: Room, number: number) {
  const { user } = device;
  const action = dice.pick(["edit", "delete", "react", "react"] as const);
  const mine = [...room.messages.values()].filter(({ from }) => from === user);
  const target = dice.once(3) || mine.length === 0 ? dice.below(room.seq + 2) : dice.pick(mine).seq;
  const what = action === "edit" ? `edited ${number}` : dice.pick(["👍", "☕"]);
  const on = !room.messages.get(target)?.reactions.includes(`${what} ${user}`);
  const got = await world.ask(device, {
    type: action,
    room: room.nameFor(user),
    seq: target,
    ...(action === "edit" ? { content: what } : action === "react" ? { emoji: what, on } : {}),
  });
  const expected = absent(room) ?? room.change(user, action, target, what);
  assertEquals(got, expected, `${user}: ${action} ${target} in ${room.name}`);
}

const ACTIONS = [
  "invite",
  "kick",
  "kick",
  "ban",
  "unban",
  "mute",
  "mute",
  "unmute",
  "role",
] as const;
const RANKED: ReadonlySet<unknown> = new Set(["owner", "moderator"]);

async function moderate(world: World, dice: Dice) {
  const room = dice.pick(
    world.rooms.filter(({ kind, dissolved, name }) =>
      kind !== "direct" && !dissolved && name !== "lobby"
    ),
  );
  const online = world.devices.filter((device) => device.online);
  const ranked = online.filter(({ user }) => RANKED.has(room.person(user).role));
  // Mostly somebody who may, so that something happens.
  const device = dice.pick(dice.once(4) || ranked.length === 0 ? online : ranked);
  const action = dice.pick(ACTIONS);
  const others = USERS.filter((user) => user !== device.user);
  const marked = others.filter((user) => room.person(user).muted || room.person(user).banned);
  // Often somebody to whom something was done before: what lasts is what goes wrong.
  const user = dice.once(8)
    ? device.user
    : dice.pick(dice.once(2) && marked.length ? marked : others);
  const role = dice.pick(ROLES);
  await world.settle();
  const got = await world.ask(device, {
    type: action === "unmute" ? "mute" : action,
    room: room.name,
    user,
    ...(action === "mute" ? { seconds: 3600 } : action === "unmute" ? { seconds: 0 } : {}),
    ...(action === "role" ? { role } : {}),
  });
  const shown = room.shows(user);
  const expected = room.moderate(device.user, action, user, role);
  assertEquals(got, expected, `${device.user}: ${action} ${user} ${role} in ${room.name}`);
  await goneOut(world, user, room, shown);
  if (action !== "kick" || got !== "ok" || room.kind !== "group" || dice.once(3)) return;
  // Few would be left in the groups if nobody came back.
  assertEquals(await world.ask(device, { type: "invite", room: room.name, user }), "ok");
  assertEquals(room.moderate(device.user, "invite", user, "member"), "ok");
  await world.settle();
}

/** Those who were put out see that, and nothing after it. */
async function goneOut(world: World, user: string, room: Room, shown: boolean) {
  if (!shown || room.shows(user)) return world.settle();
  for (const device of world.online(user)) {
    await device.reach(room);
    device.out(room);
  }
  await world.settle();
}

async function comeOrGo(world: World, dice: Dice, device: Device, room: Room) {
  const { user } = device;
  if (room.kind === "direct") return;
  if (room.kind === "public" && !room.shows(user)) {
    await world.enter(user, room);
    return;
  }
  // A group is left seldom: few are there to bring somebody back.
  if (room.kind === "group" && !dice.once(3)) return;
  await world.settle();
  const [first, ...others] = world.online(user);
  const got = await world.ask(first as Device, { type: "leave", room: room.name });
  const shown = room.shows(user);
  assertEquals(got, room.leave(user), `${user} leaves ${room.name}`);
  if (room.kind === "public") {
    for (const other of others) await world.ask(other, { type: "leave", room: room.name });
    for (const each of world.online(user)) each.out(room);
    return await world.settle();
  }
  if (room.dissolved) return;
  await goneOut(world, user, room, shown);
}

async function card(world: World, dice: Dice, device: Device, room: Room, number: number) {
  const { user } = device;
  if (room.kind === "direct") return;
  const end = room.kind === "group" && dice.once(3);
  const order = end ? { type: "dissolve" } : { type: "set", topic: `topic ${number}` };
  await world.settle();
  const got = await world.ask(device, { ...order, room: room.name });
  assertEquals(got, end ? room.dissolve(user) : room.set(user), `${user}: ${order.type}`);
  if (room.dissolved) await world.makeGroup(device);
}

async function onAndOff(world: World, dice: Dice) {
  const device = dice.pick(world.devices);
  await world.settle();
  if (!device.online) {
    await world.chat.store.probe();
    return await world.connect(device);
  }
  if (world.online(device.user).length > 1) await device.close();
}
