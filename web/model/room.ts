import { computed, signal } from "@preact/signals";
import type { Role } from "../../protocol/commands.ts";
import type { MemberEntry, RoomKind } from "../../protocol/events.ts";
import { roomKey } from "../connection/room_key.ts";
import { RoomLog } from "./log.ts";
import { Unread } from "./unread.ts";

/** A refusal as it is shown: its code says it in the reader's language, its message in the server's. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

/** A conversation as this browser knows it: a public room, a group, or one with somebody. */
export class Room {
  readonly key: string;
  readonly name = signal("");
  readonly kind = signal<RoomKind>("public");
  readonly title = signal<string | undefined>(undefined);
  readonly topic = signal<string | undefined>(undefined);
  readonly icon = signal<string | undefined>(undefined);
  readonly role = signal<Role | undefined>(undefined);
  readonly count = signal(0);
  /** Those that are known: all of them once the list was asked for, at first some. */
  readonly members = signal<ReadonlyMap<string, MemberEntry>>(new Map());
  readonly log = new RoomLog();
  readonly unread = new Unread();
  /** Counts up when `unread` changed. */
  readonly unreadVersion = signal(0);
  /** Who writes, and until when that is believed (milliseconds, this machine's clock). */
  readonly typing = signal<ReadonlyMap<string, number>>(new Map());
  /** The first unread message is the one after this seq; where the divider stands. */
  readonly divider = signal<number | undefined>(undefined);
  /** In a direct conversation, what the other has read. */
  readonly peerRead = signal(0);
  /** The newest event's seq. */
  readonly lastSeq = signal(0);
  /** The read mark as the server has been told of it. */
  toldRead = 0;
  /** The reader is far from the end: what must go goes there. */
  keepsOldest = false;
  /** The newest message's seq, whether or not it is in `log`. */
  newestMessage = 0;
  /** The backlog has come at least once. */
  readonly isLoaded = signal(false);
  /** Why it cannot be entered. */
  readonly trouble = signal<Trouble | undefined>(undefined);

  readonly unreadCount = computed(() => {
    this.unreadVersion.value;
    return this.unread.count;
  });
  readonly mentionCount = computed(() => {
    this.unreadVersion.value;
    return this.kind.value === "direct" ? this.unread.count : this.unread.mentions;
  });
  /** In a direct conversation, who the other is. */
  readonly peer = computed(() =>
    this.kind.value === "direct" ? this.name.value.slice(1) : undefined
  );
  /** Who was muted while this page looked, and until when (milliseconds, the server's clock). */
  readonly muted = new Map<string, number>();

  isMuted(user: string): boolean {
    return (this.muted.get(user) ?? 0) > Date.now();
  }

  /** What the room is called where it is listed. */
  readonly label = computed(() => this.title.value || this.peer.value || this.name.value);

  /** The same within a sentence: public rooms have a `#` before their name. */
  readonly heading = computed(() =>
    this.kind.value === "public" ? `#${this.label.value}` : this.label.value
  );

  constructor(name: string) {
    this.key = roomKey(name);
    this.rename(name);
    if (name.startsWith("@")) this.kind.value = "direct";
  }

  /** It cannot be entered, or not any more: what is here may have a hole by the time it can. */
  close(trouble: Trouble): void {
    this.trouble.value = trouble;
    this.isLoaded.value = false;
    this.log.replace([], false, true);
    this.unread.markRead(this.lastSeq.value);
    this.unreadVersion.value++;
  }

  /** The server's spelling of the name. */
  rename(name: string): void {
    this.name.value = name.startsWith("#") ? name.slice(1) : name;
  }
}
