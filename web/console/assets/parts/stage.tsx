// The conversation and, below it, what the case holds: papers to look at, forms to present.
import {signal} from "@preact/signals";
import {useLayoutEffect} from "preact/hooks";
import {Picture, startPictures} from "../../../shared/assets/live_ui.tsx";
import type {Quality} from "../../../shared/assets/arriving.ts";
import type {CallCard, DeskCase, GuestCard} from "../../../shared/assets/protocol.ts";
import {level} from "../../../shared/assets/quality.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {duration, t} from "../../../shared/assets/words.ts";
import {Asked, askingFor} from "./ask_in.tsx";
import {Button, LanguageTag} from "./controls.tsx";
import {ask, leg, live, screen} from "./counter.ts";
import {OPEN} from "./ceremony.tsx";
import {Forms} from "./forms.tsx";
import {Hands} from "./hands.tsx";
import {Identity} from "./identity.tsx";
import {Lines} from "./lines.tsx";
import {Papers} from "./papers.tsx";
import {Recording} from "./recording.tsx";
import {OnHold, Parties, Restrained, modeWords, roleWords} from "./parties.tsx";
import {Modes} from "./supervise.tsx";

export type Tab = "papers" | "identity" | "forms" | "hands";
export const tab = signal<Tab>("papers");

export function Stage() {
  const {case: matter, guest} = screen.value;
  if (guest) return <Visit guest={guest} />;
  if (!matter) return <Idle />;
  return (
    <div class="stage">
      <Conversation call={matter.call} number={matter.number} lead />
      <Tabs matter={matter} />
    </div>
  );
}

function Idle() {
  const {presence, invite} = screen.value;
  const words = {
    offline: t("You are signed off."),
    ready: t("You are ready. The next visitor rings here."),
    paused: t("You take a pause. Choose Ready to be rung."),
    offered: invite ? t("A colleague asks you") : t("A visitor is calling."),
    busy: t("One moment please"),
    wrapup: t("The visit is closed. Notes can still be added under Cases. You are rung again in a moment, or choose Ready now."),
  };
  return (
    <div class="stage stage--idle">
      <p class="idle">
        <span class="idle__mark" aria-hidden="true" />
        {words[presence]}
      </p>
      {presence === "wrapup" && (
        <Button look="main" onPress={() => void ask("presence.choose", {presence: "ready"})}>
          {t("Ready for the next one")}
        </Button>
      )}
    </div>
  );
}

function qualityWords(line: Quality): string {
  const words = {good: t("Good line"), fair: t("Fair line"), poor: t("Weak line"), none: t("Connecting")};
  return words[line];
}

const SHAPES = {good: "●", fair: "▲", poor: "■", none: "○"} as const;

/** In a colleague's call: the conversation, what it is about, and the way out; no papers. */
function Visit(props: {guest: GuestCard}) {
  const {guest} = props;
  const supervises = guest.role === "supervisor";
  return (
    <div class="stage">
      <Conversation call={guest.call} number={guest.number} lead={false} />
      <section class="visit" aria-label={t("Your part")} data-role={guest.role}>
        <p>
          <strong>{roleWords(guest.role)}</strong> {supervises && modeWords(guest.mode)}
        </p>
        <p>
          <LanguageTag tag={guest.language} /> {guest.service} · {guest.site}
        </p>
        <p>{t("The conversation is led by {name}.", {name: guest.call.agent_name})}</p>
        {supervises ? (
          <Modes guest={guest} />
        ) : (
          <Button look="end" onPress={() => void ask("party.leave", {})}>
            {t("Leave the call")}
          </Button>
        )}
      </section>
    </div>
  );
}

/** lead: this desk leads the call; else it is a colleague's. */
function Conversation(props: {call: CallCard | null; number: string; lead: boolean}) {
  const {call, number, lead} = props;
  if (!call) {
    return (
      <div class="video video--over">
        <p>{t("The conversation is over. Finish the case with an outcome.")}</p>
      </div>
    );
  }
  const away = call.other_side === "away";
  const line = level(leg, call);
  const {sending} = leg;
  return (
    <section class="video" aria-label={t("Conversation")}>
      <Picture class="video__remote" stream={leg.remote} leg={leg} label={t("The citizen")} />
      {(away || !leg.arrived.value) && (
        <p class="video__wait">
          {away ? t("The terminal's line was interrupted. It comes back by itself.") : t("The picture is coming")}
        </p>
      )}
      {sending.local.value && <Picture class="video__self" stream={sending.local} muted mirrored label={t("You")} />}
      {call.picture === false && (
        <p class="video__voice" aria-hidden="true">
          {t("By voice")}
        </p>
      )}
      {call.held_since && <OnHold since={call.held_since} lead={lead} />}
      <Parties call={call} lead={lead} />
      <Banners call={call} />
      <Recording />
      <div class="video__bar">
        <p class="video__call">
          <strong>{number}</strong> {duration((now.value - Date.parse(call.since)) / 1000)}
          <span class={`quality quality--${line}`}>
            <span aria-hidden="true">{SHAPES[line]}</span> {qualityWords(line)}
          </span>
        </p>
        <Button
          keyName="M"
          pressed={!sending.microphoneOn.value}
          always
          onPress={() => sending.setMicrophone(!sending.microphoneOn.value)}
        >
          {sending.microphoneOn.value ? t("Mute") : t("Muted")}
        </Button>
        <Button keyName="V" pressed={!sending.cameraOn.value} always onPress={() => sending.setCamera(!sending.cameraOn.value)}>
          {sending.cameraOn.value ? t("Camera off") : t("Camera is off")}
        </Button>
        {lead && <Lead call={call} />}
      </div>
    </section>
  );
}

