import { CONTROL_FRAMES_PER_SECOND_MAX } from "./control_frame_limit.ts";

/** What strangers may do to the guarded transport, and for how long. */
export interface Brakes {
  /** From the connection to the end of a request's headers. */
  readonly headersTimeoutMs: number;
  /** From the connection to the end of a request's body. */
  readonly requestTimeoutMs: number;
  /** Between two requests on one connection. */
  readonly keepAliveTimeoutMs: number;
  /** How often those three are looked at. */
  readonly checkIntervalMs: number;
  /** Without a byte in or out, a connection that is not a WebSocket is ended. */
  readonly idleTimeoutMs: number;
  /** How long a refused peer may take to read the answer and go. */
  readonly lingerMs: number;
  readonly maxHeaderBytes: number;
  /** Frames in one message; more ends it with 1008. */
  readonly maxFragments: number;
  /** Reads from the network kept for one unfinished frame; more ends it with 1008. */
  readonly maxBufferedReads: number;
  /** Pongs waiting for a peer that does not read; more terminates it. */
  readonly maxPendingPongs: number;
}

export const DEFAULT_BRAKES: Brakes = {
  headersTimeoutMs: 8_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 5_000,
  checkIntervalMs: 1_000,
  idleTimeoutMs: 30_000,
  lingerMs: 1_000,
  maxHeaderBytes: 16 * 1024,
  maxFragments: 1024,
  maxBufferedReads: 1024,
  maxPendingPongs: 2 * CONTROL_FRAMES_PER_SECOND_MAX,
};
