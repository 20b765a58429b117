import { Component, createRef } from "preact";
import { roomKey } from "../../connection/room_key.ts";
import type { Room } from "../../model/room.ts";
import { text } from "../../text/text.ts";
import type { App } from "../app_context.ts";
import { type Anchor, belowPx, restoreAnchor, takeAnchor } from "./anchor.ts";
import { buildItems } from "./items.ts";
import { LogEdge } from "./log_edge.tsx";
import { LogItem } from "./log_item.tsx";
import { moveByArrows } from "./log_keys.ts";
import { Pager } from "./pager.ts";
import { Pill } from "./pill.tsx";
import { showDivider, showRow } from "./places.ts";
import { LogWindow } from "./window.ts";

/** As near to the end as this counts as being there. */
const END_PX = 40;
/** Within this distance of an edge more rows are fetched. */
const EDGE_PX = 800;

interface Props {
  readonly app: App;
  readonly room: Room;
}
interface State {
  readonly activeKey: string | undefined;
}

/**
 * The room's messages: a window over what is here, which is a window over what the server has. It
 * sticks to the end while the reader is there, and otherwise never moves what they see. Long because
 * following, placing, fetching and drawing all turn on where the reader is, which is known here alone.
 */
export class LogView extends Component<Props, State> {
  override state: State = { activeKey: undefined };
  readonly #box = createRef<HTMLDivElement>();
  readonly #rows = createRef<HTMLDivElement>();
  readonly #window = new LogWindow();
  readonly #pager: Pager;
  #isPlaced = false;
  /** Another room is shown by now: what was asked for may still come. */
  #isGone = false;
  /** What surrounds the unread divider is being fetched. */
  #isSeeking = false;
  /** The next update goes elsewhere: to the end, or to the row of this seq. */
  #isJumping = false;
  #toShow: number | undefined;
  #jumpsSeen: number;
  #anchor: Anchor = [];
  /** The box's size when the place in it was last kept. */
  #size = "";
  #resizes: ResizeObserver | undefined;
  #scheduled = 0;

  constructor(props: Props) {
    super(props);
    const { chat } = props.app;
    const { log } = props.room;
    // With the page, not after it: its first row changes its head while there is nothing above it
    // that could be scrolled to.
    this.#pager = new Pager(chat, props.room, (side) => this.#window[side](log.rows));
    // Most of what is here is above the edge: drawing it all would be most of a room's switch.
    if (props.room.divider.peek() === undefined) this.#window.follow(log.rows);
    this.#atEnd(false);
    props.room.keepsOldest = false;
    this.#jumpsSeen = props.app.ui.jumps.peek();
  }

