// What the citizen is told of the line: one plain sentence, and only when it matters.
import type {CallCard, LineCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask} from "./counter.ts";

/** The one that is worth a sentence: bad, and not what the screen says anyhow. */
function worth(lines: LineCard[]): LineCard | undefined {
  return lines.find(({verdict, cause}) => verdict === "bad" && cause !== "gone");
}

function sentence({whose, cause}: LineCard): string {
  if (whose !== "own") return t("The agent's line is weak at the moment. Please bear with us.");
  if (cause === "no_sound") return t("The agent cannot hear you. Please ask the staff here for help.");
  if (cause === "no_picture") return t("The agent cannot see you. You can go on talking.");
  return t("The line is weak at the moment. Please speak slowly.");
}

export function LineNote(props: {call: CallCard}) {
  const {call_id, lines = [], picture, advice} = props.call;
  const line = worth(lines);
  const choose = (on: boolean): void => void ask("picture.choose", {call_id, picture: on});
  if (!line && picture !== false) return null;
  return (
    <div class="stage__note" data-line={line?.whose} data-cause={line?.cause}>
      <p role="status">
        {picture === false
          ? t("You go on by voice, so that you hear each other well. The cameras rest.")
          : line && sentence(line)}
      </p>
      {picture === false && advice === "picture" && (
        <Press onPress={() => choose(true)}>{t("Picture on again")}</Press>
      )}
      {picture !== false && advice === "voice" && (
        <Press onPress={() => choose(false)}>{t("Go on by voice only")}</Press>
      )}
    </div>
  );
}
