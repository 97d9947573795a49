// A still of what the citizen shows: for a first look at a paper in the hand, and not kept.
import {signal} from "@preact/signals";
import {Dialog} from "../../../shared/assets/live_ui.tsx";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";

/** The address of the still that is looked at; each look has its own, so nothing old is shown. */
const looked = signal<string | null>(null);
const failed = signal(false);

function look(): void {
  failed.value = false;
  looked.value = `/console/still?look=${Date.now()}`;
}

export function StillButton() {
  return (
    <Button always onPress={look}>
      {t("Hold the picture")}
    </Button>
  );
}

export function StillView() {
  if (!looked.value) return null;
  const shut = (): void => {
    looked.value = null;
  };
  return (
    <Dialog label={t("The held picture")} class="held" onClose={shut}>
      <h2>{t("The held picture")}</h2>
      {failed.value ? (
        <p role="alert">{t("No picture came. The conversation goes on; try again in a moment.")}</p>
      ) : (
        <img
          src={looked.value}
          alt={t("What the citizen showed a moment ago")}
          onError={() => (failed.value = true)}
        />
      )}
      <p class="held__note">{t("For a first look only; it is not kept. Ask for the paper to have it photographed.")}</p>
      <div class="held__tools">
        <Button look="main" always onPress={look}>
          {t("Once more")}
        </Button>
        <Button always onPress={shut}>
          {t("Close")}
        </Button>
      </div>
    </Dialog>
  );
}
