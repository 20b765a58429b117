import type { Page } from "playwright-core";

/** What using the page feels like. Both measure in the page itself. */

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
