import type { Page } from "playwright-core";

/** What using the page feels like. All three measure in the page itself. */

/** Milliseconds from the click on a room in the list to the frame that shows its messages. */
export function roomSwitches(page: Page, rooms: readonly [string, string], times: number) {
  return page.evaluate(async ({ rooms, times }) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const taken: number[] = [];
    for (let i = 0; i < times; i++) {
      const room = rooms[i % 2]!;
      const link = [...document.querySelectorAll<HTMLElement>(".sidebar a")]
        .find((each) => each.textContent?.includes(room));
      // In the middle of a frame, as a click comes.
      await frame();
      await new Promise((resolve) => setTimeout(resolve, 5));
      const start = performance.now();
      link?.click();
      while (
        document.querySelector(".title-button")?.textContent !== room ||
        !document.querySelector("[data-seq]")
      ) await frame();
      // What was asked for in this frame is drawn at its end.
      await frame();
      await new Promise((resolve) => setTimeout(resolve, 0));
      taken.push(performance.now() - start);
    }
    return taken;
  }, { rooms, times });
}

/** Of so many messages that are written: how many are in the log before the next frame is drawn. */
export function ownMessages(page: Page, times: number) {
  return page.evaluate(async (times) => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const box = document.querySelector<HTMLTextAreaElement>(".composer textarea")!;
    let inTime = 0;
    for (let i = 0; i < times; i++) {
      box.value = `mine ${i}`;
      box.dispatchEvent(new InputEvent("input", { bubbles: true }));
      await frame();
      await new Promise((resolve) => setTimeout(resolve, 50));
      box.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }),
      );
      await frame();
      const bodies = [...document.querySelectorAll(".message .body")];
      if (bodies.at(-1)?.textContent?.startsWith(`mine ${i}`)) inTime++;
    }
    return inTime;
  }, times);
}

/** Reads back to the beginning of the room: the most that any line of text moved by itself, in px. */
export function worstJump(page: Page) {
  return page.evaluate(async () => {
    const log = document.querySelector(".log")!;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const place = (element: Element) =>
      element.getBoundingClientRect().top - log.getBoundingClientRect().top;
    let worst = 0;
    let rows = 0;
    for (let still = 0; still < 300;) {
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
  });
}
