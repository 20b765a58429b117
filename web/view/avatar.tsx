const COLOURS = 8;
const letters = new Intl.Segmenter();

/** The same colour for the same name everywhere (FNV-1a). */
function colourOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % COLOURS;
}

export interface AvatarProps {
  readonly name: string;
  readonly small?: boolean;
  /** Draws the presence dot: filled for online, a ring for away. */
  readonly online?: boolean | undefined;
}

/** A picture for somebody: the first letter on a colour. Decoration: the name stands beside it. */
export function Avatar({ name, small, online }: AvatarProps) {
  const letter = [...letters.segment(name)][0]?.segment.toUpperCase() ?? "?";
  return (
    <span class={`avatar colour-${colourOf(name)}${small ? " small" : ""}`} aria-hidden="true">
      {letter}
      {online !== undefined && <i class={online ? "dot" : "dot away"} />}
    </span>
  );
}
