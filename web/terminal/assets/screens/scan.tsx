// Photographing a paper: what the camera sees, where the page is and what to do about it; the
// picture is taken when the page lies still, or with one big button.
import {signal, useComputed, useSignalEffect} from "@preact/signals";
import {useEffect, useRef} from "preact/hooks";
import {openPaper} from "../../../shared/assets/cameras.ts";
import {Picture} from "../../../shared/assets/live_ui.tsx";
import {Overlay} from "../../../shared/assets/pointing.tsx";
import type {ScanCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title, Working} from "../parts/controls.tsx";
import {ask, config, leg, screen} from "../parts/counter.ts";
import {LiveAdvice, Outline, Ring} from "../parts/outline.tsx";
import {line} from "../parts/together.tsx";
import {sendStill, takeStill} from "../parts/stills.ts";
import {Watch} from "../parts/watch.ts";

const RING_MS = 1200; // time to see that it is about to be taken, and to move

type Step =
  | {at: "aim"}
  | {at: "ring"}
  | {at: "count"; left: number}
  | {at: "sending"; share: number} | {at: "sent"};

export function Scan(props: {card: ScanCard}) {
  const {card} = props;
  const state = useRef({
    step: signal<Step>({at: "aim"}),
    paper: signal<MediaStream | null>(null),
    failed: signal<string | null>(null),
    shape: signal(16 / 9),
    watch: new Watch(card.request_id),
    ring: 0,
  }).current;
  const surface = `scan:${card.request_id}`;
  const view = useRef<HTMLDivElement>(null);
  // Without a camera of its own, papers are held before the one that shows the face.
  const seen = useComputed(() => state.paper.value ?? leg.sending.local.value);

  useEffect(() => {
    let own: MediaStreamTrack | null = null;
    let gone = false;
    const open = async (): Promise<void> => {
      await leg.sending.prepare(); // labels are only known once a camera was allowed
      const track = gone ? null : await openPaper(config.document_camera);
      if (gone || !track) return track?.stop();
      own = track;
      leg.sending.show(track); // the agent sees how the paper lies
      state.paper.value = new MediaStream([track]);
    };
    void open();
    return () => {
      gone = true;
      leg.sending.show(null);
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

  const picture = (): HTMLVideoElement | null => view.current?.querySelector("video") ?? null;

  // It looks while nothing is taken or sent.
  useSignalEffect(() => {
    const {at} = state.step.value;
    if (at === "aim" && !state.watch.running) void state.watch.start(picture);
    if (at === "sending" || at === "sent") state.watch.stop();
  });
  useEffect(() => () => state.watch.stop(), []);

  // A page that lies still is taken when the ring is full; a page that moves empties it.
  useSignalEffect(() => {
    const {ready} = state.watch;
    const {at} = state.step.value;
    // While the agent shows something on it, it is taken with the button only.
    const pointed = line.live.pointer.value;
    const discussed =
      (pointed?.surface === surface && pointed.x !== null) ||
      (screen.value.marks ?? []).some(mark => mark.surface === surface);
    if (ready.value && !discussed && at === "aim") {
      state.step.value = {at: "ring"};
      state.ring = window.setTimeout(() => void shoot(), RING_MS);
    } else if ((!ready.value || discussed) && at === "ring") {
      window.clearTimeout(state.ring);
      state.step.value = {at: "aim"};
    }
  });
  useEffect(() => () => window.clearTimeout(state.ring), []);

  async function take(): Promise<void> {
    window.clearTimeout(state.ring);
    for (let left = 3; left > 0; left--) {
      state.step.value = {at: "count", left};
      await new Promise(done => setTimeout(done, 700));
    }
    await shoot();
  }

  async function shoot(): Promise<void> {
    const track = seen.value?.getVideoTracks()[0];
    const video = picture();
    if (!track || !video) {
      state.step.value = {at: "aim"};
      return;
    }
    state.failed.value = null;
    state.watch.remember();
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
            {state.watch.corners.value ? (
              <Outline corners={state.watch.corners.value} good={state.watch.advice.value === "still"} />
            ) : (
              <span class="marks" aria-hidden="true">
                <i />
                <i />
                <i />
                <i />
              </span>
            )}
            <Overlay surface={surface} marks={screen.value.marks ?? []} lying={state.watch.marks.value} line={line} tool={null} />
          </div>
        ) : (
          <p class="note">{t("The document camera does not work. Please tell the agent.")}</p>
        )}
        {step.at === "ring" && <Ring ms={RING_MS} />}
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
      {own && (step.at === "aim" || step.at === "ring") && (
        <LiveAdvice code={step.at === "ring" ? "taking" : state.watch.advice.value} />
      )}
      <div class="answers">
        <Press look="go" icon="camera" disabled={!own || !(step.at === "aim" || step.at === "ring")} onPress={() => void take()}>
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
