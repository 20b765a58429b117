import { useSignal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { comeAsGuest, logIn, register } from "../model/account.ts";
import { LANGUAGES } from "../model/languages.ts";
import { language } from "../model/settings.ts";
import { explain, LANGUAGE_NAMES, text } from "../text/text.ts";
import { accountProblem, badPassword, isBadPassword } from "./account_problem.ts";
import { Field } from "./field.tsx";

const WAYS = ["guest", "login", "register"] as const;
export type Way = typeof WAYS[number];

export interface EntryProps {
  readonly room: string;
  /** What was typed before the script was there. */
  readonly name?: string;
  readonly onFirstInput: () => void;
  readonly onSignedIn: (name: string) => void | Promise<void>;
}

/** The first page: a name is enough. */
export function Entry({ room, name = "", onFirstInput, onSignedIn }: EntryProps) {
  return (
    <main class="entry" onInput={onFirstInput}>
      <div class="entry-card">
        <h1>
          <span class="logo" aria-hidden="true">h</span>
          {text.value.welcome}
        </h1>
        <EntryForm room={room} ways={WAYS} name={name} onSignedIn={onSignedIn} />
      </div>
      <p class="entry-languages">
        {LANGUAGES.map((tag) => (
          <button
            key={tag}
            type="button"
            class="link"
            lang={tag}
            aria-pressed={language.value === tag}
            onClick={() => language.value = tag}
          >
            {LANGUAGE_NAMES[tag]}
          </button>
        ))}
      </p>
    </main>
  );
}

export interface EntryFormProps {
  readonly room: string;
  readonly ways: readonly Way[];
  readonly name?: string;
  readonly onSignedIn: (name: string) => void | Promise<void>;
}

/** Comes in as a guest, logs in, or registers. */
export function EntryForm({ room, ways, name: startName = "", onSignedIn }: EntryFormProps) {
  const way = useSignal<Way>(ways[0] ?? "guest");
  const name = useSignal(startName);
  const password = useSignal("");
  const problem = useSignal("");
  const isBusy = useSignal(false);
  // Drawn before the script is there (prerender.tsx), it cannot be sent yet.
  const isAwake = useSignal(false);
  useLayoutEffect(() => void (isAwake.value = true), []);
  const t = text.value;
  const labels = { guest: t.asGuest, login: t.logIn, register: t.register };
  const hints = { guest: t.welcomeHint, login: t.logInHint, register: t.registerHint };

  async function submit(event: Event) {
    event.preventDefault();
    if (isBusy.value) return;
    const wanted = name.value.trim();
    problem.value = wanted === ""
      ? explain({ code: "bad_name", message: "" })
      : way.value === "register" && isBadPassword(password.value)
      ? badPassword()
      : "";
    if (problem.value !== "") return;
    isBusy.value = true;
    try {
      const me = way.value === "guest"
        ? await comeAsGuest(wanted)
        : way.value === "login"
        ? await logIn(wanted, password.value)
        : await register(wanted, password.value);
      await onSignedIn(me.name || wanted);
    } catch (error) {
      problem.value = accountProblem(error);
    } finally {
      isBusy.value = false;
    }
  }

  return (
    <form class="stack" onSubmit={submit}>
      {ways.length > 1 && (
        <div class="segments" role="group">
          {ways.map((each) => (
            <button
              key={each}
              type="button"
              disabled={!isAwake.value}
              aria-pressed={way.value === each}
              onClick={() => {
                way.value = each;
                problem.value = "";
              }}
            >
              {labels[each]}
            </button>
          ))}
        </div>
      )}
      <p class="hint">{hints[way.value]}</p>
      <Field
        label={t.name}
        value={name}
        name="name"
        required
        autoFocus
        autocomplete={way.value === "guest" ? "nickname" : "username"}
        autocapitalize="off"
        spellcheck={false}
        maxLength={32}
        dir="auto"
        placeholder={t.namePlaceholder}
      />
      {way.value !== "guest" && (
        <Field
          label={t.password}
          value={password}
          name="password"
          type="password"
          required
          autocomplete={way.value === "login" ? "current-password" : "new-password"}
        />
      )}
      <p class="problem" role="alert">{problem}</p>
      <button class="primary" type="submit" disabled={!isAwake.value || isBusy.value}>
        {isBusy.value ? t.wait : way.value === "guest" ? t.enterRoom(room) : labels[way.value]}
      </button>
    </form>
  );
}
