import type { CommandOf } from "../protocol/commands.ts";
import { Refusal } from "../protocol/errors.ts";
import { parseRoom, type RoomAddress } from "../protocol/names.ts";
import type { UserRef } from "../store/store.ts";
import type { Ref } from "./actor.ts";
import type { RoomKey } from "./directory.ts";
import type { HubCommand, HubMessage } from "./hub_messages.ts";
import { LOOKUP_TIMEOUT_MS, resolveUser } from "./resolve.ts";
import type { Session } from "./session.ts";
import type { SwitchboardMessage } from "./switchboard_messages.ts";

/** Most rooms one connection may be in or talk to at a time, and so most hubs it knows by name. */
export const SESSION_ROOMS_MAX = 1_000;

/** The rooms of one session: which hub serves each, as long as that hub lives. */
export class Rooms {
  readonly #hubs = new Map<string, Ref<HubMessage>>();

  constructor(
    readonly session: Session,
    readonly switchboard: Ref<SwitchboardMessage>,
  ) {}

  /** Hubs that may have a place for this session. */
  joined(): Iterable<Ref<HubMessage>> {
    return this.#hubs.values();
  }

  join(command: CommandOf<"join">): Promise<void> {
    const { since, history, id } = command;
    return this.#tell(command.room, {
      type: "join",
      session: this.session,
      since,
      history,
      re: id,
    });
  }

  async leave(command: CommandOf<"leave">): Promise<void> {
    const { room, id } = command;
    await this.#tell(room, { type: "leave", session: this.session, re: id });
    // Its place goes with that; the switchboard tells a group or direct room of the session's end.
    this.#hubs.delete(room);
  }

  /** `target`: whom it is done to, where that is known already. */
  send(command: HubCommand, target?: UserRef): Promise<void> | undefined {
    const { session } = this;
    if (target) return this.#tell(command.room, { type: "command", session, command, target });
    if (!("user" in command)) {
      const message: HubMessage = { type: "command", session, command };
      // The way nearly every message goes: the hub is known and has room.
      if (this.#hubs.get(command.room)?.tell(message)) return undefined;
      return this.#tell(command.room, message);
    }
    return resolveUser(this.switchboard, command.user).then((target) =>
      this.#tell(command.room, { type: "command", session, command, target })
    );
  }

  /**
   * Tells the hub of a room, found anew when the one that was known has ended. A
   * join makes a public room, a join or a first message a direct conversation: not a join by who
   * has seen something of it, for then the room has ended, and nobody wants another by that name.
   */
  async #tell(room: string, message: HubMessage): Promise<void> {
    for (;;) {
      const known = this.#hubs.get(room);
      if (known && await known.tellWhenFits(message)) return;
      this.#hubs.delete(room);
      const hub = await this.#route(room, message);
      if (this.#hubs.size >= SESSION_ROOMS_MAX) this.#forgetEnded();
      if (this.#hubs.size >= SESSION_ROOMS_MAX) {
        throw new Refusal("conflict", `expected at most ${SESSION_ROOMS_MAX} rooms a connection`);
      }
      this.#hubs.set(room, hub);
    }
  }

  #forgetEnded(): void {
    for (const [room, hub] of this.#hubs) if (!hub.alive) this.#hubs.delete(room);
  }

  async #route(room: string, message: HubMessage): Promise<Ref<HubMessage>> {
    const address = parseRoom(room);
    if (address instanceof Refusal) throw address;
    const key = await this.#key(address);
    const make = (message.type === "join" && !message.since) ||
      (address.kind === "direct" && message.type === "command" &&
        message.command.type === "message");
    const answer = await this.switchboard.ask<Ref<HubMessage> | Refusal>(
      (reply) => ({ type: "route", key, create: make, from: this.session.addressGroup, reply }),
      LOOKUP_TIMEOUT_MS,
    );
    if (answer instanceof Refusal) throw answer;
    return answer;
  }

  async #key(address: RoomAddress): Promise<RoomKey> {
    if (address.kind === "named") return address;
    const me = this.session.user;
    const other = await resolveUser(this.switchboard, address.user.name);
    if (other.id === me.id) throw new Refusal("forbidden", "that is you");
    return { kind: "direct", me, other };
  }
}
