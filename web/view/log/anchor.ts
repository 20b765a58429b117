/** A row that is to stay where the reader sees it, whatever is added or taken away around it. */
interface Anchored {
  readonly element: Element;
  /**
   * The edge that stays. The lower one if it is seen: a row loses its day and its sender's name,
   * which stand above its text, when what came before it arrives.
   */
  readonly edge: "top" | "bottom";
  /** Where it is, from the top of the scrolled box. */
  readonly at: number;
}
export type Anchor = readonly Anchored[];

/** Some of them may be gone afterwards: the first that is still there decides. */
const CANDIDATES = 8;

/** The first visible rows, by their present places. */
export function takeAnchor(box: Element, rows: Element): Anchor {
  const { top: boxTop, bottom: boxBottom } = box.getBoundingClientRect();
  const children = rows.children;
  let low = 0;
  let high = children.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (children[middle]!.getBoundingClientRect().bottom <= boxTop) low = middle + 1;
    else high = middle;
  }
  const anchor: Anchored[] = [];
  for (let at = low; at < children.length && anchor.length < CANDIDATES; at++) {
    const element = children[at]!;
    const place = element.getBoundingClientRect();
    const edge = place.bottom <= boxBottom ? "bottom" : "top";
    anchor.push({ element, edge, at: place[edge] - boxTop });
  }
  return anchor;
}

/** Scrolls so that the anchor is where it was. */
export function restoreAnchor(box: Element, anchor: Anchor): void {
  const boxTop = box.getBoundingClientRect().top;
  for (const { element, edge, at } of anchor) {
    if (!element.isConnected) continue;
    const moved = element.getBoundingClientRect()[edge] - boxTop - at;
    if (moved !== 0) box.scrollTop += moved;
    return;
  }
}

/** How much of the log is below what is seen. */
export function belowPx(box: Element): number {
  return box.scrollHeight - box.scrollTop - box.clientHeight;
}
