// Advice read out, when the machine has a voice for the language and nobody has muted it.
import {signal} from "@preact/signals";
import {language} from "../../../shared/assets/words.ts";

/** Chosen for the visit: the page is loaded anew for the next citizen. */
export const muted = signal(false);
export const hasVoice = signal(false);

function voice(): SpeechSynthesisVoice | null {
  if (!("speechSynthesis" in window)) return null;
  const wanted = {"zh-Hant": ["yue", "zh-hk", "zh-tw"], "zh-Hans": ["zh-cn", "cmn"], pt: ["pt"], en: ["en"]};
  const voices = window.speechSynthesis.getVoices();
  for (const tag of wanted[language.value]) {
    const found = voices.find(one => one.lang.toLowerCase().replace("_", "-").startsWith(tag));
    if (found) return found;
  }
  return null;
}

/** Look for a voice; again whenever the machine has found more.  Returns what ends it. */
export function findVoice(): () => void {
  const look = (): void => {
    hasVoice.value = voice() !== null;
  };
  look();
  if (!("speechSynthesis" in window)) return () => undefined;
  window.speechSynthesis.addEventListener("voiceschanged", look);
  return () => {
    window.speechSynthesis.removeEventListener("voiceschanged", look);
    window.speechSynthesis.cancel();
  };
}

/** Read it out instead of whatever is being read. */
export function readOut(text: string): void {
  const chosen = muted.value ? null : voice();
  if (!chosen || !text) return;
  window.speechSynthesis.cancel();
  const words = new SpeechSynthesisUtterance(text);
  words.voice = chosen;
  words.lang = chosen.lang;
  window.speechSynthesis.speak(words);
}

export function mute(on: boolean): void {
  muted.value = on;
  if (on && "speechSynthesis" in window) window.speechSynthesis.cancel();
}

let round = 0;

/** Read several texts out, one after the other; `at` says which, and null when it is over. */
export async function readAll(texts: readonly string[], at: (index: number | null) => void): Promise<void> {
  const chosen = muted.value ? null : voice();
  if (!chosen) return;
  stopReading();
  const mine = round;
  for (const [index, text] of texts.entries()) {
    if (mine !== round) break;
    at(index);
    await new Promise<void>(done => {
      const words = new SpeechSynthesisUtterance(text);
      words.voice = chosen;
      words.lang = chosen.lang;
      words.onend = words.onerror = () => done();
      window.speechSynthesis.speak(words);
    });
  }
  at(null);
}

/** Read nothing more. */
export function stopReading(): void {
  round++;
  if ("speechSynthesis" in window) window.speechSynthesis.cancel();
}
