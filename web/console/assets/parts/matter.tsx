// The citizen and the case: who it is, which papers are needed, how it ends.
import {signal} from "@preact/signals";
import {useRef} from "preact/hooks";
import {Dialog} from "../../../shared/assets/live_ui.tsx";
import type {CaseClose, ChecklistRow, DeskCase, ScanCard} from "../../../shared/assets/protocol.ts";
import {refusal, t} from "../../../shared/assets/words.ts";
import {Advice, Button, LanguageTag} from "./controls.tsx";
import {ask, refused, screen} from "./counter.ts";
import {levelWords} from "./identity.tsx";
import {type Dues, Missing, SETTLED} from "./missing.tsx";
import {Prints} from "./printing.tsx";

export const closing = signal(false);

export function Matter() {
  const matter = screen.value.case;
  if (!matter) {
    return (
      <aside class="matter matter--none" aria-label={t("The case")}>
        <p class="empty">{t("The case appears here when you answer a call.")}</p>
      </aside>
    );
  }
  return (
    <aside class="matter" aria-label={t("The case")}>
      <section class="citizen">
        <h2>{matter.citizen || t("Walk-in visitor")}</h2>
        <p class="citizen__facts">
          <strong>{matter.number}</strong>
          <LanguageTag tag={matter.language} />
          {matter.booked && <span class="tag tag--booked">{t("Booked")}</span>}
          {matter.needs.map(need => (
            <span key={need} class="tag tag--need">
              {needWords(need)}
            </span>
          ))}
        </p>
        <p>{matter.service}</p>
        <p class="quiet">
          {matter.site} · {matter.terminal}
        </p>
      </section>
      {matter.identity && (
        <p class="quiet">
          {t("Identity")}: <strong>{levelWords(matter.identity.reached)}</strong>
        </p>
      )}
      {!!matter.lying?.length && (
        <p class="lying" role="status">
          {matter.lying_seen
            ? t("Lies under the camera: {papers}", {papers: matter.lying.join(", ")})
            : t("May still lie under the camera: {papers}", {papers: matter.lying.join(", ")})}
        </p>
      )}
      <Checklist matter={matter} />
      <Prints matter={matter} />
      <a class="matter__folder" href={`/console/cases/${matter.case_id}`} target="_blank" rel="noopener">
        {t("Papers of this case as files")}
      </a>
      <Button look="main" keyName="W" class="matter__close" onPress={() => (closing.value = true)}>
        {t("Finish the case")}
      </Button>
      {closing.value && <Close key={matter.case_id} matter={matter} />}
    </aside>
  );
}

/** Access needs come as stable words from the booking; one that is not known is shown as it is. */
function needWords(need: string): string {
  const known: Record<string, string> = {
    elderly: t("Elderly"),
    pregnant: t("Pregnant"),
    step_free: t("Step-free access"),
    hearing: t("Hard of hearing"),
    sight: t("Low vision"),
    reading_help: t("Needs help with reading or writing"),
    companion: t("Comes with a companion"),
  };
  return known[need] ?? need;
}

function Checklist(props: {matter: DeskCase}) {
  const {checklist, scan, papers_before} = props.matter;
  return (
    <section class="checklist">
      <h2>{t("Papers of this service")}</h2>
      {papers_before && (
        <a class="checklist__before" href={papers_before} target="_blank" rel="noopener">
          {t("Look at what was sent before the visit")}
        </a>
      )}
      {checklist.length === 0 && <p class="empty">{t("No papers are listed for this service.")}</p>}
      <ul>
        {checklist.map(row => (
          <Item key={row.item} row={row} asked={scan?.item === row.item ? scan.request_id : null} busy={scan !== null} />
        ))}
      </ul>
      {scan && !checklist.some(row => row.item === scan.item) && (
        <p class="asked">
          {t("Asked for: {paper}", {paper: scan.label})}
          <Button onPress={() => void ask("scan.cancel", {request_id: scan.request_id})}>{t("Never mind")}</Button>
        </p>
      )}
      {scan?.by_device && (
        <p class="asked">
          {(scan.sources ?? []).length > 1 && <Sources scan={scan} />}
          {scan.refusal && (
            <span class="asked__wrong" role="status" data-code={scan.refusal}>
              ✗ {refusal(scan.refusal)[0]}
            </span>
          )}
          {scan.taking ? t("The picture is being taken") : t("When the paper lies there:")}
          <Button
            disabled={scan.taking || scan.arriving != null}
            onPress={() => void ask("shot.take", {request_id: scan.request_id})}
          >
            {scan.source === "camera" ? t("Photograph it") : t("Scan it")}
          </Button>
        </p>
      )}
      {!scan && (
        <Button keyName="S" onPress={() => askForNext(props.matter)}>
          {t("Ask for another paper")}
        </Button>
      )}
    </section>
  );
}

