import { canonicalForm } from "../../protocol/canonical.ts";

/** `Lobby`, `#lobby` and `lobby` are one room: what rooms are looked up by. */
export function roomKey(name: string): string {
  return canonicalForm(name.startsWith("#") ? name.slice(1) : name);
}