  override componentDidMount(): void {
    this.#resizes = new ResizeObserver(() => this.#keepPlace());
    if (this.#box.current) this.#resizes.observe(this.#box.current);
    this.#place();
  }

  override componentWillUnmount(): void {
    this.#isGone = true;
    this.#resizes?.disconnect();
    this.props.room.keepsOldest = false;
    cancelAnimationFrame(this.#scheduled);
  }

  override getSnapshotBeforeUpdate(): Anchor | undefined {
    const box = this.#box.current;
    const rows = this.#rows.current;
    if (!box || !rows || !this.#isPlaced || this.#isJumping) return undefined;
    // The reader may have scrolled a moment ago, and the scroll event is still on its way.
    if (this.#window.isFollowing && belowPx(box) <= END_PX) return undefined;
    return takeAnchor(box, rows);
  }

  override componentDidUpdate(_props: Props, _state: State, anchor: Anchor | undefined): void {
    const box = this.#box.current;
    const rows = this.#rows.current;
    if (!box || !rows) return;
    this.#isJumping = false;
    if (this.#toShow !== undefined) {
      showRow(box, rows, this.#toShow);
      this.#toShow = undefined;
    } else if (!this.#isPlaced) this.#place();
    else if (anchor) restoreAnchor(box, anchor);
    else if (this.#window.isFollowing) this.#toBottom();
    this.#goToTarget();
    const jumps = this.props.app.ui.jumps.peek();
    if (jumps !== this.#jumpsSeen) {
      this.#jumpsSeen = jumps;
      void this.toEnd();
    }
  }

  /** Shows the newest message, from wherever the reader is. */
  readonly toEnd = async (): Promise<void> => {
    const { log } = this.props.room;
    if (!log.atEnd) await this.#pager.newest();
    this.#window.follow(log.rows);
    this.#isJumping = true;
    this.#isPlaced = true;
    this.#atEnd(log.atEnd);
    this.forceUpdate();
  };

  #atEnd(isAtEnd: boolean): void {
    if (this.#isGone) return;
    const { app, room } = this.props;
    app.ui.atEndOf.value = isAtEnd ? room.key : undefined;
    room.keepsOldest = !isAtEnd;
  }

  /** The first placing: at the unread divider, or else at the end. */
  #place(): void {
    const box = this.#box.current;
    const rows = this.#rows.current;
    const { room, app } = this.props;
    const { log } = room;
    if (!box || !rows || this.#isSeeking) return;
    if (log.rows.length === 0) {
      if (!room.isLoaded.peek()) return;
      // Nothing to place: whatever comes first is seen.
      this.#atEnd(log.atStart);
      return void this.#more("older");
    }
    const divider = room.divider.peek();
    const isAwaited = app.ui.target.peek()?.room === room.key;
    if (divider !== undefined && !isAwaited && !this.#reaches(divider)) {
      return void this.#seek(divider);
    }
    this.#isPlaced = true;
    if (!isAwaited && showDivider(box, rows) && belowPx(box) > END_PX) {
      this.#window.freeze(log.rows);
      this.#atEnd(false);
      this.forceUpdate();
    } else if (!log.atEnd) return void this.toEnd();
    else {
      this.#toBottom();
      this.#atEnd(true);
    }
    // A log that is too short to be scrolled fetches what is older all the same.
    this.#onScroll();
  }

  /** Whether what is here holds both sides of the divider after this seq. */
  #reaches(divider: number): boolean {
    const { log } = this.props.room;
    return (log.atStart || (log.firstSeq ?? Infinity) <= divider + 1) &&
      (log.atEnd || (log.lastSeq ?? 0) > divider);
  }

  /** More is unread than is here: fetches where it begins. Without a line the end has to do. */
  async #seek(divider: number): Promise<void> {
    const { room } = this.props;
    this.#isSeeking = true;
    this.forceUpdate();
    if (await this.#pager.around(divider + 1)) this.#window.around(room.log.rows, divider + 1);
    else room.divider.value = undefined;
    this.#isSeeking = false;
    this.forceUpdate();
  }

  #toBottom(): void {
    const box = this.#box.current;
    if (box) box.scrollTop = box.scrollHeight;
  }

  #keepPlace(): void {
    const box = this.#box.current;
    if (!box) return;
    this.#size = sizeOf(box);
    if (this.#window.isFollowing) this.#toBottom();
    else restoreAnchor(box, this.#anchor);
  }

  async #goToTarget(): Promise<void> {
    const { app, room } = this.props;
    const target = app.ui.target.peek();
    if (!target || target.room !== room.key || !room.isLoaded.value) return;
    app.ui.target.value = undefined;
    if (!room.log.get(target.seq)) await this.#pager.around(target.seq);
    this.#window.around(room.log.rows, target.seq);
    this.#atEnd(false);
    this.#isPlaced = true;
    this.#isJumping = true;
    this.#toShow = target.seq;
    this.forceUpdate();
  }

  readonly #onScroll = () => {
    if (this.#scheduled) return;
    this.#scheduled = requestAnimationFrame(() => {
      this.#scheduled = 0;
      this.#scrolled();
    });
  };

  #scrolled(): void {
    const box = this.#box.current;
    const rows = this.#rows.current;
    if (!box || !rows || !this.#isPlaced) return;
    const { log } = this.props.room;
    // What a new size has moved was not moved by the reader, and is heard of before the size is.
    if (sizeOf(box) !== this.#size) this.#keepPlace();
    const below = belowPx(box);
    const showsNewest = log.atEnd && this.#window.range(log.rows).to === log.rows.length;
    const isAtEnd = below <= END_PX && showsNewest;
    if (isAtEnd && !this.#window.isFollowing) {
      this.#window.resume();
      this.forceUpdate();
    } else if (!isAtEnd && this.#window.isFollowing) {
      this.#window.freeze(log.rows);
      this.forceUpdate();
    }
    this.#atEnd(isAtEnd);
    this.#anchor = takeAnchor(box, rows);
    if (box.scrollTop < EDGE_PX) void this.#more("older");
    if (below < EDGE_PX && !isAtEnd) void this.#more("newer");
  }

  async #more(side: "older" | "newer"): Promise<void> {
    const { log } = this.props.room;
    if (this.#window[side](log.rows)) return this.forceUpdate();
    await this.#pager[side]();
  }

  readonly #activate = (activeKey: string | undefined) => {
    if (activeKey === this.state.activeKey) return;
    // On its way to the emoji that it asked for, the pointer comes over other messages.
    if (this.#box.current?.querySelector(":popover-open")) return;
    this.setState({ activeKey });
  };

  override render() {
    const { app, room } = this.props;
    const { chat, ui } = app;
    room.log.version.value;
    ui.target.value;
    ui.jumps.value;
    const isAtEnd = ui.atEndOf.value === room.key;
    const { rows, atEnd } = room.log;
    const { from, to } = this.#window.range(rows);
    const me = chat.me.value?.name ?? "";
    const showsEnd = atEnd && to === rows.length;
    const items = buildItems({
      rows,
      from,
      to: this.#isSeeking ? from : to,
      outgoing: showsEnd
        ? chat.outbox.value.filter((entry) => roomKey(entry.room) === room.key)
        : [],
      divider: room.divider.value,
      me,
    });
    const isQuiet = !room.isLoaded.value || this.#pager.isBusy || !isAtEnd || ui.isLogBusy.value;
    return (
      <div class="log-frame">
        <div
          class="log"
          role="log"
          tabIndex={0}
          aria-label={text.value.messagesIn(room.label.value)}
          aria-live={isQuiet ? "off" : "polite"}
          aria-busy={!room.isLoaded.value}
          ref={this.#box}
          onScroll={this.#onScroll}
          onKeyDown={moveByArrows}
          onMouseLeave={() => this.#activate(undefined)}
        >
          <LogEdge room={room} isAtStart={room.log.atStart && from === 0} />
          <div class="rows" ref={this.#rows}>
            {items.map((item) => (
              <LogItem
                key={item.key}
                itemKey={item.key}
                type={item.type}
                row={item.type === "message" || item.type === "note" ? item.row : undefined}
                entry={item.type === "outgoing" ? item.entry : undefined}
                at={item.type === "day" ? item.at : 0}
                isHead={"isHead" in item && item.isHead}
                isActive={this.state.activeKey === item.key}
                room={room}
                activate={this.#activate}
              />
            ))}
          </div>
        </div>
        {!isAtEnd && this.#isPlaced && <Pill room={room} onClick={this.toEnd} />}
      </div>
    );
  }
}

function sizeOf({ clientWidth, clientHeight }: Element): string {
  return `${clientWidth} ${clientHeight}`;
}