/** With which device of the terminal the paper is taken. */
function Sources(props: {scan: ScanCard}) {
  const {scan} = props;
  const words = {camera: t("Document camera"), flatbed: t("Scanner glass"), feeder: t("Scanner feeder")};
  return (
    <span class="asked__sources" role="group" aria-label={t("Take it with")}>
      {(scan.sources ?? []).map(source => (
        <Button
          key={source}
          pressed={scan.source === source}
          disabled={scan.taking || scan.arriving != null}
          onPress={() => void ask("scan.choose", {request_id: scan.request_id, source})}
        >
          {words[source]}
        </Button>
      ))}
    </span>
  );
}

/** The key S: the first paper that is missing, else any other. */
export function askForNext(matter: DeskCase): void {
  const missing = matter.checklist.find(
    row => !row.green && (row.state === "missing" || row.state === "rejected"),
  );
  if (!matter.scan && matter.call) void ask("scan.request", {item: missing?.item ?? "other"});
}

/** What settles a paper without a page of it; null: its page does, or nothing yet. */
function settledWords(row: ChecklistRow): string | null {
  if (row.not_needed) return t("✓ Not needed");
  const waits = row.state === "asked" || row.state === "stored" || row.state === "accepted";
  return row.original_seen && !waits ? t("✓ Original seen") : null;
}

function Item(props: {row: ChecklistRow; asked: string | null; busy: boolean}) {
  const {row, asked, busy} = props;
  const kinds = {original: t("Original"), copy: t("Copy"), photo: t("Photo")};
  const before = {
    sent: t("Photograph sent before"),
    ready: t("Photograph sent before: ready"),
    again: t("Photograph sent before: please again"),
  };
  const states = {
    missing: t("○ Missing"),
    asked: t("… Asked for"),
    stored: t("● To be decided"),
    accepted: t("✓ Accepted"),
    rejected: t("✗ Sent back"),
    declined: t("✗ Not at hand"),
  };
  const {item} = row;
  return (
    <li class={`item item--${row.green ? "green" : row.state}`} data-item={item}>
      <p>
        <strong>{row.label}</strong>
        <small>
          {kinds[row.kind]} · <span class="item__state">{settledWords(row) ?? states[row.state]}</span>
        </small>
        {row.before && <small>{before[row.before]}</small>}
      </p>
      <div class="item__tools">
        {asked ? (
          <Button onPress={() => void ask("scan.cancel", {request_id: asked})}>{t("Never mind")}</Button>
        ) : (
          row.state !== "accepted" &&
          !row.not_needed && (
            <Button
              label={t("Ask for {paper}", {paper: row.label})}
              disabled={busy}
              onPress={() => void ask("scan.request", {item})}
            >
              {row.state === "missing" ? t("Ask for it") : t("Ask again")}
            </Button>
          )
        )}
        {row.kind !== "photo" && !row.not_needed && (
          <Button
            pressed={!!row.original_seen}
            label={t("Original seen: {paper}", {paper: row.label})}
            onPress={() => void ask("paper.original", {item, seen: !row.original_seen})}
          >
            {row.original_seen ? t("✓ Original seen") : t("Original seen")}
          </Button>
        )}
        {(row.not_needed || row.missing) && (
          <Button
            look="plain"
            pressed={!!row.not_needed}
            label={t("Not needed: {paper}", {paper: row.label})}
            onPress={() => void ask("paper.need", {item, needed: !!row.not_needed})}
          >
            {row.not_needed ? t("Needed after all") : t("Not needed")}
          </Button>
        )}
      </div>
    </li>
  );
}

