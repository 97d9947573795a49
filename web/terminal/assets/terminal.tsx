// The terminal: one document for a whole visit, drawn from the counter's screen alone.
import {effect, signal} from "@preact/signals";
import {render} from "preact";
import {LiveRegion, say} from "../../shared/assets/live_ui.tsx";
import {watchLine} from "../../shared/assets/quality.ts";
import {chime, unlock} from "../../shared/assets/sounds.ts";
import {synchronise} from "../../shared/assets/ticking.ts";
import {refusal, speak, t} from "../../shared/assets/words.ts";
import {Press} from "./parts/controls.tsx";
import {leg, live, refused, screen} from "./parts/counter.ts";
import {Frame} from "./parts/frame.tsx";
import {IdleQuestion, watchIdle} from "./parts/idle.tsx";
import {watchPrinting} from "./parts/printing.tsx";
import {Attract, Confirm, Departments, Services, Start, Waiting} from "./screens/arrive.tsx";
import {Call} from "./screens/call.tsx";
import {Receipt} from "./screens/receipt.tsx";
import {Reference, watchScanner} from "./screens/reference.tsx";

const SCREENS = {
  attract: Attract,
  start: Start,
  reference: Reference,
  departments: Departments,
  services: Services,
  confirm: Confirm,
  waiting: Waiting,
  call: Call,
  receipt: Receipt,
};
const PERSONAL = new Set(["confirm", "waiting", "call", "receipt"]);
const GOODBYE_MS = 3500;

/** The visit is over: thanked in its own language, then this browser forgets it. */
const goodbye = signal(false);

function Terminal() {
  if (goodbye.value) return <Goodbye />;
  if (live.displaced.value) return <Displaced />;
  if (live.refused.value) return <Refused code={live.refused.value} />;
  const Screen = SCREENS[screen.value.stage];
  return (
    <Frame>
      <Screen />
      <IdleQuestion />
    </Frame>
  );
}

function Goodbye() {
  return (
    <main class="alone alone--goodbye">
      <h1>{t("Thank you. Goodbye!")}</h1>
      <p role="status">{t("Your data is being removed from this machine.")}</p>
      <p>{t("Please do not forget your papers.")}</p>
    </main>
  );
}

function Displaced() {
  return (
    <main class="alone">
      <h1>{t("This terminal was opened in another window")}</h1>
      <p>{t("Only one window can serve. Go on in the other one, or take over here.")}</p>
      <Press look="main" always onPress={() => live.takeOver()}>
        {t("Go on here")}
      </Press>
      <LiveRegion />
    </main>
  );
}

function Refused(props: {code: string}) {
  const [title, what] = refusal(props.code);
  return (
    <main class="alone" data-code={props.code}>
      <h1>{title}</h1>
      <p>{what}</p>
      <Press look="main" always onPress={() => location.reload()}>
        {t("Try again")}
      </Press>
    </main>
  );
}

// A touch that did not work belongs to the screen it was made on.
let drawn = "";
let hadPersonalData = false;
effect(() => {
  const {stage, call, ceremony, scan} = screen.value;
  const place = [stage, call?.task, ceremony?.ceremony_id, scan?.request_id].join("/");
  if (place !== drawn) refused.value = null;
  drawn = place;
  if (stage === "attract" && hadPersonalData) {
    goodbye.value = true;
    setTimeout(() => location.replace("/terminal/goodbye"), GOODBYE_MS);
  }
  hadPersonalData = PERSONAL.has(stage);
});

effect(() => {
  if (!goodbye.value) speak(screen.value.language);
  synchronise(screen.value.now);
  document.documentElement.dataset.textSize = screen.value.text_size;
});

effect(() => {
  const {stage, call, ticket, leg: card} = screen.value;
  leg.follow(card ?? null, stage === "call" ? (call?.call_id ?? null) : null);
  if (stage !== "waiting") return;
  if (ticket?.ringing) void leg.sending.prepare();
  else leg.sending.rest();
});

live.onHappened(({kind, body}) => {
  if (kind === "call.started") {
    chime();
    say(t("The agent is here."));
  }
  if (kind === "call.held") say(t("One moment, please"));
  if (kind === "call.resumed") say(t("The conversation goes on."));
  if (kind === "call.transferred") say(t("Another agent goes on with your matter."));
  if (kind === "party.joined") say(t("Somebody has joined the conversation."));
  if (kind === "page.added") say(t("The paper was received."));
  if (kind === "document.signed") say(t("The document was signed."));
  if (kind === "document.corrected") say(t("The document was changed. Please read it again."));
  if (kind === "ceremony.abandoned" || kind === "ceremony.expired") {
    say(t("The document was taken off the screen. Nothing was signed."));
  }
  if (kind === "print.asked") say(t("Something is being printed for you."));
  if (kind === "print.printed") say(t("Please take your print from the printer."));
  if (kind === "print.failed") say(t("It could not be printed. The agent tells you what to do."));
  if (kind === "scan.chosen" && body.source === "flatbed") say(t("Please use the glass of the scanner."));
  if (kind === "scan.chosen" && body.source === "feeder") say(t("Please use the feeder of the scanner."));
  if (kind === "originals.seen" && body.seen === "paper") {
    chime();
    say(t("Your paper still lies under the camera."));
  }
  if (kind === "call.ended") say(t("The conversation has ended."));
});

window.addEventListener("pointerdown", unlock, {capture: true, passive: true});
live.beat("terminal.beat");
watchLine(leg, live, () => screen.value.call ?? null);
watchIdle();
watchPrinting();
watchScanner();
const root = document.getElementById("terminal");
if (root) {
  root.replaceChildren();
  render(<Terminal />, root);
}
