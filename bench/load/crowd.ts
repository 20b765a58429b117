import { type Client, openClients } from "./client.ts";
import { CODECS } from "./codecs.ts";
import { Complaints } from "./complaints.ts";
import { napMs, Naps, promptListeners } from "./naps.ts";
import { type Pacer, pacer } from "./pace.ts";
import { audiences, populate } from "./population.ts";
import type { FanOut, Scenario } from "./scenario.ts";
import { Speaker } from "./speaker.ts";
import { blankContent } from "./stamp.ts";
import { type Sums, Tally } from "./tally.ts";

const OPEN_CONCURRENCY = 32;

/** Everybody of a fan-out: connected, in their rooms, counted; some of them ready to speak. */
export class Crowd {
  /** What came, by the node it came from. */
  readonly tallies: readonly Tally[];
  readonly endings = new Complaints("connections ended by the server");
  /** Messages that the server would not take, and said so: they are not lost. */
  readonly refusals = new Complaints("messages refused by the server");
  readonly #decoder = new TextDecoder();
  readonly pacer: Pacer;
  readonly #clients: readonly Client[];
  readonly #naps: Naps;
  /** With how many connections are in the room that each speaks in. */
  readonly #speakers = new Map<Speaker, number>();

  /** Rejects when a connection cannot be opened or does not get in. */
  static async gather(scenario: Scenario, work: FanOut): Promise<Crowd> {
    const rooms = populate(work).map((person) => person.rooms);
    return new Crowd(scenario, work, await openClients(scenario, rooms, OPEN_CONCURRENCY));
  }

  private constructor({ codec, nodes }: Scenario, work: FanOut, clients: readonly Client[]) {
    const people = populate(work);
    const sizes = audiences(people);
    const content = blankContent(work.sizeBytes, work.alphabet);
    this.tallies = nodes.map(() => new Tally(work.sizeBytes, work.sampleEvery));
    this.#clients = clients;
    this.#naps = new Naps(napMs(work.connections));
    let promptOnes = promptListeners(work.connections);
    people.forEach(({ speaksIn }, n) => {
      const client = clients[n]!;
      let speaker: Speaker | undefined;
      if (speaksIn !== undefined) {
        speaker = new Speaker(n, client.connection, CODECS[codec], speaksIn, content);
        this.#speakers.set(speaker, sizes.get(speaksIn) ?? 0);
      }
      const isPrompt = speaker !== undefined || promptOnes-- > 0;
      if (!isPrompt) client.connection.naps = this.#naps;
      const tally = this.tallies[n % nodes.length]!;
      this.#listen(client, tally, speaker, isPrompt, CODECS[codec].refusal);
    });
    this.pacer = pacer(work.pace, [...this.#speakers.keys()]);
  }

  #listen(
    client: Client,
    tally: Tally,
    speaker: Speaker | undefined,
    isPrompt: boolean,
    refusal: RegExp | undefined,
  ): void {
    const { endings } = this;
    let own = 0;
    client.listener = {
      onText: (bytes, start, end) => {
        const count = tally.add(bytes, start, end, isPrompt, speaker?.number ?? -1);
        if (count >= 0) own += count;
        // A refusal in one frame with messages is not seen; it is there to explain, not to count.
        else if (refusal !== undefined && speaker !== undefined) {
          const code = refusal.exec(this.#decoder.decode(bytes.subarray(start, end)))?.[1];
          if (code !== undefined) this.refusals.add(code);
        }
      },
      // What came in one read is answered in one write.
      onRead: () => {
        if (own === 0 || speaker === undefined) return;
        const count = own;
        own = 0;
        this.pacer.heard(speaker, count);
      },
      onEnd: (reason) => endings.add(reason),
    };
  }

  /** What came so far, from all nodes. */
  get sums(): Sums {
    const total = { deliveries: 0, frames: 0, bytes: 0 };
    for (const { sums } of this.tallies) {
      total.deliveries += sums.deliveries;
      total.frames += sums.frames;
      total.bytes += sums.bytes;
    }
    return total;
  }

  /** Latencies since the last call, ascending, by node. */
  takeLatenciesMs(): Float64Array[] {
    return this.tallies.map((tally) => tally.takeLatenciesMs());
  }

  /** Messages sent so far. */
  get sent(): number {
    return this.#speakers.keys().reduce((sum, { sent }) => sum + sent, 0);
  }

  /** Deliveries that the messages sent so far make if none is lost. */
  get due(): number {
    return this.#speakers.entries().reduce((sum, [{ sent }, size]) => sum + sent * size, 0);
  }

  /** From now on everyone is read at once. */
  wake(): void {
    for (const { connection } of this.#clients) connection.naps = undefined;
    this.#naps.stop();
  }

  leave(): void {
    for (const { connection } of this.#clients) connection.end();
  }
}
