import { assert, assertEquals } from "@std/assert";
import { dice } from "../protocol/fake_dice.ts";
import { FakeChat } from "./fake_chat.ts";
import { FakeSession, user } from "./fake_session.ts";
import { turn } from "./fake_system.ts";
import { HUB_RESTART } from "./hub.ts";

const SEEDS = [1, 2, 4, 6];
const STEPS = 400;

/** A device that comes and goes and knows the last event it has seen. */
class Device {
  session: FakeSession | undefined;
  seen = 0;
  readonly sent = new Map<string, number>();

  constructor(readonly name: string) {}

  /** Reads what came; throws at the first event that is missing, doubled or out of place. */
  read(): void {
    for (const event of this.session?.events() ?? []) {
      if (event.type === "sent" && event.re !== undefined) {
        assert(!this.sent.has(`${event.re}`), `${this.name} was answered ${event.re} twice`);
        this.sent.set(`${event.re}`, event.seq);
      }
      if (event.type !== "message") continue;
      assertEquals(event.seq, this.seen + 1, `${this.name} saw this after ${this.seen}`);
      this.seen = event.seq;
    }
  }
}

for (const seed of SEEDS) {
  Deno.test(`devices that come, go and resume see every event once, whatever fails (seed ${seed})`, async () => {
    const roll = dice(seed);
    const slowly = async <T>(value: T): Promise<T> => {
      for (let turns = roll(4); turns > 0; turns--) await turn();
      return value;
    };
    const chat = await FakeChat.open((store) => ({
      append: async (...group) => slowly(await store.append(...group)),
      since: async (...query) => slowly(await store.since(...query)),
      standing: async (...who) => slowly(await store.standing(...who)),
    }));
    const hub = await chat.hub("lobby");
    const devices = Array.from({ length: 6 }, (_, index) => new Device(`device ${index}`));
    const pick = () => devices[roll(devices.length)] as Device;
    const asked = new Map<string, Device>();
    for (let step = 0; step < STEPS; step++) {
      const device = pick();
      const { session } = device;
      const what = roll(20);
      if (!session) {
        device.session = new FakeSession(user(`u${roll(3)}`));
        chat.join(hub, device.session, { since: device.seen });
      } else if (what < 12) {
        const key = `${step}`;
        asked.set(key, device);
        chat.say(hub, session, key, key);
      } else if (what < 15) {
        // What was under way is not heard any more; it may be asked for again, and is.
        device.read();
        device.session = undefined;
        hub.tell({ type: "gone", session });
        for (const [key, by] of asked) {
          if (by === device && !device.sent.has(key)) asked.delete(key);
        }
      } else if (what === 15) {
        chat.fail(hub, session);
        await turn();
        chat.clock.advance(HUB_RESTART.withinMs);
      } else if (what < 18) device.read();
      for (let turns = roll(3); turns > 0; turns--) await turn();
    }
    // Slow reads end and restarts happen.
    for (let round = 0; round < 5; round++) await chat.restart();
    for (const device of devices) {
      if (device.session) continue;
      device.session = new FakeSession(user("late"));
      chat.join(hub, device.session, { since: device.seen });
    }
    for (let round = 0; round < 5; round++) await chat.restart();
    const room = await chat.store.roomByName("lobby");
    for (const device of devices) {
      device.read();
      assertEquals(device.seen, room?.seq, `${device.name} lacks the end`);
    }
    for (const [key, device] of asked) assert(device.sent.has(key), `${key} was never answered`);
    assert(asked.size > STEPS / 8 && chat.failures.length > 3, "too little happened");
    assertEquals(chat.givenUp, []);
    await chat.close();
  });
}
