import { CLOSE } from "../../protocol/errors.ts";
import { backoffMs } from "./backoff.ts";
import type { Clock, Socket } from "./ports.ts";
import { parseFrame, type ServerEvent } from "./wire.ts";

/** From opening the socket to the server's `welcome`. */
export const CONNECT_TIMEOUT_MS = 10_000;
/** A line that answered a probe of `wake` within this time is alive. */
export const PROBE_TIMEOUT_MS = 4_000;
/** Only after this long on line does the backoff start from the beginning again. */
const STABLE_MS = 10_000;
/** The server said that it will not have us for now: do not come back faster than this. */
const UNWELCOME_MS = 5_000;
/** A heartbeat may be this late: timers and networks are. */
const HEARTBEAT_SLACK_MS = 2_000;
/** Commands are joined into one frame up to this many characters, far below the server's bound. */
const FRAME_JOIN_CHARS = 4_000;

export type StopReason = "asked" | "unauthorized" | "name_taken";

export type LineState =
  | { readonly status: "connecting"; readonly attempt: number }
  | { readonly status: "online" }
  | {
    readonly status: "waiting";
    readonly attempt: number;
    /** By the clock's `now()`. */
    readonly retryAt: number;
    /** How the last one ended; 1006 when it never opened or broke off. */
    readonly code: number;
  }
  | { readonly status: "stopped"; readonly reason: StopReason };

export interface LineOptions {
  readonly open: () => Socket;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onState: (state: LineState) => void;
  readonly onEvents: (events: readonly ServerEvent[]) => void;
}

/**
 * One line to the server, kept up: opened again whenever it breaks, watched by the heartbeat.
 * Knows `welcome`, `ping` and close codes, and nothing of rooms.
 */
export class Line {
  #state: LineState = { status: "stopped", reason: "asked" };
  #socket: Socket | undefined;
  #attempt = 0;
  #heardAt = 0;
  #onlineAt = 0;
  #heartbeatMs = 0;
  #outgoing: string[] = [];
  #cancelTimer: () => void = () => {};
  /** Undefined: no answer is waited for. */
  #cancelProbe: (() => void) | undefined;

  constructor(private readonly options: LineOptions) {}

  get state(): LineState {
    return this.#state;
  }

  start(): void {
    if (this.#state.status === "stopped") this.#connect();
  }

  stop(reason: StopReason = "asked"): void {
    this.#drop(CLOSE.normal);
    this.#attempt = 0;
    this.#become({ status: "stopped", reason });
  }

  /** Sends now or, when the line is down, not at all; answers which. */
  send(text: string): boolean {
    if (this.#state.status !== "online") return false;
    // What is said in the same turn leaves in one frame; the server reads joined lines.
    if (this.#outgoing.push(text) === 1) queueMicrotask(() => this.#flush());
    return true;
  }

  /** Something suggests that the line may work again, or may have died while nobody looked. */
  wake(): void {
    if (this.#state.status === "waiting") this.#connect();
    else if (this.#state.status === "online") this.#probe();
  }

  /** Tries now, whatever the backoff says. */
  retryNow(): void {
    if (this.#state.status === "waiting") this.#connect();
  }

  #become(state: LineState): void {
    this.#state = state;
    this.options.onState(state);
  }

  #connect(): void {
    const { clock } = this.options;
    this.#cancelTimer();
    const socket = this.options.open();
    this.#socket = socket;
    this.#heardAt = clock.now();
    this.#cancelTimer = clock.after(CONNECT_TIMEOUT_MS, () => this.#lost(1006));
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.#heard(data);
    };
    socket.onclose = ({ code }) => this.#lost(code);
    this.#become({ status: "connecting", attempt: this.#attempt });
  }

  #heard(text: string): void {
    this.#heardAt = this.options.clock.now();
    this.#endProbe();
    const events = parseFrame(text);
    const socket = this.#socket;
    for (const event of events) {
      if (event.type === "welcome") this.#welcomed(event.heartbeat_ms);
      else if (event.type === "ping") this.send('{"type":"pong"}');
    }
    if (events.length > 0 && socket === this.#socket) this.options.onEvents(events);
  }

  #welcomed(heartbeatMs: number): void {
    this.#cancelTimer();
    this.#onlineAt = this.options.clock.now();
    this.#heartbeatMs = heartbeatMs;
    this.#become({ status: "online" });
    this.#watch();
  }

  /** The server speaks at least once per heartbeat: twice nothing, and the line is dead. */
  #watch(): void {
    const { clock } = this.options;
    // Put back, it would make what was heard last a thing of the future.
    this.#heardAt = Math.min(this.#heardAt, clock.now());
    const dueAt = this.#heardAt + 2 * this.#heartbeatMs + HEARTBEAT_SLACK_MS;
    this.#cancelTimer = clock.after(Math.max(dueAt - clock.now(), 1), () => {
      if (clock.now() >= this.#heardAt + 2 * this.#heartbeatMs + HEARTBEAT_SLACK_MS) {
        this.#lost(CLOSE.heartbeatTimeout);
      } else this.#watch();
    });
  }

  #probe(): void {
    // One that was asked and does not answer is not given more time for being asked again.
    if (this.#cancelProbe) return;
    this.send('{"type":"ping","id":"probe"}');
    this.#cancelProbe = this.options.clock.after(
      PROBE_TIMEOUT_MS,
      () => this.#lost(CLOSE.heartbeatTimeout),
    );
  }

  #endProbe(): void {
    this.#cancelProbe?.();
    this.#cancelProbe = undefined;
  }

  #flush(): void {
    let frame = "";
    for (const text of this.#outgoing.splice(0)) {
      if (frame !== "" && frame.length + text.length > FRAME_JOIN_CHARS) {
        this.#socket?.send(frame);
        frame = "";
      }
      frame += frame === "" ? text : `\n${text}`;
    }
    if (frame !== "") this.#socket?.send(frame);
  }

  /** Lets go of the socket; whatever it still says is not heard. */
  #drop(code: number): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#outgoing = [];
    this.#cancelTimer();
    this.#endProbe();
    if (!socket) return;
    socket.onmessage = socket.onclose = null;
    // A page may only say 1000 or 3000–4999.
    socket.close(code === CLOSE.heartbeatTimeout ? code : CLOSE.normal);
  }

  #lost(code: number): void {
    const { clock, random } = this.options;
    const wasStable = this.#state.status === "online" && clock.now() - this.#onlineAt >= STABLE_MS;
    this.#drop(code);
    if (code === CLOSE.unauthorized) return this.stop("unauthorized");
    if (code === CLOSE.nameTaken) return this.stop("name_taken");
    if (wasStable) this.#attempt = 0;
    const floorMs = code === CLOSE.policyViolation ? UNWELCOME_MS : 0;
    const waitMs = floorMs + backoffMs(this.#attempt, random);
    this.#attempt++;
    this.#cancelTimer = clock.after(waitMs, () => this.#connect());
    this.#become({
      status: "waiting",
      attempt: this.#attempt,
      retryAt: clock.now() + waitMs,
      code,
    });
  }
}