type Outcome = CaseClose["outcome"];

function Close(props: {matter: DeskCase}) {
  const {matter} = props;
  const given = useRef({
    outcome: signal<Outcome | null>(null),
    next: signal(""),
    note: signal(""),
    missing: signal(false),
    dues: signal<Dues>({}),
    originals: signal(false),
  }).current;
  const left = SETTLED.has(given.outcome.value ?? "") ? matter.checklist.filter(row => row.missing) : [];
  const shut = (): void => {
    closing.value = false;
    refused.value = null;
  };
  const close = async (): Promise<void> => {
    if (!given.outcome.value) {
      given.missing.value = true;
      document.querySelector<HTMLInputElement>("dialog input[type=radio]")?.focus();
      return;
    }
    const unsaid = left.find(row => given.dues.value[row.item] === undefined);
    if (unsaid) {
      given.missing.value = true;
      document.getElementById(`due-${unsaid.item}`)?.focus();
      return;
    }
    const body = {
      outcome: given.outcome.value,
      next_step: given.next.value.trim(),
      note: given.note.value.trim(),
      papers: left.map(({item}) => ({item, until: given.dues.value[item] ?? null})),
      originals: given.originals.value,
    };
    if (await ask("case.close", body)) shut();
  };
  return (
    <Dialog label={t("Finish the case")} class="close" onClose={shut}>
      <h2>{t("How did it end?")}</h2>
      <Advice />
      <fieldset aria-describedby={given.missing.value ? "close-missing" : undefined}>
        <legend>{t("Outcome")}</legend>
        {given.missing.value && !given.outcome.value && (
          <p class="field__wrong" id="close-missing">
            {t("Choose an outcome: a case cannot be finished without one.")}
          </p>
        )}
        {matter.outcomes.map(({id, name, hint}) => (
          <label key={id} class="choice">
            <input
              type="radio"
              name="outcome"
              value={id}
              checked={given.outcome.value === id}
              onChange={() => (given.outcome.value = id as Outcome)}
            />
            <span>
              {name}
              {hint && <small>{hint}</small>}
            </span>
          </label>
        ))}
      </fieldset>
      {!!matter.lying?.length && (
        <label class="choice choice--lying">
          <input
            type="checkbox"
            checked={given.originals.value}
            onChange={() => (given.originals.value = !given.originals.value)}
          />
          <span>
            {matter.lying_seen
              ? t("Finish although a paper lies under the camera")
              : t("The citizen was asked to take the original")}
            <small>{matter.lying.join(", ")}</small>
          </span>
        </label>
      )}
      {left.length > 0 && <Missing rows={left} dues={given.dues} asked={given.missing.value} />}
      <p class="field">
        <label for="close-next">{t("What happens next (the citizen reads this)")}</label>
        <textarea
          id="close-next"
          rows={3}
          maxLength={500}
          lang={matter.language}
          value={given.next.value}
          onInput={event => (given.next.value = event.currentTarget.value)}
        />
      </p>
      <p class="field">
        <label for="close-note">{t("Note for colleagues (the citizen never sees it)")}</label>
        <textarea
          id="close-note"
          rows={2}
          maxLength={2000}
          value={given.note.value}
          onInput={event => (given.note.value = event.currentTarget.value)}
        />
      </p>
      <div class="close__answers">
        <Button onPress={shut} always>
          {t("Back to the call")}
        </Button>
        <Button look="end" onPress={() => void close()}>
          {t("Finish the case and end the call")}
        </Button>
      </div>
    </Dialog>
  );
}
