/** How long a row that was gone to is marked. */
const MARKED_MS = 2_000;

/** Scrolls the unread divider into the upper part of the log; false when there is none. */
export function showDivider(box: Element, rows: Element): boolean {
  const divider = rows.querySelector(".divider");
  if (divider) box.scrollTop += topIn(box, divider) - box.clientHeight / 4;
  return divider !== null;
}

/** Scrolls to a message, or the next one that there is, and marks it for a moment. */
export function showRow(box: Element, rows: Element, seq: number): void {
  const messages = [...rows.querySelectorAll<HTMLElement>("[data-seq]")];
  const row = messages.find((each) => Number(each.dataset["seq"]) >= seq) ?? messages.at(-1);
  if (!row) return;
  box.scrollTop += topIn(box, row) - box.clientHeight / 3;
  row.classList.add("target");
  setTimeout(() => row.classList.remove("target"), MARKED_MS);
}

function topIn(box: Element, element: Element): number {
  return element.getBoundingClientRect().top - box.getBoundingClientRect().top;
}
