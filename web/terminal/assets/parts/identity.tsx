// What the citizen does while the agent makes sure who sits there: one thing at a time.
import type {IdentityPrompt} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask} from "./counter.ts";
import {Icon} from "./icons.tsx";

export function Identity(props: {card: IdentityPrompt}) {
  const {proofing_id, step, title, text, shown, turn} = props.card;
  const answer = (agree: boolean): void => void ask("identity.agree", {proofing_id, agree});
  return (
    <section class="identity" data-step={step} aria-live="polite">
      <h2>
        {turn && <Icon name={turn === "left" ? "back" : "next"} />}
        {title}
      </h2>
      {shown && <p class="identity__number">{[...shown].join(" ")}</p>}
      {text && <p>{text}</p>}
      {step === "consent" && (
        <div class="ask__answers">
          {/* Both answers look alike: nobody is led to the one that the counter would like. */}
          <Press look="quiet" onPress={() => answer(false)}>
            {t("No, I do not want this")}
          </Press>
          <Press look="quiet" onPress={() => answer(true)}>
            {t("Yes, I agree")}
          </Press>
        </div>
      )}
    </section>
  );
}
