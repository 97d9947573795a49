// The agent's console: one document for the whole day, drawn from the counter's screen alone.
import {effect, signal} from "@preact/signals";
import {render} from "preact";
import {Dialog, LiveRegion, say} from "../../shared/assets/live_ui.tsx";
import {watchLine} from "../../shared/assets/quality.ts";
import type {CallCard} from "../../shared/assets/protocol.ts";
import {chime, ring, unlock} from "../../shared/assets/sounds.ts";
import {synchronise} from "../../shared/assets/ticking.ts";
import {refusal, speak, t} from "../../shared/assets/words.ts";
import {AskIn, Invitation, askingFor} from "./parts/ask_in.tsx";
import {Advice, Button} from "./parts/controls.tsx";
import {ask, config, leg, live, refused, screen} from "./parts/counter.ts";
import {Seconds} from "./parts/identity.tsx";
import {helpOpen, keysOn, switchKeys, watchKeys} from "./parts/keys.ts";
import {Masthead} from "./parts/masthead.tsx";
import {Matter, askForNext, closing} from "./parts/matter.tsx";
import {Offer, Queue} from "./parts/queue.tsx";
import {Stage, tab} from "./parts/stage.tsx";

/** Below 1024 px the columns are shown one at a time. */
const column = signal<"queue" | "stage" | "matter">("stage");

/** The conversation of this desk, its own or a colleague's. */
const call = (): CallCard | null => screen.value.case?.call ?? screen.value.guest?.call ?? null;

function Console() {
  if (live.displaced.value) return <Alone title={t("This desk was opened in another window")} />;
  if (live.refused.value) return <Refused code={live.refused.value} />;
  const columns = [
    ["queue", t("Waiting")],
    ["stage", t("Conversation")],
    ["matter", t("The case")],
  ] as const;
  return (
    <div class="console" data-column={column.value}>
      <Masthead />
      <main class="work">
        <h1 class="only-spoken">{t("Console")}</h1>
        <Offer />
        <Invitation />
        <Seconds />
        {!closing.value && !askingFor.value && <Advice />}
        <nav class="columns" aria-label={t("Columns")}>
          {columns.map(([name, words]) => (
            <Button key={name} always pressed={column.value === name} onPress={() => (column.value = name)}>
              {words}
            </Button>
          ))}
        </nav>
        <div class="desk">
          <Queue />
          <Stage />
          <Matter />
        </div>
      </main>
      {helpOpen.value && <Help />}
      {screen.value.case?.call && <AskIn />}
      <LiveRegion />
    </div>
  );
}

function Alone(props: {title: string}) {
  return (
    <main class="alone">
      <h1>{props.title}</h1>
      <p>{t("Only one window can serve. Go on in the other one, or take over here.")}</p>
      <Button look="main" always onPress={() => live.takeOver()}>
        {t("Go on here")}
      </Button>
    </main>
  );
}

function Refused(props: {code: string}) {
  const [title, what] = refusal(props.code);
  return (
    <main class="alone" data-code={props.code}>
      <h1>{title}</h1>
      <p>{what}</p>
      <a class="button button--main" href="/console">
        {t("Try again")}
      </a>
    </main>
  );
}

