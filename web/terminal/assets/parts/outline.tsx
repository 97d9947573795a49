// The outline of the page that was found, the advice about it, and the ring that counts down.
import {useEffect} from "preact/hooks";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import type {Corners} from "./steady.ts";
import {findVoice, hasVoice, mute, muted, readOut} from "./voice.ts";

export function Outline(props: {corners: Corners | null; good: boolean}) {
  if (!props.corners) return null;
  const points = props.corners.map(([x, y]) => `${x * 1000},${y * 1000}`).join(" ");
  return (
    <svg
      class={`outline${props.good ? " outline--good" : ""}`}
      viewBox="0 0 1000 1000"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={points} />
    </svg>
  );
}

/** Turns once round while it counts down. */
export function Ring(props: {ms: number}) {
  return (
    <svg class="ring" viewBox="0 0 100 100" aria-hidden="true" style={{"--ms": `${props.ms}ms`}}>
      <circle cx="50" cy="50" r="44" pathLength={1} />
    </svg>
  );
}

/** One sentence: what to do with the page now. */
function sentence(code: string): string {
  const sentences: Record<string, string> = {
    no_page_found: t("Lay the paper flat on the mat."),
    page_cut_off: t("Move the paper fully inside the picture."),
    page_finger: t("Take your fingers off the paper."),
    page_too_small: t("Move the paper closer to the camera."),
    page_blank: t("This side is empty. Turn the paper over."),
    page_glare: t("A lamp shines on it. Tilt the paper a little."),
    still: t("Good. Leave it there."),
    taking: t("Hold still. The picture is taken."),
  };
  return sentences[code] ?? "";
}

export function LiveAdvice(props: {code: string}) {
  const words = sentence(props.code);
  useEffect(findVoice, []);
  useEffect(() => readOut(words), [words]);
  const good = props.code === "still" || props.code === "taking";
  // Its place is kept while there is nothing to say, so that nothing jumps.
  const look = good ? " live__advice--good" : words ? "" : " live__advice--none";
  return (
    <div class="live">
      <p class={`live__advice${look}`}>
        <span role="status" aria-live="polite" data-advice={props.code}>
          {words}
        </span>
      </p>
      {hasVoice.value && (
        <Press
          look="quiet"
          icon={muted.value ? "muted" : "voice"}
          pressed={!muted.value}
          always
          onPress={() => mute(!muted.value)}
        >
          {t("Read out")}
        </Press>
      )}
    </div>
  );
}
