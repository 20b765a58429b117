import type { Page } from "playwright-core";

/**
 * Times in a row without anything to scroll to, of three frames each: in a minute and a half what is
 * older does not come any more.
 */
const STILL_MAX = 1_800;

/**
 * Reads back to the beginning of the room, scroll by scroll, and watches over three frames what
 * each leads to. Answers the most that any line of text moved by itself, in px, and the most rows
 * that were in the page.
 */
export function readBack(page: Page): Promise<{ worst: number; rows: number }> {
  return page.evaluate(async (stillMax) => {
    const log = document.querySelector(".log")!;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const place = (element: Element) =>
      element.getBoundingClientRect().top - log.getBoundingClientRect().top;
    let worst = 0;
    let rows = 0;
    for (let still = 0; still < stillMax;) {
      const from = log.scrollTop;
      log.scrollTop -= 550;
      still = log.scrollTop === from ? still + 1 : 0;
      const bodies = [...log.querySelectorAll("[data-key] .body")];
      rows = Math.max(rows, bodies.length);
      const body = bodies.find((each) => place(each) > 50);
      const before = body && place(body);
      for (let i = 0; i < 3; i++) await frame();
      if (body?.isConnected && before !== undefined) {
        worst = Math.max(worst, Math.abs(place(body) - before));
      }
      if (document.querySelector(".log-edge strong") && log.scrollTop < 10) break;
    }
    return { worst, rows };
  }, STILL_MAX);
}
