// Keys for digits; shielded, it shows how many were typed and never which.
import type {Signal} from "@preact/signals";
import {t} from "../../../shared/assets/words.ts";
import {refused} from "./counter.ts";
import {Icon} from "./icons.tsx";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

export function Keypad(props: {typed: Signal<string>; longest: number; shielded: boolean}) {
  const {typed, longest, shielded} = props;
  const add = (digit: string): void => {
    refused.value = null;
    if (typed.value.length < longest) typed.value += digit;
  };
  const count = typed.value.length;
  const key = (digit: string) => (
    <button key={digit} type="button" class="key" onClick={() => add(digit)}>
      {digit}
    </button>
  );
  return (
    <div class="keypad">
      <p class={`keypad__typed ${shielded ? "keypad__typed--shielded" : ""}`} role="status">
        <span class={shielded ? "" : "only-spoken"}>
          <span aria-hidden="true">{shielded ? "●".repeat(count) : ""}</span>
          <span class="only-spoken">{t("{count} digits typed", {count})}</span>
        </span>
        {!shielded && <span aria-hidden="true">{typed.value}</span>}
      </p>
      <div class="keypad__keys" role="group" aria-label={t("Keys for digits")}>
        {DIGITS.map(key)}
        <span />
        {key("0")}
        <button
          type="button"
          class="key"
          aria-label={t("Erase the last digit")}
          onClick={() => (typed.value = typed.value.slice(0, -1))}
        >
          <Icon name="erase" />
        </button>
      </div>
    </div>
  );
}
