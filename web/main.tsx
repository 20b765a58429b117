import { signal } from "@preact/signals";
import { type FunctionComponent, hydrate, render } from "preact";
import { watchAppearance } from "./browser/appearance.ts";
import { whoAmI } from "./model/account.ts";
import { isName, read, USER_KEY, write } from "./model/storage.ts";
import { loadText, text } from "./text/text.ts";
import { Entry } from "./view/entry.tsx";
import { DEFAULT_ROOM, placeOf } from "./view/route.ts";
import "./style/style.css";

/** What whoever has come in is shown; undefined while nobody has. */
const page = signal<FunctionComponent | undefined>(undefined);
const fetchChat = () => import("./chat_page.tsx");

async function comeIn(name: string): Promise<void> {
  write(USER_KEY, name);
  const { ChatPage, start } = await fetchChat();
  start(name);
  page.value = ChatPage;
}

function Page({ typed }: { readonly typed: string }) {
  const Inside = page.value;
  if (Inside) return <Inside />;
  return (
    <Entry
      room={`#${placeOf(location.hash)?.room ?? DEFAULT_ROOM}`}
      name={typed}
      // While the name is typed there is time for the rest.
      onFirstInput={() => void fetchChat()}
      onSignedIn={comeIn}
    />
  );
}

/**
 * The account that the session's cookie is of: another page of the site may have set it, or the
 * browser has forgotten the rest. A guest comes in by name again, for it may be another's by now.
 */
async function keptAccount(): Promise<string> {
  const me = await whoAmI().catch(() => undefined);
  return me === undefined || me.guest ? "" : me.name;
}

async function begin(): Promise<void> {
  const root = document.getElementById("page")!;
  /** A stranger's page comes with the entry drawn, in the language that the browser asked for. */
  const drawnIn = root.hasChildNodes() ? document.documentElement.lang : undefined;
  watchAppearance();
  // Who has such a cookie gets the page with nothing drawn.
  const lastUser = read(USER_KEY, isName, "") || (drawnIn === undefined ? await keptAccount() : "");
  await Promise.all([loadText(), lastUser === "" ? undefined : comeIn(lastUser)]);
  // A task of its own: on a slow processor, running the scripts was a long one already.
  await new Promise((resolve) => setTimeout(resolve));
  const typed = root.querySelector("input")?.value ?? "";
  if (typed !== "") void fetchChat();
  if (!page.value && drawnIn === text.value.tag) hydrate(<Page typed={typed} />, root);
  else {
    root.replaceChildren();
    render(<Page typed={typed} />, root);
  }
}

// Not awaited here: the chat imports this module, and would wait for it while it waits for the chat.
void begin();
