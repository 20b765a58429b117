import { text } from "../text/text.ts";
import type { Ui } from "../view/ui.ts";

/** One message in this time is read out; with more, only how many there were. */
const CALM_MS = 1_000;

/**
 * Keeps screen readers from drowning: while messages come faster than one a second the log is not
 * read out, and afterwards their number is said. Call the answer for every message that comes.
 */
export function announcer(ui: Ui): () => void {
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function calm(): void {
    timer = undefined;
    if (ui.isLogBusy.value) ui.announcement.value = text.value.newMessages(count);
    ui.isLogBusy.value = false;
    count = 0;
  }

  return () => {
    count++;
    if (count > 1) {
      ui.isLogBusy.value = true;
      // The same number twice is said twice.
      ui.announcement.value = "";
    }
    clearTimeout(timer);
    timer = setTimeout(calm, CALM_MS);
  };
}
