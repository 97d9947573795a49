// Recording from the desk: ask for it, see what the citizen said, pause, and end it.
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, screen} from "./counter.ts";

export function Recording() {
  const {case: matter} = screen.value;
  if (!matter) return null;
  const {recording} = matter;
  const state = recording?.state;
  const recording_id = recording?.recording_id ?? "";
  const stop = (): void => void ask("recording.stop", {recording_id});
  if (!recording || state === "declined" || state === "stopped") {
    return (
      <div class="recording" data-recording={state ?? "none"}>
        {recording && (
          <p role="status">
            {state === "declined" ? t("Not recorded: it was declined or taken back") : t("The recording has ended")}
          </p>
        )}
        <Button onPress={() => void ask("recording.propose", {})}>{t("Ask to record")}</Button>
      </div>
    );
  }
  if (state === "proposed") {
    return (
      <div class="recording" data-recording={state}>
        <p role="status">{t("The citizen is being asked; nothing is recorded yet")}</p>
        <Button onPress={stop}>{t("Take it back")}</Button>
      </div>
    );
  }
  const paused = state === "paused";
  return (
    <div class={`recording recording--${paused ? "paused" : "on"}`} data-recording={state}>
      <p role="status">
        <span class="recording__dot" aria-hidden="true" />
        {paused ? t("Recording is paused") : state === "starting" ? t("The recording begins") : t("Being recorded")}
      </p>
      <Button onPress={() => void ask(paused ? "recording.resume" : "recording.pause", {recording_id})}>
        {paused ? t("Go on recording") : t("Pause recording")}
      </Button>
      <Button look="end" onPress={stop}>
        {t("Stop recording")}
      </Button>
    </div>
  );
}
