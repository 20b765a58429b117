import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { text } from "../text/text.ts";
import { seconds } from "../text/time.ts";
import { useApp } from "./app_context.ts";
import { Icon } from "./icon.tsx";

/** A short break heals before anybody needs to read about it. */
const QUIET_MS = 600;

/** Tells that the line is down, and when it will be tried again. */
export function ConnectionStrip() {
  const { chat } = useApp();
  const line = chat.line.value;
  const now = useSignal(Date.now());
  const isShown = useSignal(false);
  const isUp = line.status === "online";
  useEffect(() => {
    if (isUp) {
      isShown.value = false;
      return;
    }
    const show = setTimeout(() => isShown.value = true, QUIET_MS);
    return () => clearTimeout(show);
  }, [isUp]);
  useEffect(() => {
    if (line.status !== "waiting") return;
    now.value = Date.now();
    const tick = setInterval(() => now.value = Date.now(), 500);
    return () => clearInterval(tick);
  }, [line]);
  if (isUp || !isShown.value) return null;
  const t = text.value;
  if (line.status === "stopped") {
    return (
      <div class="strip" role="status">
        <Icon name="offline" />
        {line.reason === "name_taken" ? t.nameTakenStop : t.signedOut}
      </div>
    );
  }
  const left = line.status === "waiting" ? Math.ceil((line.retryAt - now.value) / 1000) : 0;
  const isFirst = line.status === "connecting" && line.attempt === 0;
  return (
    <div class="strip">
      <Icon name="offline" />
      <span class="strip-text">
        <span role="status">{isFirst ? t.connecting : navigator.onLine ? t.lost : t.offline}</span>
        {!isFirst && (
          <span class="countdown">
            {" "}
            {left > 0 ? t.reconnectingIn(seconds(left)) : t.reconnecting}
          </span>
        )}
      </span>
      {line.status === "waiting" && (
        <button
          type="button"
          class="strip-button"
          onClick={() => chat.connection.retryNow()}
        >
          {t.retryNow}
        </button>
      )}
    </div>
  );
}
