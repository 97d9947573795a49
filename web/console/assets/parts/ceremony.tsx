// A document that is being read, was signed, or was not: what the citizen does, and what to do next.
import {signal} from "@preact/signals";
import {useRef} from "preact/hooks";
import type {CeremonyCard, CertificateCard, AgentAsks, DeskCase} from "../../../shared/assets/protocol.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {clock, duration, t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, screen} from "./counter.ts";
import {Pens, Shared} from "./pointing.tsx";
import {PrintButton} from "./printing.tsx";

export const OPEN = new Set(["presented", "consented", "signing"]);
const READING = new Set(["presented", "consented"]);
const STEPS: Record<CeremonyCard["state"], number> = {
  presented: 0,
  consented: 1,
  signing: 2,
  sealed: 3,
  declined: -1,
  withdrawn: -1,
  abandoned: -1,
  expired: -1,
  voided: -1,
};

export function Ceremony(props: {card: CeremonyCard; matter: DeskCase}) {
  const {card} = props;
  const seen = card.sheets.filter(one => one.seen).length;
  const reached = STEPS[card.state];
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
          {READING.has(card.state) && (
            <small>{t("The citizen sees the same number: you both have the very same document.")}</small>
          )}
        </span>
      </p>
      {reached < 0 ? (
        <Ended card={card} />
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
      {["chosen", "coded", "another"].includes(card.certificate?.stage ?? "") && (
        <p class="ceremony__own" role="status">
          {card.certificate?.name
            ? t("The citizen is confirming with a certificate in the name of {name}", {name: card.certificate.name})
            : t("The citizen is confirming with a certificate")}
        </p>
      )}
      {card.certificate?.stage === "asked" && <Whose card={card} own={card.certificate} />}
      {card.certificate?.stage === "locked" && (
        <p class="ceremony__own" role="status">
          {t("The citizen's certificate is locked")}
        </p>
      )}
      {READING.has(card.state) && <Attended card={card} />}
      {card.state === "presented" && <Reading card={card} />}
      {READING.has(card.state) && (card.fields ?? []).length > 0 && (
        <Correct key={`${card.ceremony_id}-${card.revision ?? 1}`} card={card} />
      )}
      {card.lasting && (
        <p class="ceremony__level" data-level={card.level}>
          {card.lasting}
        </p>
      )}
      {card.signed_sha256 && (
        <div class="ceremony__files">
          <a
            class="button button--quiet"
            href={`/documents/${card.archived_sha256 ?? card.signed_sha256}`}
            download
          >
            {t("Download the signed PDF")}
          </a>
          <PrintButton matter={props.matter} what="document" about={card.signed_sha256} />
        </div>
      )}
      {READING.has(card.state) && (
        <Button look="end" onPress={() => void ask("ceremony.withdraw", {ceremony_id: card.ceremony_id})}>
          {t("Take it back")}
        </Button>
      )}
      {reached >= 2 && <Void card={card} />}
    </div>
  );
}

/** The certificate is not of the name that was made sure, or nobody made sure of any. */
function Whose(props: {card: CeremonyCard; own: CertificateCard}) {
  const {card, own} = props;
  const say = (same: boolean): void => {
    if (own.certificate) {
      void ask("certificate.confirm", {ceremony_id: card.ceremony_id, certificate: own.certificate, same});
    }
  };
  return (
    <div class="attended__wish" role="status">
      <p>
        {t("The certificate is in the name of {name}. Is this the person in front of you?", {name: own.name || "—"})}
      </p>
      <Button look="go" onPress={() => say(true)}>
        {t("Yes: go on")}
      </Button>
      <Button look="end" onPress={() => say(false)}>
        {t("No: another number")}
      </Button>
    </div>
  );
}

/** Why it ended, and what the agent does now. */
function Ended(props: {card: CeremonyCard}) {
  const {state, reason} = props.card;
  const next: Record<string, [string, string]> = {
    think: [
      t("✗ The citizen wants to think about it first"),
      t("Agree on a day, or present the form again when asked."),
    ],
    data_wrong: [
      t("✗ The citizen says that something in it is wrong"),
      t("Ask what is wrong, correct it, and present the form again."),
    ],
    not_understood: [
      t("✗ The citizen does not understand it"),
      t("Explain it in the citizen's language, or ask an interpreter into the call; then present it again."),
    ],
    cannot_write: [
      t("✗ The citizen cannot write on the screen"),
      t("Do not sign for the citizen. Follow your department's rule for people who cannot write, and note it when you close the case."),
    ],
    other: [
      t("✗ The citizen does not want to sign now"),
      t("Ask why. The form can be presented again."),
    ],
    idle: [
      t("✗ Nobody touched the screen for two minutes"),
      t("Nothing was signed. Speak to the citizen; if somebody answers, present the form again."),
    ],
    left: [t("✗ The citizen has left"), t("Nothing was signed. Close the case.")],
    seal_unfit: [
      t("✗ The department's seal cannot sign this form"),
      t("Nobody has seen it. What was filled in is kept. Call the technical staff; until then other work goes on."),
    ],
    not_certified: [
      t("✗ The form could not be made ready"),
      t("Nobody has seen it. What was filled in is kept. Present it again; if it fails again, call the technical staff."),
    ],
    line: [
      t("✗ The call was interrupted for a quarter of an hour"),
      t("Nothing was signed. Present the form again once the citizen is identified."),
    ],
  };
  const [what, then] =
    state === "withdrawn" && !next[reason ?? ""]
      ? [t("✗ Taken back"), t("The form can be presented again.")]
      : state === "voided"
        ? [voidWords(reason), t("It stays on record and is not given out. Present the form again if needed.")]
        : (next[reason ?? "other"] ?? [t("✗ The citizen does not want to sign now"), t("Ask why. The form can be presented again.")]);
  return (
    <div class="ceremony__ended" data-reason={reason ?? state}>
      <p>
        <strong>{what}</strong>
      </p>
      <p>{then}</p>
    </div>
  );
}

/** Which pages, how long each, and whether anybody is there. */
function Attended(props: {card: CeremonyCard}) {
  const {card} = props;
  const idle = card.asks_at && now.value >= Date.parse(card.asks_at);
  return (
    <div class="attended">
      {card.state === "presented" && (
        <ul class="attended__pages" aria-label={t("Pages and how long each was on the citizen's screen")}>
          {card.sheets.map(one => (
            <li key={one.number} class={one.seen ? "attended__seen" : ""} aria-current={one.shown ? "true" : undefined}>
              {t("Page {page}", {page: one.number})} {one.seen ? "✓" : "–"} {duration(one.seconds ?? 0)}
              {one.shown && <small>{t("on the screen")}</small>}
            </li>
          ))}
        </ul>
      )}
      {card.read_aloud === "agent" && (
        <p class="attended__wish" role="status">
          {t("The citizen asks you to read the document aloud.")}
        </p>
      )}
      {card.read_aloud === "machine" && <p>{t("The machine reads it aloud.")}</p>}
      {(card.corrected ?? []).length > 0 && (
        <p>{t("Changed: {fields}. The citizen reads it again.", {fields: (card.corrected ?? []).join(", ")})}</p>
      )}
      {idle && !card.paused && (
        <p class="attended__wish" role="status">
          {t("Nobody has touched the screen for a minute; it is being asked. Speak to the citizen.")}
        </p>
      )}
      {card.paused && (
        <div class="attended__wish" role="status">
          <p>
            {t("The call was interrupted. The document is kept until {time}.", {time: card.ends_at ? clock(card.ends_at) : ""})}
          </p>
          {!card.may_resume && <p>{t("Make sure again who sits there: identify the citizen as before.")}</p>}
          <Button
            look="go"
            disabled={!card.may_resume}
            onPress={() => void ask("ceremony.resume", {ceremony_id: card.ceremony_id})}
          >
            {t("It is the same citizen: go on")}
          </Button>
        </div>
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

function Correct(props: {card: CeremonyCard}) {
  const {card} = props;
  const typed = useRef(signal<Record<string, string>>({})).current;
  const fields = card.fields ?? [];
  const changed = Object.fromEntries(
    fields
      .filter(one => (typed.value[one.name] ?? one.value).trim() !== one.value)
      .map(one => [one.name, (typed.value[one.name] ?? "").trim()]),
  );
  return (
    <details class="reading correct">
      <summary>{t("Correct a field")}</summary>
      <p>{t("The form is drawn anew. The citizen is told what changed, and reads and agrees again.")}</p>
      <div class="form__fields">
        {fields.map(one => {
          const id = `correct-${card.ceremony_id}-${one.name}`;
          return (
            <p key={one.name} class="field">
              <label for={id}>
                {one.label} {!one.required && <small>{t("(not required)")}</small>}
              </label>
              {(one.choices ?? []).length > 0 ? (
                <select
                  id={id}
                  value={typed.value[one.name] ?? one.value}
                  required={one.required}
                  onChange={event => (typed.value = {...typed.value, [one.name]: event.currentTarget.value})}
                >
                  {!one.required && <option value="" />}
                  {(one.choices ?? []).map(choice => (
                    <option key={choice.id} value={choice.id}>
                      {choice.name}
                    </option>
                  ))}
                </select>
              ) : (
                <input
                  id={id}
                  value={typed.value[one.name] ?? one.value}
                  maxLength={one.max_length}
                  required={one.required}
                  autocomplete="off"
                  onInput={event => (typed.value = {...typed.value, [one.name]: event.currentTarget.value})}
                />
              )}
            </p>
          );
        })}
      </div>
      <Button
        look="main"
        disabled={Object.keys(changed).length === 0}
        onPress={() => void ask("form.correct", {ceremony_id: card.ceremony_id, fields: changed})}
      >
        {t("Show the corrected form")}
      </Button>
    </details>
  );
}

type VoidReason = AgentAsks["ceremony.void"]["reason"];

function voidWords(reason: string | null | undefined): string {
  const words: Record<string, string> = {
    data_wrong: t("✗ Signed, and does not count: something in it is wrong"),
    wrong_person: t("✗ Signed, and does not count: signed by the wrong person"),
    citizen_asked: t("✗ Signed, and does not count: the citizen asked for it"),
    signed_twice: t("✗ Signed, and does not count: the same was signed twice"),
  };
  return words[reason ?? ""] ?? t("✗ Signed, and does not count");
}

function Void(props: {card: CeremonyCard}) {
  const chosen = useRef(signal<VoidReason | "">("")).current;
  const reasons: [VoidReason, string][] = [
    ["data_wrong", t("Something in it is wrong")],
    ["wrong_person", t("The wrong person signed")],
    ["citizen_asked", t("The citizen asks for it")],
    ["signed_twice", t("The same was signed twice")],
    ["other", t("Another reason")],
  ];
  const id = `void-${props.card.ceremony_id}`;
  return (
    <details class="reading">
      <summary>{t("It shall not count")}</summary>
      <p>{t("The signed document stays on record and is not given out any more. This cannot be undone.")}</p>
      <p class="field">
        <label for={id}>{t("Reason")}</label>
        <select id={id} value={chosen.value} onChange={event => (chosen.value = event.currentTarget.value as VoidReason)}>
          <option value="">{t("Choose…")}</option>
          {reasons.map(([reason, words]) => (
            <option key={reason} value={reason}>
              {words}
            </option>
          ))}
        </select>
      </p>
      <Button
        look="end"
        disabled={!chosen.value}
        onPress={() =>
          chosen.value && void ask("ceremony.void", {ceremony_id: props.card.ceremony_id, reason: chosen.value})
        }
      >
        {t("Void the document")}
      </Button>
    </details>
  );
}
