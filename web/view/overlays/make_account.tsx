import { useApp } from "../app_context.ts";
import { EntryForm } from "../entry.tsx";

/** A guest keeps their name and conversations by making an account, or goes over to theirs. */
export function MakeAccount() {
  const { chat, signedIn } = useApp();
  return (
    <EntryForm
      room=""
      ways={["register", "login"]}
      name={chat.me.value?.name ?? ""}
      onSignedIn={signedIn}
    />
  );
}
