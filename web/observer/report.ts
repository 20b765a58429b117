/** What `GET /api/actors` answers (GET /api/openapi.json describes it). */
export interface Report {
  /** Whose actors they are, where there are several nodes. */
  readonly node: string;
  readonly kinds: readonly Kind[];
  /** Of each kind those in trouble first, then the busiest. */
  readonly actors: readonly Actor[];
}

export interface Kind {
  readonly kind: string;
  readonly count: number;
  readonly depth: number;
  /** The fullest mailbox, from 0 to 1. */
  readonly fullest: number;
  readonly handled: number;
  readonly perSecond?: number;
}

export interface Actor {
  readonly name: string;
  readonly parent: string;
  readonly depth: number;
  readonly bound: number;
  readonly handled: number;
  readonly restarts: number;
  readonly lastError?: string;
  readonly state: "running" | "restarting" | "stopping";
  readonly perSecond?: number;
}
