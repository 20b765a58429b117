import type { Dice } from "../../../chat/model_dice.ts";

/** How many different faults are kept to be shown. */
const FAULTS_SHOWN = 40;

/** What those who take part in a soak share: where the server is, until when, and what went wrong. */
export class Scene {
  /** Everybody finishes what they do and leaves. */
  over = false;
  readonly faults = new Map<string, number>();
  readonly counts = new Map<string, number>();
  /** Times of answers since they were last asked for, in milliseconds. */
  #times: number[] = [];

  constructor(
    readonly server: { readonly http: string; readonly ws: string; readonly pid: number },
    readonly rooms: readonly string[],
    /** Between two things that one citizen does, on average. */
    readonly paceMs: number,
  ) {}

  readonly ws = (): string => this.server.ws;

  /** Of a server that trusts a proxy on this machine: people come from many networks. */
  readonly address = (dice: Dice): Record<string, string> => ({
    "X-Forwarded-For": `10.${dice.below(4)}.${dice.below(256)}.${1 + dice.below(254)}`,
  });

  get port(): number {
    return Number(new URL(this.server.http).port);
  }

  fault(what: string): void {
    if (this.faults.size < FAULTS_SHOWN || this.faults.has(what)) {
      this.faults.set(what, (this.faults.get(what) ?? 0) + 1);
    }
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  took(ms: number): void {
    this.#times.push(ms);
  }

  takeTimes(): number[] {
    const times = this.#times;
    this.#times = [];
    return times;
  }
}
