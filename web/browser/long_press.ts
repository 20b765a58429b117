import { useRef } from "preact/hooks";

export const LONG_PRESS_MS = 450;

/** What a finger that stays in one place does. Links keep what the browser does with them. */
export interface LongPress {
  readonly onTouchStart: (event: TouchEvent) => void;
  readonly onTouchMove: () => void;
  readonly onTouchEnd: (event: TouchEvent) => void;
  readonly onTouchCancel: () => void;
  readonly onContextMenu: (event: Event) => void;
}

/** Handlers that call `run` when a finger rests on the element. */
export function useLongPress(run: () => void): LongPress {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const hasRun = useRef(false);
  const release = () => clearTimeout(timer.current);
  return {
    onTouchStart(event) {
      release();
      hasRun.current = false;
      if (event.touches.length > 1) return;
      if (event.target instanceof Element && event.target.closest("a")) return;
      timer.current = setTimeout(() => {
        hasRun.current = true;
        run();
      }, LONG_PRESS_MS);
    },
    onTouchMove: release,
    onTouchEnd(event) {
      release();
      // Lifting the finger is no click on what has come up under it.
      if (hasRun.current) event.preventDefault();
    },
    onTouchCancel: release,
    onContextMenu(event) {
      // The browser's own answer to the same gesture.
      if (hasRun.current) event.preventDefault();
    },
  };
}
