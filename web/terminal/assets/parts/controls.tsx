// Controls of the kiosk: at least 80 px, acting on release, deaf to double taps.
import type {ComponentChildren} from "preact";
import {useLayoutEffect, useRef} from "preact/hooks";
import {refusal, t} from "../../../shared/assets/words.ts";
import {busy, refused} from "./counter.ts";
import {Icon, type IconName} from "./icons.tsx";

const DEAF_MS = 400;
let touchedAt = -DEAF_MS;

/** False for the second half of a double tap. */
export function heard(): boolean {
  const now = performance.now();
  if (now - touchedAt < DEAF_MS) return false;
  touchedAt = now;
  return true;
}

export function Press(props: {
  onPress: () => void;
  children: ComponentChildren;
  look?: "main" | "go" | "quiet" | "end" | "card";
  icon?: IconName;
  disabled?: boolean;
  /** Works while something else is on its way. */
  always?: boolean;
  pressed?: boolean;
  label?: string;
  lang?: string;
  class?: string;
}) {
  const off = props.disabled || (busy.value && !props.always);
  return (
    <button
      type="button"
      class={`press press--${props.look ?? "main"} ${props.class ?? ""}`}
      aria-disabled={off ? "true" : undefined}
      aria-pressed={props.pressed}
      aria-label={props.label}
      lang={props.lang}
      onClick={() => {
        if (!off && heard()) props.onPress();
      }}
    >
      {props.icon && <Icon name={props.icon} />}
      <span class="press__text">{props.children}</span>
    </button>
  );
}

/** The screen's heading takes the focus, so that the new screen is read out. */
export function Title(props: {children: ComponentChildren; lead?: ComponentChildren; of: string}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), [props.of]);
  return (
    <div class="title">
      <h1 ref={heading} tabIndex={-1}>
        {props.children}
      </h1>
      {props.lead && <p class="lead">{props.lead}</p>}
    </div>
  );
}

/** What did not work, and what to do. */
export function Advice(props: {code?: string | null}) {
  const code = props.code === undefined ? refused.value : props.code;
  if (!code) return null;
  // Two that only this page can know of.
  const own: Record<string, [string, string]> = {
    line_lost: [t("The line was interrupted"), t("Nothing was lost. Please try again.")],
    camera_failed: [t("The camera gave no picture"), t("Try again. If it fails again, tell the agent.")],
  };
  const [title, what] = own[code] ?? refusal(code);
  return (
    <div class="advice" role="alert" data-code={code}>
      <Icon name="advice" />
      <p>
        <strong>{title}</strong> {what}
      </p>
    </div>
  );
}

/** Papers to have at hand. */
export function Bring(props: {papers: readonly string[]}) {
  if (!props.papers.length) return null;
  return (
    <section class="bring">
      <h2>{t("Have these ready")}</h2>
      <ul>
        {props.papers.map(paper => (
          <li key={paper}>
            <Icon name="paper" />
            {paper}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Working(props: {children: ComponentChildren}) {
  return (
    <p class="working" role="status">
      <span class="working__wheel" aria-hidden="true" />
      {props.children}
    </p>
  );
}
