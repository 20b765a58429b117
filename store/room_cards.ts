import { Refusal } from "../protocol/errors.ts";
import { verdict } from "../protocol/rules.ts";
import { type Act, unchanged } from "./change_log.ts";
import { partyOf } from "./rights.ts";
import type { Appended, Op } from "./store.ts";
import type { Card, Tables } from "./tables.ts";
import { storable } from "./text.ts";

const FIELDS = ["title", "topic", "icon"] as const;

/** A room's card, and its end. */
export class RoomCards {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Only what differs is written and told; an empty text takes a field away. */
  set(act: Act, op: Extract<Op, { type: "set" }>): Appended {
    this.#permitted(act, "set");
    const before = this.#tables.rooms.card(act.room.id);
    if (!before) throw new Refusal("no_such_room", "that room is not there any more");
    const data: Partial<Record<keyof Card, string>> = {};
    for (const field of FIELDS) {
      const value = op[field];
      if (value !== undefined && storable(value) !== (before[field] ?? "")) data[field] = value;
    }
    if (Object.keys(data).length === 0) return unchanged(act);
    const now = (field: keyof Card) => (data[field] ?? before[field]) || null;
    const card = { title: now("title"), topic: now("topic"), icon: now("icon") };
    this.#tables.rooms.setCard(act.room.id, card);
    return this.#tables.changes.write(act, { type: "room", data });
  }

  dissolve(act: Act): Appended {
    this.#permitted(act, "dissolve");
    return this.end(act);
  }

  /** Frees the name; the log stays, readable by its number alone. */
  end(act: Act): Appended {
    act.room.dissolved = true;
    this.#tables.rooms.dissolve(act.room.id, act.at);
    return this.#tables.changes.write(act, { type: "room", data: { dissolved: true } });
  }

  #permitted(act: Act, action: "set" | "dissolve"): void {
    const { room, by, no } = act;
    const actor = partyOf(this.#tables, act, { id: by.id, no }, action);
    const against = verdict(action, room.kind, actor);
    if (against) throw new Refusal(against.code, against.why);
  }
}
