// Papers that are missing when the case is finished: until when, or not needed; nothing is chosen for you.
import {type Signal, signal} from "@preact/signals";
import {useRef} from "preact/hooks";
import type {ChecklistRow} from "../../../shared/assets/protocol.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {day, t} from "../../../shared/assets/words.ts";

/** Of each missing paper the last day, or null when it is not needed; absent while nothing is said. */
export type Dues = Record<string, string | null>;

/** Outcomes with which the matter goes on here. */
export const SETTLED = new Set<string>(["completed", "accepted", "papers_missing"]);
const DAYS = [7, 30, 90];
const DAY_MS = 86_400_000;
const AHEAD_MS = 8 * 3_600_000; // both sides of the border keep this time, the whole year

/** The day this many days from today, as ISO 8601 has it. */
const dayIn = (days: number): string =>
  new Date(now.value + AHEAD_MS + days * DAY_MS).toISOString().slice(0, 10);

export function Missing(props: {rows: readonly ChecklistRow[]; dues: Signal<Dues>; asked: boolean}) {
  return (
    <fieldset class="dues">
      <legend>{t("Papers that are missing")}</legend>
      {props.rows.map(row => (
        <Due key={row.item} row={row} {...props} />
      ))}
    </fieldset>
  );
}

function Due(props: {row: ChecklistRow; dues: Signal<Dues>; asked: boolean}) {
  const {row, dues} = props;
  const other = useRef(signal(false)).current;
  const said = dues.value[row.item];
  const id = `due-${row.item}`;
  const wrong = props.asked && said === undefined;
  const say = (value: string | null | undefined): void => {
    const {[row.item]: _, ...rest} = dues.value;
    dues.value = value === undefined ? rest : {...rest, [row.item]: value};
  };
  const choose = (value: string): void => {
    other.value = value === "other";
    say(value === "none" ? null : value === "" || value === "other" ? undefined : value);
  };
  return (
    <p class={`field${wrong ? " field--wrong" : ""}`}>
      <label for={id}>{row.label}</label>
      {wrong && (
        <span class="field__wrong" id={`${id}-wrong`}>
          {t("Say until when it is handed in, or that it is not needed.")}
        </span>
      )}
      <select
        id={id}
        aria-invalid={wrong}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        value={other.value ? "other" : said === null ? "none" : (said ?? "")}
        onChange={event => choose(event.currentTarget.value)}
      >
        <option value="">{t("Choose…")}</option>
        <option value="none">{t("Not needed in this matter")}</option>
        {DAYS.map(days => (
          <option key={days} value={dayIn(days)}>
            {t("Hand in by {day} ({days} days)", {day: day(`${dayIn(days)}T00:00:00+08:00`), days})}
          </option>
        ))}
        <option value="other">{t("Another day")}</option>
      </select>
      {other.value && (
        <input
          type="date"
          aria-label={t("Last day for {paper}", {paper: row.label})}
          min={dayIn(1)}
          max={dayIn(366)}
          onInput={event => say(event.currentTarget.value || undefined)}
        />
      )}
    </p>
  );
}