function Help() {
  const shut = (): void => {
    helpOpen.value = false;
  };
  const keys: [string, string][] = [
    ["A", t("Answer the visitor who is calling")],
    ["M", t("Microphone off or on")],
    ["V", t("Camera off or on")],
    ["H", t("Let the citizen wait, or go on")],
    ["I", t("Ask a colleague")],
    ["S", t("Ask for the next paper")],
    ["E", t("Make sure who it is")],
    ["W", t("Finish the case")],
    ["?", t("This list")],
  ];
  return (
    <Dialog label={t("Keys")} class="help" onClose={shut}>
      <h2>{t("Keys")}</h2>
      <dl>
        {keys.map(([key, words]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <label class="choice">
        <input
          type="checkbox"
          checked={keysOn.value}
          onChange={event => switchKeys(event.currentTarget.checked)}
        />
        <span>{t("Use these keys (never inside a field)")}</span>
      </label>
      <Button look="main" always onPress={shut}>
        {t("Close")}
      </Button>
    </Dialog>
  );
}

speak(config.language);

effect(() => synchronise(screen.value.now));

effect(() => {
  leg.follow(screen.value.leg ?? null, call()?.call_id ?? null);
  if (!screen.value.case) closing.value = false;
  if (!screen.value.case?.call) askingFor.value = null;
});

// Ring: sound, the tab's title, and a line for screen readers.
let rung = "";
let flashing = 0;
effect(() => {
  const {offer, invite} = screen.value;
  ring(offer !== null || !!invite);
  const pairing = offer?.pairing_id ?? invite?.party_id ?? "";
  if (pairing === rung) return;
  rung = pairing;
  window.clearInterval(flashing);
  document.title = t("Console");
  const number = offer?.number ?? invite?.number;
  if (!number) return;
  say(offer ? t("A visitor is calling: {number}", {number}) : t("A colleague asks you: {number}", {number}));
  column.value = "stage";
  let on = false;
  flashing = window.setInterval(() => {
    on = !on;
    document.title = on ? `☎ ${number}` : t("Console");
  }, 800);
});

const NOT_SIGNED = {"ceremony.declined": 1, "ceremony.abandoned": 1, "ceremony.expired": 1};

live.onHappened(({kind}) => {
  if (kind === "page.added") {
    chime();
    say(t("A page has arrived."));
  }
  if (kind === "page.refused") say(t("The photograph was not good enough; the citizen was told what to do."));
  if (kind === "scan.declined") say(t("The citizen does not have this paper."));
  if (kind === "identity.second_asked") {
    chime();
    say(t("A second officer is asked for."));
  }
  if (kind in NOT_SIGNED) {
    chime();
    say(t("The document was not signed. Its card says why, and what to do."));
  }
  if (kind === "ceremony.read_aloud") say(t("The citizen wants the document read aloud."));
  if (kind === "document.signed") {
    chime();
    say(t("The document was signed."));
  }
  if (kind === "call.ended") say(t("The conversation has ended."));
  if (kind === "call.transferred") say(t("The case has been handed over."));
  if (kind === "party.joined") say(t("Somebody has joined the conversation."));
  if (kind === "party.left" || kind === "party.removed") say(t("Somebody has left the conversation."));
  if (kind === "party.declined" || kind === "party.missed") say(t("The colleague does not come."));
  if (kind === "hands.changed") say(t("The citizen has answered about your hands."));
  if (kind === "supervision.begun") say(t("A supervisor takes part in the call."));
});

watchKeys({
  A: () => {
    const {offer, invite} = screen.value;
    if (offer) void ask("offer.accept", {pairing_id: offer.pairing_id});
    else if (invite) void ask("party.accept", {party_id: invite.party_id});
  },
  M: () => leg.sending.setMicrophone(!leg.sending.microphoneOn.value),
  V: () => leg.sending.setCamera(!leg.sending.cameraOn.value),
  H: () => {
    const led = screen.value.case?.call;
    if (led) void ask("call.hold", {on: !led.held_since});
  },
  I: () => {
    if (screen.value.case?.call) askingFor.value = "colleague";
  },
  S: () => {
    if (screen.value.case) askForNext(screen.value.case);
  },
  E: () => {
    if (!screen.value.case) return;
    tab.value = "identity";
    document.getElementById("tab-identity")?.focus();
  },
  W: () => {
    if (screen.value.case) closing.value = true;
  },
  "?": () => (helpOpen.value = true),
});

window.addEventListener("pointerdown", unlock, {capture: true, passive: true});
window.addEventListener("keydown", unlock, {capture: true, passive: true});
effect(() => {
  void screen.value;
  if (refused.peek() === "not_allowed_now") refused.value = null; // the new screen shows why
});
live.beat("desk.beat");
watchLine(leg, live, call);
const root = document.getElementById("console");
if (root) {
  root.replaceChildren();
  render(<Console />, root);
}
