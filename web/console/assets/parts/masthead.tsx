// Who is at this desk, whether it takes calls, and how the line is.
import {now} from "../../../shared/assets/ticking.ts";
import {LANGUAGE_NAMES, clock, t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, config, live, screen} from "./counter.ts";
import {helpOpen} from "./keys.ts";

function presenceWords(): string {
  const words = {
    offline: t("Signed off"),
    ready: t("Ready"),
    paused: t("Pause"),
    offered: t("Ringing"),
    busy: t("In a call"),
    wrapup: t("Finishing up"),
  };
  return words[screen.value.presence];
}

export function Masthead() {
  const {agent_name, department, presence, served_today} = screen.value;
  const link = live.link.value;
  const linkWords = {up: t("Connected"), connecting: t("Connecting"), down: t("Line interrupted")};
  return (
    <header class="masthead">
      <span class="masthead__mark" aria-hidden="true" />
      <p class="masthead__who">
        <strong>{agent_name}</strong>
        <span>{department}</span>
      </p>
      <div class="presence" role="group" aria-label={t("Presence")}>
        {presence !== "ready" && presence !== "paused" && (
          <span class={`presence__now presence__now--${presence}`} role="status">
            {presenceWords()}
          </span>
        )}
        <Button
          pressed={presence === "ready"}
          disabled={presence === "busy" || presence === "offered"}
          onPress={() => void ask("presence.choose", {presence: "ready"})}
        >
          {presence === "ready" ? "● " : ""}
          {t("Ready")}
        </Button>
        <Button
          pressed={presence === "paused"}
          disabled={presence === "busy" || presence === "offered"}
          onPress={() => void ask("presence.choose", {presence: "paused"})}
        >
          {presence === "paused" ? "▮▮ " : ""}
          {t("Pause")}
        </Button>
      </div>
      <a
        class="masthead__link"
        href="/console/papers"
        target="_blank"
        rel="noopener"
        aria-label={t("Papers before visits")}
      >
        {t("Papers")}
      </a>
      <a class="masthead__link" href="/console/cases" target="_blank" rel="noopener" aria-label={t("Cases you served")}>
        {t("Cases")}
      </a>
      <a
        class="masthead__link"
        href="/console/booking"
        target="_blank"
        rel="noopener"
        aria-label={t("Booking, in a new tab")}
      >
        {t("Booking")}
      </a>
      <p class="masthead__fact">
        {t("Served today")} <strong>{served_today}</strong>
      </p>
      <p class={`link link--${link}`} role="status">
        <span aria-hidden="true">{{up: "●", connecting: "▲", down: "■"}[link]}</span> {linkWords[link]}
      </p>
      <p class="masthead__time">{clock(new Date(now.value))}</p>
      <nav class="masthead__languages" aria-label={t("Language")}>
        {LANGUAGE_NAMES.map(([tag, name]) => (
          <a
            key={tag}
            lang={tag}
            href={`?lang=${tag.replace("-", "_")}`}
            aria-label={name}
            aria-current={tag === config.language ? "true" : undefined}
          >
            {{"zh-Hant": "繁", "zh-Hans": "简", pt: "PT", en: "EN"}[tag]}
          </a>
        ))}
      </nav>
      <Button class="masthead__button" label={t("Keys")} onPress={() => (helpOpen.value = true)} always>
        ?
      </Button>
      <form method="post" action="/console/sign-out">
        <input type="hidden" name="csrf" value={config.csrf} />
        <button class="button button--plain masthead__button" type="submit">
          {t("Sign out")}
        </button>
      </form>
    </header>
  );
}
