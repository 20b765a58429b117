import { signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";

/** Nothing lies over the page at first; the overlays come in a chunk of their own. */
const Overlays = signal<FunctionComponent | undefined>(undefined);
/** Long enough after the page is there not to be in its way. */
const FETCH_AFTER_MS = 300;

export function LazyOverlays() {
  // Fetched before they are wanted: they must also open while the server is away.
  useEffect(() => {
    if (Overlays.value) return;
    let timer: ReturnType<typeof setTimeout>;
    const load = async () => {
      try {
        Overlays.value = (await import("./overlays.tsx")).Overlays;
      } catch {
        timer = setTimeout(load, 5_000);
      }
    };
    timer = setTimeout(load, FETCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const Loaded = Overlays.value;
  return Loaded ? <Loaded /> : null;
}
