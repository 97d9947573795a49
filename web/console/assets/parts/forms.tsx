// Presenting a form and watching it being read and signed.
import type {CeremonyCard, DeskCase} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, screen} from "./counter.ts";
import {Filling, Offered} from "./filling.tsx";
import {Pens, Shared} from "./pointing.tsx";
import {PrintButton} from "./printing.tsx";

export const OPEN = new Set(["presented", "consented", "signing"]);

export function Forms(props: {matter: DeskCase}) {
  const {forms, ceremonies, case_id, filling} = props.matter;
  const open = ceremonies.some(one => OPEN.has(one.state));
  const signed = ceremonies.some(one => one.state === "sealed");
  const more = forms.map(form => <Offered key={`${case_id}-${form.form}`} form={form} />);
  return (
    <div class="forms">
      {ceremonies.map(one => (
        <Ceremony key={one.ceremony_id} card={one} matter={props.matter} />
      ))}
      {forms.length === 0 && ceremonies.length === 0 && (
        <p class="empty">{t("This service needs no form.")}</p>
      )}
      {!open && filling && <Filling key={filling.draft_id} card={filling} />}
      {!open && !filling && !signed && more}
      {!open && !filling && signed && more.length > 0 && (
        <details class="more" key={case_id}>
          <summary>{t("Present another form")}</summary>
          {more}
        </details>
      )}
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
      {card.signed_sha256 && (
        <>
          <a class="button button--quiet" href={`/documents/${card.signed_sha256}`} download>
            {t("Download the signed PDF")}
          </a>
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
