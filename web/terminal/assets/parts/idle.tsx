// Nobody touches: after a minute a question, after half a minute more the machine forgets the visit.
//
// Promise: never while somebody waits or speaks; a touch anywhere continues (WCAG 2.2.1).
import {effect, signal} from "@preact/signals";
import {Dialog} from "../../../shared/assets/live_ui.tsx";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {screen} from "./counter.ts";
import {finish} from "./frame.tsx";

const QUIET_S = 60;
const QUESTION_S = 30;
const NEVER = new Set(["attract", "waiting", "call"]);

let touchedAt = performance.now();
const left = signal<number | null>(null);

function touched(): void {
  touchedAt = performance.now();
  left.value = null;
}

/** Any touch, but the buttons of the question answer for themselves: one of them means "finish". */
function felt(event: Event): void {
  const button = event.target instanceof Element && event.target.closest("dialog button") !== null;
  if (left.peek() === null || !button) touched();
}

/** Watch for the rest of this page's life. */
export function watchIdle(): void {
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    window.addEventListener(kind, felt, {capture: true, passive: true});
  }
  let stage = "";
  effect(() => {
    // A new stage starts a new minute; the same one told again does not.
    if (screen.value.stage !== stage) touched();
    stage = screen.value.stage;
  });
  setInterval(() => {
    if (NEVER.has(screen.peek().stage)) return touched();
    const quiet = (performance.now() - touchedAt) / 1000;
    if (quiet < QUIET_S) return;
    left.value = Math.max(0, Math.ceil(QUIET_S + QUESTION_S - quiet));
    if (left.value === 0) {
      touched();
      void finish();
    }
  }, 1000);
}

export function IdleQuestion() {
  if (left.value === null) return null;
  return (
    <Dialog label={t("Do you need more time?")} class="ask ask--idle" onClose={touched}>
      <h2>{t("Do you need more time?")}</h2>
      <p class="ask__count" aria-hidden="true">
        {left.value}
      </p>
      <p>{t("Touch the screen to go on. Otherwise what you entered is removed from this machine.")}</p>
      <div class="ask__answers">
        <Press look="main" always onPress={touched}>
          {t("Yes, go on")}
        </Press>
        <Press look="quiet" always onPress={() => void finish()}>
          {t("No, finish")}
        </Press>
      </div>
    </Dialog>
  );
}
