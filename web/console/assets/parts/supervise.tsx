// For a supervisor: the calls of her departments, and how she takes part in one.
import type {GuestCard, SuperviseStart} from "../../../shared/assets/protocol.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {duration, t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, screen} from "./counter.ts";

type Mode = SuperviseStart["mode"];

function modes(): [Mode, string][] {
  return [
    ["listen", t("Listen")],
    ["whisper", t("Whisper")],
    ["full", t("Join in")],
  ];
}

export function Calls() {
  const {calls = [], guest, presence} = screen.value;
  if (calls.length === 0) return null;
  return (
    <>
      <h3>{t("Calls of your departments")}</h3>
      <ol class="calls">
        {calls.map(row => (
          <li key={row.call_id} class="row row--active" data-call={row.call_id}>
            <p class="row__head">
              <strong class="row__number">{row.number}</strong>
              <span class="row__since">{duration((now.value - Date.parse(row.since)) / 1000)}</span>
            </p>
            <p class="row__service">{row.service}</p>
            <p class="row__place">{row.agent_name}</p>
            {!guest && presence !== "busy" && presence !== "offered" && (
              <p class="calls__modes" role="group" aria-label={t("Take part in {number}", {number: row.number})}>
                {modes().map(([mode, words]) => (
                  <Button key={mode} onPress={() => void ask("supervise.start", {call_id: row.call_id, mode})}>
                    {words}
                  </Button>
                ))}
              </p>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

/** How she is heard now, and otherwise. */
export function Modes(props: {guest: GuestCard}) {
  return (
    <div class="calls__modes" role="group" aria-label={t("How you take part")}>
      {modes().map(([mode, words]) => (
        <Button
          key={mode}
          pressed={props.guest.mode === mode}
          onPress={() => void ask("supervise.mode", {mode})}
        >
          {words}
        </Button>
      ))}
      <Button look="end" onPress={() => void ask("supervise.stop", {})}>
        {t("Leave the call")}
      </Button>
    </div>
  );
}
