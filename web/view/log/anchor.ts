/** A row that is to stay where the reader sees it, whatever is added or taken away around it. */
interface Anchored {
  readonly element: Element;
  /** Its top edge, from the top of the scrolled box. */
  readonly top: number;
}
export type Anchor = readonly Anchored[];

/** Some of them may be gone afterwards: the first that is still there decides. */
const CANDIDATES = 8;

/** The first visible rows, by their present places. */
export function takeAnchor(box: Element, rows: Element): Anchor {
  const boxTop = box.getBoundingClientRect().top;
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
    anchor.push({ element, top: element.getBoundingClientRect().top - boxTop });
  }
  return anchor;
}

/** Scrolls so that the anchor is where it was. */
export function restoreAnchor(box: Element, anchor: Anchor): void {
  const boxTop = box.getBoundingClientRect().top;
  for (const { element, top } of anchor) {
    if (!element.isConnected) continue;
    const moved = element.getBoundingClientRect().top - boxTop - top;
    if (moved !== 0) box.scrollTop += moved;
    return;
  }
}

/** How much of the log is below what is seen. */
export function belowPx(box: Element): number {
  return box.scrollHeight - box.scrollTop - box.clientHeight;
}
