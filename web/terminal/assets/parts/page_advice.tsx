// What to do about the paper that was taken last, while it still lies there: shown, and read out.
import {useEffect} from "preact/hooks";
import type {CasePage} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {screen} from "./counter.ts";
import {Icon} from "./icons.tsx";
import {findVoice, readOut} from "./voice.ts";

function advice(page: CasePage | undefined): {code: string; words: string} | null {
  if (page?.state !== "stored") return null;
  const {notes = []} = page;
  if (notes.includes("same_side")) {
    return {code: "same_side", words: t("This is the same side again. Please turn the card over.")};
  }
  if (notes.includes("seen_before")) {
    return {code: "seen_before", words: t("We have this page already. Is there another one? Then lay that one down.")};
  }
  return null;
}

export function PageAdvice() {
  const {pages = []} = screen.value;
  const said = advice(pages[pages.length - 1]);
  const words = said?.words ?? "";
  useEffect(findVoice, []);
  useEffect(() => readOut(words), [words]);
  if (!said) return null;
  return (
    <div class="advice" role="alert" data-code={said.code}>
      <Icon name="advice" />
      <p>
        <strong>{words}</strong>
      </p>
    </div>
  );
}
