import type { Actor, Kind, Report } from "./report.ts";

/** All actors of one kind in the tree: under the kind that starts them. */
export interface Branch {
  readonly kind: Kind;
  /** How far from the root. */
  readonly level: number;
  readonly parent: string;
  /** Those that are listed, of `kind.count`. */
  readonly actors: readonly Actor[];
}

/** Parents before children; what has no parent here stands at the root. */
export function branches({ kinds, actors }: Report): Branch[] {
  const byKind = new Map<string, Actor[]>();
  for (const actor of actors) {
    const kind = kindOf(actor.name);
    const known = byKind.get(kind);
    if (known) known.push(actor);
    else byKind.set(kind, [actor]);
  }
  const parentOf = (kind: Kind) => kindOf(byKind.get(kind.kind)?.[0]?.parent ?? "");
  const known = new Set(kinds.map(({ kind }) => kind));
  const all: Branch[] = [];
  const add = (kind: Kind, level: number, parent: string) => {
    all.push({ kind, level, parent, actors: byKind.get(kind.kind) ?? [] });
    for (const child of kinds) {
      if (child !== kind && parentOf(child) === kind.kind) add(child, level + 1, kind.kind);
    }
  };
  for (const kind of kinds) {
    const parent = parentOf(kind);
    if (!known.has(parent) || parent === kind.kind) add(kind, 0, parent);
  }
  return all;
}

/** An actor's kind is its name's first word. */
function kindOf(name: string): string {
  return name.split(" ", 1)[0] ?? name;
}
