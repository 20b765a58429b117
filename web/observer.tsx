/** `/observer`: the living actors of the server, for its administrators. */
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { theme } from "./model/settings.ts";
import { Feed } from "./observer/feed.ts";
import { Observer } from "./observer/observer.tsx";
import "./observer/observer.css";

const darkMode = matchMedia("(prefers-color-scheme: dark)");
const isDark = signal(darkMode.matches);
darkMode.addEventListener("change", () => isDark.value = darkMode.matches);
effect(() => {
  const shown = theme.value === "system" ? (isDark.value ? "dark" : "light") : theme.value;
  document.documentElement.dataset["theme"] = shown;
});

const feed = new Feed();
const page = document.getElementById("page");
if (!page) throw new Error("the page has no element called page");
render(<Observer feed={feed} />, page);
feed.start();
