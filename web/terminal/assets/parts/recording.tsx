// What the citizen sees of a recording: the question before it, the mark while it goes on, and the
// way to end it.
import {Dialog} from "../../../shared/assets/live_ui.tsx";
import type {RecordingCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {ask, screen} from "./counter.ts";

export function Recording() {
  const {recording} = screen.value;
  if (!recording) return null;
  switch (recording.state) {
    case "proposed":
      return <Question key={recording.recording_id} card={recording} />;
    case "starting":
    case "recording":
    case "paused":
      return <Mark card={recording} />;
    default:
      return null;
  }
}

function Question(props: {card: RecordingCard}) {
  const {recording_id} = props.card;
  const decline = (): void => void ask("recording.decline", {recording_id});
  const title = t("May this conversation be recorded?");
  return (
    <Dialog label={title} class="ask ask--record" onClose={decline}>
      <h2>{title}</h2>
      <p>{t("The agent asks to record the picture and the sound of both of you.")}</p>
      <ul>
        <li>{t("You may say no. You are served all the same.")}</li>
        <li>{t("You can stop the recording at any time.")}</li>
        <li>{t("It is kept encrypted, and destroyed when its time is over.")}</li>
      </ul>
      <div class="ask__answers">
        <Press look="quiet" onPress={decline}>
          {t("No, do not record")}
        </Press>
        {/* Both answers look alike: nobody is led to the one that the counter would like. */}
        <Press look="quiet" onPress={() => void ask("recording.agree", {recording_id})}>
          {t("Yes, record it")}
        </Press>
      </div>
    </Dialog>
  );
}

function Mark(props: {card: RecordingCard}) {
  const {recording_id, state} = props.card;
  const paused = state === "paused";
  return (
    <div class={`recording${paused ? " recording--paused" : ""}`} data-recording={state}>
      <p role="status">
        <span class="recording__dot" aria-hidden="true" />
        {paused ? t("Recording is paused") : t("Being recorded")}
      </p>
      <Press look="quiet" always onPress={() => void ask("recording.stop", {recording_id})}>
        {t("Stop recording")}
      </Press>
    </div>
  );
}
