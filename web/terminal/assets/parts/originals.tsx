// Nobody leaves a paper behind: what was laid under the camera is asked about until it is taken.
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask, screen} from "./counter.ts";
import {Icon} from "./icons.tsx";

export function TakeBack() {
  const {take_back = [], take_back_seen: seen = false} = screen.value;
  if (take_back.length === 0) return null;
  return (
    <section
      class={`take-back${seen ? " take-back--seen" : ""}`}
      role="status"
      aria-label={t("Take your original back")}
      data-seen={seen}
    >
      <Icon name="paper" />
      <p>
        <strong>{seen ? t("Your paper still lies under the camera.") : t("Take your original back")}</strong>{" "}
        {take_back.join(" · ")}
      </p>
      <Press look="main" icon="check" onPress={() => void ask("originals.taken", {})}>
        {t("I have it")}
      </Press>
    </section>
  );
}
