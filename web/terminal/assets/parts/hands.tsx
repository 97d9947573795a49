// The agent's hands on this machine: made so, announced, listed, and stopped at a touch.
import {effect, signal, untracked} from "@preact/signals";
import {openPaper} from "../../../shared/assets/cameras.ts";
import {Dialog, loudness, say} from "../../../shared/assets/live_ui.tsx";
import type {HandReport, HandState, HandUsed, HandsCard} from "../../../shared/assets/protocol.ts";
import {clock, t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask, config, leg, live, screen} from "./counter.ts";
import {Icon} from "./icons.tsx";

type Cannot = HandReport["cannot"];
type Made = HandReport["hand"];

const ANNOUNCED_MS = 8000;
const FIRST_LOUDNESS = 70;
const announced = signal<HandUsed | null>(null);
const listed = signal(false);
/** The last use that this page announced, or found when it came. */
let heard: number | null = null;
let hiding = 0;

effect(() => {
  const {hands} = screen.value;
  const newest = hands?.did[0] ?? null;
  if (!hands) {
    heard = null;
    announced.value = null;
    listed.value = false;
    return;
  }
  if (heard === null) heard = newest?.seq ?? 0;
  if (!newest || newest.seq <= heard) return;
  heard = newest.seq;
  announced.value = newest;
  say(newest.text);
  window.clearTimeout(hiding);
  hiding = window.setTimeout(() => (announced.value = null), ANNOUNCED_MS);
});

// One wish after the other: a device is opened and closed in between.
let turn: Promise<void> = Promise.resolve();
let paper: MediaStreamTrack | null = null;
let made = "";
const reported = new Map<Made, number>();

effect(() => {
  const hands = screen.value.hands ?? null;
  const inCall = screen.value.stage === "call";
  loudness.value = (hands?.volume ?? FIRST_LOUDNESS) / 100;
  untracked(() => {
    turn = turn.then(() => follow(inCall ? hands : null)).catch(error => console.warn("hands", error));
  });
});

async function follow(hands: HandsCard | null): Promise<void> {
  if (!hands) reported.clear();
  const {camera = "face", crop = null, gain = 100} = hands ?? {};
  const {sending} = leg;
  const said = new Map<Made, Cannot>([["volume", null]]);
  const wanted = JSON.stringify([camera, crop, gain, sending.camera.value, sending.microphone.value]);
  const again = hands?.states.some(one => isNew(one)) ?? false;
  if (wanted === made && !again) return;
  said.set("camera", await aim(camera));
  said.set("crop", crop && !sending.pictured ? "no_camera" : (await sending.frame(crop)) ? null : "failed");
  const heard = sending.microphone.value === "good" || gain === 100;
  said.set("gain", heard ? ((await sending.amplify(gain)) ? null : "failed") : "no_microphone");
  made = wanted;
  for (const one of hands?.states ?? []) {
    if (isNew(one)) report(one, said.get(one.hand as Made) ?? null);
  }
}

/** Asked, and not answered by this page yet. */
const isNew = ({hand, rev, state}: HandState): boolean =>
  state === "asked" && hand !== "light" && reported.get(hand as Made) !== rev; // the program's

function report({hand, rev}: HandState, cannot: Cannot): void {
  reported.set(hand as Made, rev);
  void live.ask("hand.report", {hand: hand as Made, rev, cannot});
}

/** Send the document camera, or the face again. */
async function aim(camera: HandsCard["camera"]): Promise<Cannot> {
  if (camera === "document" && paper?.readyState !== "live") paper = await openPaper(config.document_camera);
  if (camera === "face") {
    await leg.sending.aim(null);
    paper?.stop();
    paper = null;
    return null;
  }
  await leg.sending.aim(paper);
  return paper ? null : "no_document_camera";
}

const stop = (): void => void ask("hands.stop", {});

/** Over the picture, for some seconds after each use. */
export function Announcement() {
  const {hands} = screen.value;
  const shown = hands?.did.find(one => one.seq === announced.value?.seq);
  if (!hands || !shown) return null;
  return (
    <div class="announcement">
      <Icon name="hand" />
      <p>{shown.text}</p>
      {hands.permission === "allowed" && (
        <Press look="end" icon="none" always onPress={stop}>
          {t("Stop")}
        </Press>
      )}
    </div>
  );
}

/** While nothing else is to be done: what the agent did here, and the way to stop it. */
export function Hands() {
  const {hands} = screen.value;
  if (!hands || (hands.did.length === 0 && hands.permission === "allowed")) return null;
  return (
    <div class="hands" data-permission={hands.permission}>
      <p>{hands.permission === "allowed" ? t("The agent helps with this machine.") : t("The agent does nothing here any more.")}</p>
      <Press look="quiet" always onPress={() => (listed.value = true)}>
        {t("What the agent did")}
      </Press>
      {hands.permission === "allowed" && (
        <Press look="end" icon="none" always onPress={stop}>
          {t("Stop")}
        </Press>
      )}
    </div>
  );
}

/** The list, and the question after a stop. */
export function HandDialogs() {
  const {hands} = screen.value;
  if (!hands) return null;
  if (hands.permission === "asked") return <Question />;
  return listed.value ? <List hands={hands} /> : null;
}

function Question() {
  const answer = (allow: boolean): void => void ask("hands.answer", {allow});
  const title = t("May the agent help with this machine again?");
  return (
    <Dialog label={title} class="ask" onClose={() => answer(false)}>
      <h2>{title}</h2>
      <p>{t("Such as sound, letters and camera. You are told each time, and can stop it at any time.")}</p>
      <div class="ask__answers">
        <Press look="quiet" onPress={() => answer(false)}>
          {t("No")}
        </Press>
        <Press look="quiet" onPress={() => answer(true)}>
          {t("Yes, the agent may")}
        </Press>
      </div>
    </Dialog>
  );
}

function List(props: {hands: HandsCard}) {
  const shut = (): void => {
    listed.value = false;
  };
  return (
    <Dialog label={t("What the agent did")} class="ask" onClose={shut}>
      <h2>{t("What the agent did")}</h2>
      <div class="did" tabIndex={0} role="region" aria-label={t("What the agent did")}>
        <ol>
          {props.hands.did.map(one => (
            <li key={one.seq}>
              <time>{clock(one.at)}</time> {one.text}
            </li>
          ))}
        </ol>
      </div>
      <div class="ask__answers">
        <Press look="main" always onPress={shut}>
          {t("Close")}
        </Press>
      </div>
    </Dialog>
  );
}
