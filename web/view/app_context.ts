import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Chat } from "../model/chat.ts";
import type { Drafts } from "./composer/drafts.ts";
import type { Ui } from "./ui.ts";

/** What every view may use. Made once by chat_page.tsx. */
export interface App {
  readonly chat: Chat;
  readonly ui: Ui;
  readonly drafts: Drafts;
  /** The browser's session changed: connect as who it is now. */
  readonly signedIn: (name: string) => void;
  readonly signOut: () => Promise<void>;
  /** The session has ended already. */
  readonly signedOut: () => void;
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("a view was rendered outside AppContext");
  return app;
}
