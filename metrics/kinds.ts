import type { Inspection } from "../actors/actor.ts";

/** All actors of one kind, in figures. */
export interface Kind {
  readonly kind: string;
  readonly count: number;
  /** Messages that wait for them together. */
  readonly depth: number;
  /** The fullest mailbox among them: messages that wait to most that may. */
  readonly fullest: number;
  readonly handled: number;
}

/** What an actor is: its name's first word ("hub lobby"). */
export function kindOf(name: string): string {
  const end = name.indexOf(" ");
  return end < 0 ? name : name.slice(0, end);
}

export function groupByKind(actors: readonly Inspection[]): Kind[] {
  const kinds = new Map<string, { -readonly [Field in keyof Kind]: Kind[Field] }>();
  for (const { name, depth, bound, handled } of actors) {
    const kind = kindOf(name);
    let all = kinds.get(kind);
    if (!all) kinds.set(kind, all = { kind, count: 0, depth: 0, fullest: 0, handled: 0 });
    all.count++;
    all.depth += depth;
    all.handled += handled;
    all.fullest = Math.max(all.fullest, depth / bound);
  }
  return [...kinds.values()];
}
