/** Pings and pongs a peer may send in a second. A library's keep-alive sends one in many seconds. */
export const CONTROL_FRAMES_PER_SECOND_MAX = 100;

/** Bounds a peer's pings and pongs, which no message limit sees. */
export class ControlFrameLimit {
  #windowStart = -Infinity;
  #taken = 0;

  /** False: this one is too many. */
  take(nowMs: number = performance.now()): boolean {
    if (nowMs - this.#windowStart >= 1000) {
      this.#windowStart = nowMs;
      this.#taken = 0;
    }
    return ++this.#taken <= CONTROL_FRAMES_PER_SECOND_MAX;
  }
}
