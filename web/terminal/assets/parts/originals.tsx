// Nobody leaves a paper behind: what was laid under the camera is asked about until it is taken.
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask, screen} from "./counter.ts";
import {Icon} from "./icons.tsx";

export function TakeBack() {
  const {take_back = []} = screen.value;
  if (take_back.length === 0) return null;
  return (
    <section class="take-back" role="status" aria-label={t("Take your original back")}>
      <Icon name="paper" />
      <p>
        <strong>{t("Take your original back")}</strong> {take_back.join(" · ")}
      </p>
      <Press look="main" icon="check" onPress={() => void ask("originals.taken", {})}>
        {t("I have it")}
      </Press>
    </section>
  );
}
