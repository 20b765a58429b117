import { useSignal } from "@preact/signals";
import { AccountError, changePassword, removeAccount } from "../../model/account.ts";
import { text } from "../../text/text.ts";
import { accountProblem, badPassword, isBadPassword } from "../account_problem.ts";
import { useApp } from "../app_context.ts";
import { Field } from "../field.tsx";

/** An account's password, and its end. */
export function AccountSheet() {
  const { chat, ui, signedOut } = useApp();
  const t = text.value;
  const old = useSignal("");
  const wanted = useSignal("");
  const problem = useSignal("");
  const isSure = useSignal(false);

  async function attempt(work: Promise<void>, then: () => void) {
    problem.value = "";
    try {
      await work;
      then();
    } catch (error) {
      // Whoever is here has an account: what is forbidden is to go on without its password.
      problem.value = error instanceof AccountError && error.code === "forbidden"
        ? t.wrongPassword
        : accountProblem(error);
    }
  }

  return (
    <div class="stack">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (isBadPassword(wanted.value)) {
            problem.value = badPassword();
            return;
          }
          void attempt(changePassword(old.value, wanted.value), () => {
            ui.close();
            chat.notify(t.passwordChanged);
          });
        }}
      >
        {/* For what keeps passwords: whose they are. */}
        <input type="text" autocomplete="username" value={chat.me.value?.name} hidden readOnly />
        <Field
          label={t.oldPassword}
          value={old}
          type="password"
          required
          autocomplete="current-password"
        />
        <Field label={t.newPassword} value={wanted} type="password" autocomplete="new-password" />
        {isSure.value && <p>{t.removeAccountAsk}</p>}
        <p class="problem" role="alert">{problem}</p>
        <div class="buttons">
          <button
            type="button"
            class="plain dangerous"
            disabled={old.value === ""}
            onClick={() => {
              if (isSure.value) void attempt(removeAccount(old.value), signedOut);
              else isSure.value = true;
            }}
          >
            {isSure.value ? t.confirm : t.removeAccount}
          </button>
          <button class="primary" type="submit" disabled={wanted.value === ""}>
            {t.changePassword}
          </button>
        </div>
      </form>
    </div>
  );
}
