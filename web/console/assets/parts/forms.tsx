// Presenting a form and watching it being read and signed.
import {signal} from "@preact/signals";
import {useRef} from "preact/hooks";
import type {CeremonyCard, DeskCase, FormCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, screen} from "./counter.ts";
import {Pens, Shared} from "./pointing.tsx";
import {PrintButton} from "./printing.tsx";

export const OPEN = new Set(["presented", "consented", "signing"]);

export function Forms(props: {matter: DeskCase}) {
  const {forms, ceremonies, case_id} = props.matter;
  const open = ceremonies.some(one => OPEN.has(one.state));
  const signed = ceremonies.some(one => one.state === "sealed");
  const more = forms.map(form => <Present key={`${case_id}-${form.form}`} form={form} />);
  return (
    <div class="forms">
      {ceremonies.map(one => (
        <Ceremony key={one.ceremony_id} card={one} matter={props.matter} />
      ))}
      {forms.length === 0 && ceremonies.length === 0 && (
        <p class="empty">{t("This service needs no form.")}</p>
      )}
      {!open && !signed && more}
      {!open && signed && more.length > 0 && (
        <details class="more" key={case_id}>
          <summary>{t("Present another form")}</summary>
          {more}
        </details>
      )}
    </div>
  );
}

function Present(props: {form: FormCard}) {
  const {form} = props;
  // What the agent typed is kept here while screens come and go; the case's values fill the rest.
  const typed = useRef(signal<Record<string, string>>({})).current;
  const missing = useRef(signal<string[]>([])).current;
  const value = (name: string, known: string): string => typed.value[name] ?? known;
  const present = (): void => {
    const fields = Object.fromEntries(form.fields.map(one => [one.name, value(one.name, one.value).trim()]));
    missing.value = form.fields.filter(one => one.required && !fields[one.name]).map(one => one.name);
    const first = missing.value[0];
    if (first) document.getElementById(`${form.form}-${first}`)?.focus();
    else void ask("form.present", {form: form.form, fields});
  };
  return (
    <div class="form" role="group" aria-label={form.title}>
      <h2>{form.title}</h2>
      <div class="form__fields">
        {form.fields.map(one => {
          const id = `${form.form}-${one.name}`;
          const wrong = missing.value.includes(one.name) && !value(one.name, one.value).trim();
          return (
            <p key={one.name} class={`field${wrong ? " field--wrong" : ""}`}>
              <label for={id}>
                {one.label} {!one.required && <small>{t("(not required)")}</small>}
              </label>
              {wrong && (
                <span class="field__wrong" id={`${id}-wrong`}>
                  {t("Please fill this in.")}
                </span>
              )}
              <input
                id={id}
                value={value(one.name, one.value)}
                maxLength={one.max_length}
                required={one.required}
                aria-invalid={wrong}
                aria-describedby={wrong ? `${id}-wrong` : undefined}
                autocomplete="off"
                onInput={event => (typed.value = {...typed.value, [one.name]: event.currentTarget.value})}
              />
            </p>
          );
        })}
      </div>
      <Button look="main" onPress={present}>
        {t("Show to the citizen to read and sign")}
      </Button>
    </div>
  );
}

/** The very page that the citizen has on the screen, to turn and to point at. */
function Reading(props: {card: CeremonyCard}) {
  const {card} = props;
  const turned = screen.value.case?.hands?.page;
  const number = turned?.ceremony_id === card.ceremony_id ? Math.min(turned.number, card.sheets.length) : 1;
  const sheet = card.sheets[number - 1];
  const turn = (to: number): void => void ask("hand.page", {ceremony_id: card.ceremony_id, number: to});
  if (!sheet) return null;
  const surface = `sheet:${sheet.sha256}`;
  return (
    <details class="reading">
      <summary>{t("Look at it together")}</summary>
      <div class="viewer__tools">
        <Button label={t("Page before")} disabled={number <= 1} onPress={() => turn(number - 1)}>
          ‹
        </Button>
        <span class="viewer__zoom" role="status">
          {t("Page {page} of {pages}", {page: number, pages: card.sheets.length})}
        </span>
        <Button label={t("Next page")} disabled={number >= card.sheets.length} onPress={() => turn(number + 1)}>
          ›
        </Button>
      </div>
      <Pens surface={surface} />
      <Shared surface={surface} width="100%">
        <img src={`/sheets/${sheet.sha256}`} alt={card.title} width={sheet.width_px} height={sheet.height_px} />
      </Shared>
    </details>
  );
}

function Ceremony(props: {card: CeremonyCard; matter: DeskCase}) {
  const {card} = props;
  const seen = card.sheets.filter(one => one.seen).length;
  const reached = {presented: 0, consented: 1, signing: 2, sealed: 3, declined: -1, withdrawn: -1}[card.state];
  const steps = [
    t("Pages read: {seen} of {pages}", {seen, pages: card.sheets.length}),
    t("Agreed"),
    t("Signature drawn"),
    t("Sealed"),
  ];
  const done = [seen === card.sheets.length, reached >= 1, reached >= 2, reached >= 3];
  return (
    <div class={`ceremony ceremony--${card.state}`} role="group" aria-label={card.title}>
      <p class="ceremony__head">
        <strong>{card.title}</strong>
        <span class="digest">
          {t("Document number")} <b>{card.sha256.slice(0, 6)}</b>
        </span>
      </p>
      {reached < 0 ? (
        <p class="ceremony__ended">
          {card.state === "declined" ? t("✗ The citizen does not want to sign now") : t("✗ Taken back")}
        </p>
      ) : (
        <ol class="steps">
          {steps.map((words, index) => (
            <li key={index} class={done[index] ? "steps__done" : index === done.indexOf(false) ? "steps__now" : ""}>
              <span aria-hidden="true">{done[index] ? "✓" : index + 1}</span> {words}
              {done[index] && <span class="only-spoken">{t("done")}</span>}
            </li>
          ))}
        </ol>
      )}
      {card.state === "presented" && <Reading card={card} />}
      {card.lasting && (
        <p class="ceremony__level" data-level={card.level}>
          {card.lasting}
        </p>
      )}
      {card.signed_sha256 && (
        <>
          <a class="button button--quiet" href={`/documents/${card.signed_sha256}`} download>
            {t("Download the signed PDF")}
          </a>
          {card.archived_sha256 && (
            <a class="button button--quiet" href={`/documents/${card.archived_sha256}`} download>
              {t("Download the archived PDF")}
            </a>
          )}
          <PrintButton matter={props.matter} what="document" about={card.signed_sha256} />
        </>
      )}
      {OPEN.has(card.state) && card.state !== "signing" && (
        <Button look="end" onPress={() => void ask("ceremony.withdraw", {ceremony_id: card.ceremony_id})}>
          {t("Take it back")}
        </Button>
      )}
    </div>
  );
}
