// A paper that the terminal's own program photographs: what to do, one big button, what came of it.
import type {ScanCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title, Working} from "../parts/controls.tsx";
import {ask} from "../parts/counter.ts";

const leads = () => ({
  camera: t("Lay it flat under the document camera, and take your hands away."),
  flatbed: t("Lay it face down on the glass of the scanner, and close the lid."),
  feeder: t("Put it into the feeder of the scanner, one sheet after the other."),
});

export function DeviceScan(props: {card: ScanCard}) {
  const {card} = props;
  const {arriving = null, taking = false} = card;
  const scanned = (card.source ?? "camera") !== "camera";
  const about = {request_id: card.request_id};
  const picture = arriving?.preview_sha256 ?? arriving?.thumb_sha256;
  return (
    <div class="scan">
      <Title of={`${card.request_id} ${card.source ?? "camera"}`} lead={leads()[card.source ?? "camera"]}>
        {t("Show this paper: {paper}", {paper: card.label})}
      </Title>
      <Advice code={card.refusal} />
      <Advice />
      <div class="scan__view">
        {picture && <img class="scan__arriving" src={`/pages/${picture}`} alt={t("The picture that was taken")} />}
        {arriving ? (
          <div class="scan__sending">
            <Working>
              {arriving.quarters < 4 ? t("The picture is being sent") : t("The picture is being checked")}
            </Working>
            <progress max={4} value={arriving.quarters} aria-label={t("Sent so far")} />
          </div>
        ) : taking ? (
          <div class="scan__sending">
            <Working>{t("The picture is being taken")}</Working>
          </div>
        ) : (
          <p class="note">{t("When the paper lies there, touch the button.")}</p>
        )}
      </div>
      <div class="answers">
        <Press look="go" icon="camera" disabled={taking || arriving !== null} onPress={() => void ask("shot.take", about)}>
          {scanned ? t("Scan it") : card.refusal ? t("Take it again") : t("Take the picture")}
        </Press>
        <Press look="quiet" icon="none" disabled={arriving !== null} onPress={() => void ask("scan.decline", about)}>
          {t("I do not have this paper")}
        </Press>
      </div>
    </div>
  );
}
