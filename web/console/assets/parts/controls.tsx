// Controls of the console: at least 44 px, each with its key shown where it has one.
import type {ComponentChildren} from "preact";
import {refusal, t} from "../../../shared/assets/words.ts";
import {busy, refused} from "./counter.ts";

export function Button(props: {
  onPress: () => void;
  children: ComponentChildren;
  look?: "main" | "go" | "quiet" | "end" | "plain";
  disabled?: boolean;
  /** Works while something else is on its way. */
  always?: boolean;
  pressed?: boolean;
  keyName?: string;
  label?: string;
  class?: string;
}) {
  const off = props.disabled || (busy.value && !props.always);
  return (
    <button
      type="button"
      class={`button button--${props.look ?? "quiet"} ${props.class ?? ""}`}
      aria-disabled={off ? "true" : undefined}
      aria-pressed={props.pressed}
      aria-label={props.label}
      aria-keyshortcuts={props.keyName}
      onClick={() => {
        if (!off) props.onPress();
      }}
    >
      {props.children}
      {props.keyName && (
        <kbd aria-hidden="true">{props.keyName}</kbd>
      )}
    </button>
  );
}

/** What did not work, and what to do; stays until the next thing is tried. */
export function Advice() {
  const code = refused.value;
  if (!code) return null;
  const [title, what] = refusal(code);
  return (
    <div class="advice" role="alert" data-code={code}>
      <p>
        <strong>{title}</strong> {what}
      </p>
      <Button look="plain" always onPress={() => (refused.value = null)}>
        {t("Close")}
      </Button>
    </div>
  );
}

/** Whose language it is: named in its own script. */
export function LanguageTag(props: {tag: string}) {
  const names: Record<string, string> = {"zh-Hant": "繁體", "zh-Hans": "简体", pt: "Português", en: "English"};
  return (
    <span class="tag" lang={props.tag}>
      {names[props.tag] ?? props.tag}
    </span>
  );
}
