import { beep } from "../../browser/notify.ts";
import { LANGUAGES } from "../../model/languages.ts";
import { language, notifications, sound, theme } from "../../model/settings.ts";
import { THEMES } from "../../model/themes.ts";
import { LANGUAGE_NAMES, text } from "../../text/text.ts";
import { useApp } from "../app_context.ts";
import { Icon } from "../icon.tsx";

export function Settings() {
  const { chat, ui, signOut } = useApp();
  const t = text.value;
  const themes = { system: t.themeSystem, light: t.themeLight, dark: t.themeDark };
  const isGuest = chat.me.value?.guest ?? true;

  async function askForNotifications(isWanted: boolean) {
    if (!isWanted) {
      notifications.value = false;
      return;
    }
    const answer = "Notification" in globalThis ? await Notification.requestPermission() : "denied";
    notifications.value = answer === "granted";
    if (answer !== "granted") chat.notify(t.notificationsDenied);
  }

  return (
    <div class="stack">
      <fieldset>
        <legend>{t.theme}</legend>
        <div class="segments" role="group" aria-label={t.theme}>
          {THEMES.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={theme.value === each}
              onClick={() => theme.value = each}
            >
              {themes[each]}
            </button>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{t.language}</legend>
        <div class="segments" role="group" aria-label={t.language}>
          {LANGUAGES.map((each) => (
            <button
              key={each}
              type="button"
              lang={each}
              aria-pressed={language.value === each}
              onClick={() => language.value = each}
            >
              {LANGUAGE_NAMES[each]}
            </button>
          ))}
        </div>
      </fieldset>
      <label class="check">
        <input
          type="checkbox"
          checked={notifications}
          onChange={(event) => askForNotifications(event.currentTarget.checked)}
        />
        <span>
          {t.notifications}
          <br />
          <span class="meta">{t.notificationsHint}</span>
        </span>
      </label>
      <label class="check">
        <input
          type="checkbox"
          checked={sound}
          onChange={(event) => {
            sound.value = event.currentTarget.checked;
            if (sound.value) beep();
          }}
        />
        {t.sound}
      </label>
      <ul class="choices">
        <li>
          <button type="button" onClick={() => ui.open({ type: "help" })}>
            <Icon name="help" />
            {t.help}
          </button>
        </li>
        <li>
          <button type="button" onClick={() => ui.open({ type: "account" })}>
            <Icon name={isGuest ? "login" : "person"} />
            {isGuest ? t.makeAccount : t.account}
          </button>
        </li>
        <li>
          <button type="button" class="dangerous" onClick={() => void signOut()}>
            <Icon name="logout" />
            <span class="choice-text">
              {t.logOut}
              {isGuest && <span class="meta">{t.logOutHint}</span>}
            </span>
          </button>
        </li>
      </ul>
    </div>
  );
}
