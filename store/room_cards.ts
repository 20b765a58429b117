import { Refusal } from "../protocol/errors.ts";
import { verdict } from "../protocol/rules.ts";
import { type Act, type ChangeLog, unchanged } from "./change_log.ts";
import type { Database } from "./database.ts";
import type { People } from "./people.ts";
import type { Appended, Op } from "./store.ts";
import { storable } from "./text.ts";

interface Card {
  readonly title: string | null;
  readonly topic: string | null;
  readonly icon: string | null;
}

const FIELDS = ["title", "topic", "icon"] as const;

/** A room's card, and its end. */
export class RoomCards {
  readonly #changes: ChangeLog;
  readonly #people: People;
  readonly #card;
  readonly #set;
  readonly #dissolve;

  constructor(db: Database, changes: ChangeLog, people: People) {
    this.#changes = changes;
    this.#people = people;
    this.#card = db.prepare<Card>("SELECT title, topic, icon FROM rooms WHERE id = ?");
    this.#set = db.prepare("UPDATE rooms SET title = ?, topic = ?, icon = ? WHERE id = ?");
    this.#dissolve = db.prepare(
      "UPDATE rooms SET dissolved_at = ?, canonical = NULL WHERE id = ?",
    );
  }

  /** Only what differs is written and told; an empty text takes a field away. */
  set(act: Act, op: Extract<Op, { type: "set" }>): Appended {
    this.#permitted(act, "set");
    const before = this.#card.get(act.room.id);
    if (!before) throw new Refusal("no_such_room", "that room is not there any more");
    const data: Partial<Record<keyof Card, string>> = {};
    for (const field of FIELDS) {
      const value = op[field];
      if (value !== undefined && storable(value) !== (before[field] ?? "")) data[field] = value;
    }
    if (Object.keys(data).length === 0) return unchanged(act);
    const [title, topic, icon] = FIELDS.map((field) => (data[field] ?? before[field]) || null);
    this.#set.run(title ?? null, topic ?? null, icon ?? null, act.room.id);
    return this.#changes.write(act, { type: "room", data });
  }

  dissolve(act: Act): Appended {
    this.#permitted(act, "dissolve");
    return this.end(act);
  }

  /** Frees the name; the log stays, readable by its number alone. */
  end(act: Act): Appended {
    act.room.dissolved = true;
    this.#dissolve.run(act.at, act.room.id);
    return this.#changes.write(act, { type: "room", data: { dissolved: true } });
  }

  #permitted({ room, no, at }: Act, action: "set" | "dissolve"): void {
    const against = verdict(action, room.kind, this.#people.party(room.id, no, at));
    if (against) throw new Refusal(against.code, against.why);
  }
}
