/** The page's address names the room: `/#lobby`, `/#@bob`, `/#lobby/42` for a message. */
export interface Place {
  readonly room: string;
  readonly seq: number | undefined;
}

/** The default room of the protocol. */
export const DEFAULT_ROOM = "lobby";

export function placeOf(hash: string): Place | undefined {
  const match = /^#([^/]+)(?:\/(\d{1,15}))?$/.exec(hash);
  if (!match) return undefined;
  try {
    const room = decodeURIComponent(match[1]!).trim();
    const seq = match[2] === undefined ? undefined : Number(match[2]);
    return room === "" ? undefined : { room, seq };
  } catch {
    return undefined;
  }
}

/** Goes to a room; `follow` hears of it. */
export function goTo(room: string): void {
  const hash = `#${encodeURIComponent(room)}`;
  if (location.hash === hash) dispatchEvent(new HashChangeEvent("hashchange"));
  // In the place of an overlay's entry: "back" leads to the room before, not to the overlay.
  else if (history.state?.overlay === true) {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = hash;
}
