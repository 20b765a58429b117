import type { OpenRoom } from "./change_log.ts";
import type { Database } from "./database.ts";
import type { RoomId } from "./store.ts";
import type { Card, RoomHead, RoomTable } from "./tables.ts";

/** Rooms' rows, for those who write to their logs. */
export class RoomRows implements RoomTable {
  readonly #head;
  readonly #saveHead;
  readonly #card;
  readonly #setCard;
  readonly #dissolve;

  constructor(db: Database) {
    this.#head = db.prepare<RoomHead>(
      `SELECT kind, seq, messages, dissolved_at AS dissolvedAt, user_a AS userA, user_b AS userB
       FROM rooms WHERE id = ?`,
    );
    this.#saveHead = db.prepare("UPDATE rooms SET seq = ?, messages = ? WHERE id = ?");
    this.#card = db.prepare<Card>("SELECT title, topic, icon FROM rooms WHERE id = ?");
    this.#setCard = db.prepare("UPDATE rooms SET title = ?, topic = ?, icon = ? WHERE id = ?");
    this.#dissolve = db.prepare(
      "UPDATE rooms SET dissolved_at = ?, canonical = NULL WHERE id = ?",
    );
  }

  head(id: RoomId): RoomHead | undefined {
    return this.#head.get(id);
  }

  saveHead({ id, seq, messages }: OpenRoom): void {
    this.#saveHead.run(seq, messages, id);
  }

  card(id: RoomId): Card | undefined {
    return this.#card.get(id);
  }

  setCard(id: RoomId, { title, topic, icon }: Card): void {
    this.#setCard.run(title, topic, icon, id);
  }

  dissolve(id: RoomId, at: number): void {
    this.#dissolve.run(at, id);
  }
}
