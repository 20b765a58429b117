/** Goes through the messages of the log by the arrow keys; from the log itself, to the last one. */
export function moveByArrows(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const messages = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-key]")];
  const at = messages.findIndex((message) => message.contains(document.activeElement));
  const next = event.key === "ArrowUp"
    ? messages[at === -1 ? messages.length - 1 : at - 1]
    : messages[at === -1 ? messages.length : at + 1];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}