/** What only the agent of a call does. */
function Lead(props: {call: CallCard}) {
  const {held_since} = props.call;
  return (
    <>
      <Button pressed={!!held_since} keyName="H" onPress={() => void ask("call.hold", {on: !held_since})}>
        {held_since ? t("On hold") : t("Put on hold")}
      </Button>
      <Button keyName="I" onPress={() => (askingFor.value = "colleague")}>
        {t("Ask a colleague")}
      </Button>
    </>
  );
}

/** Signalling lost and picture lost are two things: the first does not end a conversation. */
function Banners(props: {call: CallCard}) {
  const {state, trouble, blocked} = leg;
  const {camera, microphone} = leg.sending;
  const found = {
    refused: t("The browser may not use your camera or microphone. Allow both in its address bar, then reload this page."),
    missing: t("No camera or no microphone was found. The call goes on with what there is."),
    good: "",
  };
  const told = props.call.lines?.some(line => line.cause === "gone"); // in the same words, below
  const worst = [camera.value, microphone.value].find(one => one === "refused" || one === "missing");
  return (
    <div class="video__banners">
      {live.link.value === "down" && (
        <p role="status" data-banner="link">
          {t("The line to the counter was interrupted. The conversation goes on; it comes back by itself.")}
        </p>
      )}
      {state.value === "lost" && !told && (
        <p role="status" data-banner="picture">
          {trouble.value === "other"
            ? t("The terminal's line was interrupted. Please wait; it comes back by itself.")
            : t("Your line was interrupted. It is being connected again.")}
        </p>
      )}
      {worst && (
        <p role="status" data-banner="devices">
          {found[worst]}
        </p>
      )}
      <Lines call={props.call} />
      <Restrained call={props.call} />
      <Asked />
      {blocked.value && (
        <Button look="go" always onPress={() => startPictures(leg)}>
          {t("Start the call")}
        </Button>
      )}
    </div>
  );
}

function Tabs(props: {matter: DeskCase}) {
  const {matter} = props;
  const waiting = matter.pages.filter(page => page.state === "stored").length;
  const tabs: [Tab, string, number][] = [
    ["papers", t("Papers"), waiting],
    ["identity", t("Identity"), 0],
    ["forms", t("Forms and signature"), 0],
    ["hands", t("Terminal"), matter.hands && matter.hands.permission !== "allowed" ? 1 : 0],
  ];
  const open = matter.ceremonies.find(one => OPEN.has(one.state));
  const coming = matter.scan?.arriving != null;
  // In the middle of an identification its own step shows the page.
  const identifying = matter.identity?.state === "open" || matter.identity?.state === "waiting";
  // Each citizen begins at the papers; first, since the others may know better.
  useLayoutEffect(() => {
    tab.value = "papers";
  }, [matter.case_id]);
  // What has just arrived, or is about to, is what the agent waits for.
  useLayoutEffect(() => {
    if ((waiting > 0 || coming) && !identifying) tab.value = "papers";
  }, [waiting, coming]);
  useLayoutEffect(() => {
    if (open && !identifying) tab.value = "forms";
  }, [open?.ceremony_id, open?.state, open?.certificate?.stage === "asked"]);
  return (
    <div class="tabs">
      <div class="tabs__list" role="tablist" aria-label={t("The case")}>
        {tabs.map(([name, words, count]) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            class="tabs__tab"
            aria-selected={tab.value === name}
            aria-controls={`panel-${name}`}
            tabIndex={tab.value === name ? 0 : -1}
            onClick={() => (tab.value = name)}
            onKeyDown={event => {
              if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
              const names = tabs.map(([one]) => one);
              const step = event.key === "ArrowRight" ? 1 : -1;
              tab.value = names[(names.indexOf(name) + step + names.length) % names.length] ?? "papers";
              document.getElementById(`tab-${tab.value}`)?.focus();
            }}
          >
            {words}
            {count > 0 && <span class="count">{count}</span>}
          </button>
        ))}
      </div>
      {tabs.map(([name]) => (
        <div
          key={name}
          id={`panel-${name}`}
          class="tabs__panel"
          role="tabpanel"
          aria-labelledby={`tab-${name}`}
          hidden={tab.value !== name}
        >
          {name === "papers" ? (
            <Papers matter={matter} />
          ) : name === "identity" ? (
            <Identity key={matter.case_id} matter={matter} />
          ) : name === "forms" ? (
            <Forms matter={matter} />
          ) : (
            <Hands matter={matter} />
          )}
        </div>
      ))}
    </div>
  );
}
