// What stands around every screen: place and time, language, text size, finish, and two banners.
import {signal} from "@preact/signals";
import type {ComponentChildren} from "preact";
import {Dialog, LiveRegion, startPictures} from "../../../shared/assets/live_ui.tsx";
import {now} from "../../../shared/assets/ticking.ts";
import {LANGUAGE_NAMES, clock, day, t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask, leg, live, screen} from "./counter.ts";
import {Icon} from "./icons.tsx";
import {Printing} from "./printing.tsx";

const SIZES = ["A", "A+", "A++"] as const;
const finishing = signal(false);

/** Forget the visit on this machine; the next screen is the first one. */
export async function finish(): Promise<void> {
  finishing.value = false;
  await ask("visit.leave", {});
}

export function Frame(props: {children: ComponentChildren}) {
  const {stage, site, terminal, text_size} = screen.value;
  const first = stage === "attract";
  return (
    <div class={`frame frame--${stage}`}>
      <header class="top">
        <span class="top__mark" aria-hidden="true" />
        <p class="top__name">
          <strong>{t("Remote counter")}</strong>
          <span>
            {site} · {terminal}
          </span>
        </p>
        <p class="top__time">
          <strong>{clock(new Date(now.value))}</strong>
          <span>{day(new Date(now.value))}</span>
        </p>
      </header>
      <Banners />
      <Printing />
      <main class="main">{props.children}</main>
      <footer class="bottom">
        <Languages />
        <div class="sizes" role="group" aria-label={t("Size of the letters")}>
          {SIZES.map((size, index) => (
            <Press
              key={size}
              look="quiet"
              class={`size size--${index}`}
              pressed={size === text_size}
              label={[t("Normal letters"), t("Large letters"), t("Very large letters")][index]}
              onPress={() => void ask("text_size.choose", {text_size: size})}
            >
              {size}
            </Press>
          ))}
        </div>
        {!first && (
          <Press look="end" icon="leave" class="finish" always onPress={() => (finishing.value = true)}>
            {t("Finish")}
          </Press>
        )}
      </footer>
      {finishing.value && !first && <FinishDialog />}
      <LiveRegion />
    </div>
  );
}

export function Languages() {
  return (
    <div class="languages" role="group" aria-label={t("Language")}>
      {LANGUAGE_NAMES.map(([tag, name]) => (
        <Press
          key={tag}
          look="quiet"
          lang={tag}
          pressed={tag === screen.value.language}
          onPress={() => void ask("language.choose", {language: tag})}
        >
          {name}
        </Press>
      ))}
    </div>
  );
}

function FinishDialog() {
  const {stage} = screen.value;
  const leaves = {
    waiting: t("You will lose your place in the queue."),
    call: t("The conversation will end."),
  } as Record<string, string>;
  return (
    <Dialog label={t("Finish here?")} class="ask" onClose={() => (finishing.value = false)}>
      <h2>{t("Finish here?")}</h2>
      <p>
        {leaves[stage]} {t("Everything you entered is removed from this machine.")}
      </p>
      <div class="ask__answers">
        <Press look="main" always onPress={() => (finishing.value = false)}>
          {t("No, go on")}
        </Press>
        <Press look="end" icon="leave" always onPress={() => void finish()}>
          {t("Yes, finish")}
        </Press>
      </div>
    </Dialog>
  );
}

/** Signalling lost and picture lost are two things: the first does not end a conversation. */
function Banners() {
  const inCall = screen.value.stage === "call";
  const {state, trouble, blocked, quality} = leg;
  const {camera, microphone} = leg.sending;
  return (
    <>
      {live.link.value === "down" && !live.displaced.value && (
        <p class="banner" role="status" data-banner="link">
          <Icon name="network" />
          {inCall
            ? t("The line to the counter was interrupted. Your conversation goes on; it comes back by itself.")
            : t("The line to the counter was interrupted. It comes back by itself; you keep your place.")}
        </p>
      )}
      {inCall && state.value === "lost" && (
        <p class="banner" role="status" data-banner="picture">
          <Icon name="camera" />
          {trouble.value === "other"
            ? t("The agent's line was interrupted. It is being connected again; please wait a moment.")
            : t("Your line was interrupted. It is being connected again; please wait a moment.")}
        </p>
      )}
      {inCall && state.value === "connected" && quality.value === "poor" && (
        <p class="banner" role="status">
          <Icon name="network" />
          {t("The line is weak. Picture and sound may stop for a moment.")}
        </p>
      )}
      {inCall && camera.value !== null && camera.value !== "good" && (
        <p class="banner" role="status" data-banner="camera">
          <Icon name="camera" />
          {microphone.value === "good"
            ? t("The camera does not work here. The agent hears you: please go on speaking.")
            : t("Camera and microphone do not work here. You see and hear the agent: ask for another terminal.")}
        </p>
      )}
      {inCall && camera.value === "good" && microphone.value !== null && microphone.value !== "good" && (
        <p class="banner" role="status" data-banner="microphone">
          <Icon name="advice" />
          {t("The microphone does not work here. The agent sees you: please ask for another terminal.")}
        </p>
      )}
      {inCall && blocked.value && (
        <div class="banner banner--start">
          <Press icon="play" look="go" always onPress={() => startPictures(leg)}>
            {t("Start the call")}
          </Press>
        </div>
      )}
    </>
  );
}
