import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Icon } from "../icon.tsx";
import { Notices } from "../notices.tsx";

export interface DialogProps {
  readonly title: string;
  /** `drawer-start` and `drawer-end` slide in at the edges, `sheet` stands in the middle. */
  readonly shape?: "sheet" | "drawer-start" | "drawer-end" | "palette";
  readonly children: ComponentChildren;
}

/**
 * Something over the page. The browser's own modal dialog: it keeps the focus inside, closes with
 * Esc, and makes the page behind it inert. A click beside it closes it too.
 */
export function Dialog({ title, shape = "sheet", children }: DialogProps) {
  const { ui } = useApp();
  const dialog = useRef<HTMLDialogElement>(null);
  // Before it is painted: who types on at once writes in it, and not in what lies behind.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={`overlay ${shape}`}
      aria-label={title}
      // A search field would take the first Esc for itself.
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
        // A popover inside closes first.
        if (dialog.current?.querySelector(":popover-open")) return;
        event.preventDefault();
        ui.close();
      }}
      onCancel={(event) => {
        // A popover inside has its own.
        if (event.target !== dialog.current) return;
        event.preventDefault();
        ui.close();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) ui.close();
      }}
    >
      <div class="overlay-content">
        {shape !== "palette" && (
          <div class="overlay-head">
            <h2>{title}</h2>
            <button
              type="button"
              class="icon-button"
              aria-label={text.value.close}
              onClick={() => ui.close()}
            >
              <Icon name="close" />
            </button>
          </div>
        )}
        {children}
      </div>
      {/* Outside, what is modal would cover it, and nobody could press or hear it. */}
      <Notices />
    </dialog>
  );
}
