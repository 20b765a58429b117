import { effect, signal } from "@preact/signals";
import type { WireMessage } from "../../protocol/events.ts";
import { media } from "../browser/media.ts";

/** What lies over the page, at most one at a time. */
export type Overlay =
  | { readonly type: "rooms" | "members" | "switcher" | "settings" | "help" | "search" }
  | { readonly type: "join" | "direct" | "group" | "account" }
  | { readonly type: "room" }
  | { readonly type: "member"; readonly name: string }
  | { readonly type: "message"; readonly message: WireMessage }
  | {
    readonly type: "ask";
    /** What is to be done. */
    readonly title: string;
    readonly question: string;
    readonly isDangerous: boolean;
    readonly then: () => void;
  };
export type OverlayOf<T extends Overlay["type"]> = Extract<Overlay, { type: T }>;

/** What the composer is doing besides writing something new. */
export type ComposerMode =
  | { readonly type: "reply"; readonly message: WireMessage }
  | {
    readonly type: "edit";
    readonly message: WireMessage;
    /** To begin with, when it is not the message as it is. */
    readonly text?: string;
  };

/** What the page shows, as opposed to what is known. */
export class Ui {
  readonly overlay = signal<Overlay | undefined>(undefined);
  readonly mode = signal<ComposerMode | undefined>(undefined);
  /** One pane at a time. */
  readonly isNarrow = media("(max-width: 720px)");
  /** No place for the member list beside the log. */
  readonly hidesMembers = media("(max-width: 1100px)");
  /** On a wide page the member list can be put away. */
  readonly showsMembers = signal(true);
  /** The page is visible and has the focus. */
  readonly isAttended = signal(document.hasFocus() && document.visibilityState === "visible");
  /** The key of the room whose newest row is in view; undefined while none is. */
  readonly atEndOf = signal<string | undefined>(undefined);
  /** A message to show: the log goes there and marks it for a moment. */
  readonly target = signal<{ readonly room: string; readonly seq: number } | undefined>(undefined);
  /** Counts up when the log is to go to its end: who writes wants to see it. */
  readonly jumps = signal(0);
  /** Where one writes; undefined while there is no room to write to. */
  composer: HTMLTextAreaElement | undefined;
  /** Puts the cursor into the composer, with this text at it. */
  readonly insert = signal<{ readonly text: string } | undefined>(undefined);
  /** Messages come too fast to be read out one by one. */
  readonly isLogBusy = signal(false);
  /** Said to screen readers, politely. */
  readonly announcement = signal("");
  #opener: Element | null = null;

  constructor() {
    const attend = () =>
      this.isAttended.value = document.hasFocus() && document.visibilityState === "visible";
    addEventListener("focus", attend);
    addEventListener("blur", attend);
    document.addEventListener("visibilitychange", attend);
    // "Back" closes what lies over the page instead of leaving it.
    addEventListener("popstate", () => {
      if (this.overlay.value && history.state?.overlay !== true) this.overlay.value = undefined;
    });
    effect(() => {
      this.overlay.value;
      // Later: what is closed and opened, or left for another room, in one turn is one step.
      queueMicrotask(() => this.#syncHistory());
    });
  }

  #syncHistory(): void {
    const hasEntry = history.state?.overlay === true;
    if (this.overlay.peek() && !hasEntry) history.pushState({ overlay: true }, "");
    else if (!this.overlay.peek() && hasEntry) history.back();
  }

  open(overlay: Overlay): void {
    if (!this.overlay.peek()) this.#opener = document.activeElement;
    this.overlay.value = overlay;
  }

  close(): void {
    if (!this.overlay.peek()) return;
    this.overlay.value = undefined;
    // The browser restores the focus of a dialog, but not when it is taken out of the page.
    const opener = this.#opener;
    if (opener instanceof HTMLElement && opener.isConnected) {
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) opener.focus({ preventScroll: true });
      });
    }
  }
}
