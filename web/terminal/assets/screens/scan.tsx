// Photographing a paper: what the camera sees, marks to lay it between, one big button.
import {signal, useComputed} from "@preact/signals";
import {useEffect, useRef} from "preact/hooks";
import {openPaper} from "../../../shared/assets/cameras.ts";
import {Picture} from "../../../shared/assets/live_ui.tsx";
import type {ScanCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title, Working} from "../parts/controls.tsx";
import {ask, config, leg} from "../parts/counter.ts";
import {sendStill, takeStill} from "../parts/stills.ts";

type Step = {at: "aim"} | {at: "count"; left: number} | {at: "sending"; share: number} | {at: "sent"};

export function Scan(props: {card: ScanCard}) {
  const {card} = props;
  const state = useRef({
    step: signal<Step>({at: "aim"}),
    paper: signal<MediaStream | null>(null),
    failed: signal<string | null>(null),
    shape: signal(16 / 9),
  }).current;
  const view = useRef<HTMLDivElement>(null);
  // Without a camera of its own, papers are held before the one that shows the face.
  const seen = useComputed(() => state.paper.value ?? leg.local.value);

  useEffect(() => {
    let own: MediaStreamTrack | null = null;
    let gone = false;
    const open = async (): Promise<void> => {
      await leg.prepare(); // labels are only known once a camera was allowed
      const track = gone ? null : await openPaper(config.document_camera);
      if (gone || !track) return track?.stop();
      own = track;
      leg.show(track); // the agent sees how the paper lies
      state.paper.value = new MediaStream([track]);
    };
    void open();
    return () => {
      gone = true;
      leg.show(null);
      own?.stop();
    };
  }, []);

  // Media events do not bubble; caught on their way down, they come from whichever picture is shown.
  useEffect(() => {
    const box = view.current;
    const measure = ({target}: Event): void => {
      const {videoWidth, videoHeight} = target as HTMLVideoElement;
      if (videoWidth && videoHeight) state.shape.value = videoWidth / videoHeight;
    };
    for (const name of ["loadedmetadata", "resize"]) box?.addEventListener(name, measure, {capture: true});
    return () => {
      for (const name of ["loadedmetadata", "resize"]) box?.removeEventListener(name, measure, {capture: true});
    };
  }, []);

  async function take(): Promise<void> {
    const track = seen.value?.getVideoTracks()[0];
    const video = view.current?.querySelector("video");
    if (!track || !video) return;
    state.failed.value = null;
    for (let left = 3; left > 0; left--) {
      state.step.value = {at: "count", left};
      await new Promise(done => setTimeout(done, 700));
    }
    state.step.value = {at: "sending", share: 0};
    try {
      const still = await takeStill(track, video);
      const code = await sendStill(card.request_id, still, share => {
        state.step.value = {at: "sending", share};
      });
      state.failed.value = code;
      state.step.value = code ? {at: "aim"} : {at: "sent"};
    } catch {
      state.failed.value = "camera_failed";
      state.step.value = {at: "aim"};
    }
  }

  const step = state.step.value;
  const own = seen.value;
  return (
    <div class="scan">
      <Title of={card.request_id} lead={t("Lay it flat between the marks, and take your hands away.")}>
        {t("Show this paper: {paper}", {paper: card.label})}
      </Title>
      <Advice code={state.failed.value ?? card.refusal} />
      <Advice />
      <div class="scan__view" ref={view}>
        {own ? (
          <div class="scan__picture" style={{"--shape": String(state.shape.value)}}>
            <Picture stream={seen} muted label={t("What the document camera sees")} />
            <span class="marks" aria-hidden="true">
              <i />
              <i />
              <i />
              <i />
            </span>
          </div>
        ) : (
          <p class="note">{t("The document camera does not work. Please tell the agent.")}</p>
        )}
        {step.at === "count" && (
          <strong class="scan__count" role="status">
            {step.left}
          </strong>
        )}
        {step.at === "sending" && (
          <div class="scan__sending">
            <Working>{step.share < 1 ? t("The picture is being sent") : t("The picture is being checked")}</Working>
            <progress max={1} value={step.share} aria-label={t("Sent so far")} />
          </div>
        )}
        {step.at === "sent" && (
          <div class="scan__sending">
            <Working>{t("Received. The agent looks at it now.")}</Working>
          </div>
        )}
      </div>
      <div class="answers">
        <Press look="go" icon="camera" disabled={!own || step.at !== "aim"} onPress={() => void take()}>
          {card.refusal || state.failed.value ? t("Take it again") : t("Take the picture")}
        </Press>
        <Press
          look="quiet"
          icon="none"
          disabled={step.at === "sending"}
          onPress={() => void ask("scan.decline", {request_id: card.request_id})}
        >
          {t("I do not have this paper")}
        </Press>
      </div>
    </div>
  );
}
