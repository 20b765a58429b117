import type { LogEvent } from "../../../protocol/events.ts";
import { RoomLog } from "./room_log.ts";
import type { History, Noted, RoomKey, Testimony } from "./testimony.ts";

/**
 * Whether the promises held: everybody of a room heard the same events in the same order, once;
 * what was acknowledged is there, once, in its sender's order; histories show what the log says.
 * Answers what broke, nothing when all held.
 */
export function verdict(
  testimonies: readonly Testimony[],
  histories: readonly History[],
): string[] {
  const broken = testimonies.flatMap(({ name, complaints }) =>
    complaints.map((complaint) => `${name}: ${complaint}`)
  );
  const logs = new Map<RoomKey, RoomLog>();
  for (const testimony of testimonies) {
    for (const [room, events] of testimony.heard) {
      broken.push(...outOfOrder(testimony, room, events));
      let log = logs.get(room);
      if (!log) logs.set(room, log = new RoomLog(room));
      for (const event of events) broken.push(...log.add(event, testimony.name));
    }
  }
  for (const testimony of testimonies) {
    for (const room of testimony.present) {
      const last = testimony.heard.get(room)?.at(-1)?.seq ?? 0;
      const head = logs.get(room)?.head ?? 0;
      if (last < head) broken.push(`${testimony.name} has ${room} up to ${last} of ${head}`);
    }
    broken.push(...notKept(testimony, logs), ...notChanged(testimony, logs));
    broken.push(...overtaken(testimony));
  }
  for (const log of logs.values()) broken.push(...log.doubles());
  for (const { source, room, messages } of histories) {
    const log = logs.get(room) ?? new RoomLog(room);
    broken.push(
      ...log.differences(messages).map((what) => `history of ${room} ${source}: ${what}`),
    );
  }
  return broken;
}

function outOfOrder(
  { name, jumps }: Testimony,
  room: RoomKey,
  events: readonly LogEvent[],
): string[] {
  const broken: string[] = [];
  let last = 0;
  for (const { seq } of events) {
    if (seq !== last + 1 && !jumps.get(room)?.has(seq)) {
      broken.push(`${name} heard ${seq} of ${room} after ${last}`);
    }
    last = seq;
  }
  return broken;
}

function notKept({ name, noted }: Testimony, logs: ReadonlyMap<RoomKey, RoomLog>): string[] {
  return noted.flatMap(({ room, key, seq }) => {
    const message = logs.get(room)?.message(seq);
    if (message?.key === key && message.from === name) return [];
    const is = message ? `${message.from} ${message.key}` : "nothing that anybody heard";
    return [`${name} was told that ${key} is ${room} ${seq}, which is ${is}`];
  });
}

function notChanged({ name, changed }: Testimony, logs: ReadonlyMap<RoomKey, RoomLog>): string[] {
  return changed.flatMap(({ room, seq, type, target }) => {
    const event = logs.get(room)?.event(seq);
    if (event?.type === type && event.from === name && event.target === target) return [];
    return [`${name} was told that ${target} was ${type} by ${room} ${seq}, which is not so`];
  });
}

/** A sender's order: after all it knew of, and, on one connection without a retry, as it was said. */
function overtaken({ name, noted }: Testimony): string[] {
  const broken = noted.filter(({ seq, after }) => seq <= after).map(({ key, seq, after }) =>
    `${name} said ${key} after ${after}, and it became ${seq}`
  );
  const inTurn = noted.filter(({ tries }) => tries === 1).sort((one, other) =>
    one.turn - other.turn
  );
  const last = new Map<string, Noted>();
  for (const message of inTurn) {
    const line = `${message.room} ${message.connection}`;
    const before = last.get(line);
    if (before && before.seq > message.seq) {
      broken.push(`${name} said ${before.key} before ${message.key}, and it came after it`);
    }
    last.set(line, message);
  }
  return broken;
}
