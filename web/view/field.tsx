import type { Signal } from "@preact/signals";
import type { InputHTMLAttributes } from "preact";

/** What an input takes besides. */
type Input = Omit<
  InputHTMLAttributes<HTMLInputElement>,
  "label" | "value" | "onInput" | "role" | "type"
>;

interface Props extends Input {
  readonly label: string;
  readonly value: Signal<string>;
  readonly type?: "password";
}

/** A line of text with its label, kept in a signal. */
export function Field({ label, value, ...input }: Props) {
  return (
    <label class="field">
      {label}
      <input
        {...input}
        value={value}
        onInput={(event) => value.value = event.currentTarget.value}
      />
    </label>
  );
}
