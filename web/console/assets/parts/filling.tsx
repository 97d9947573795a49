// The form that agent and citizen fill in: the agent's fields to write, the citizen's to watch.
import {pause} from "../../../shared/assets/live.ts";
import type {DraftCard, FillField, FormCard} from "../../../shared/assets/protocol.ts";
import {Writing, dayTyped} from "../../../shared/assets/writing.ts";
import {refusal, t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, live, refused, screen} from "./counter.ts";

const writings = new Map<string, Writing>();

function writingOf(draft: string): Writing {
  const known = writings.get(draft);
  if (known) return known;
  const made = new Writing(
    (field, text, version) => live.ask("form.fill", {draft_id: draft, field, text, version}),
    code => (refused.value = code),
  );
  writings.clear();
  writings.set(draft, made);
  return made;
}

/** A form that can be begun, gone on with, or never be signed here. */
export function Offered(props: {form: FormCard}) {
  const {form} = props;
  if (form.refusal) {
    const [title, what] = refusal(form.refusal);
    return (
      <div class="offered offered--never">
        <h2>{form.title}</h2>
        <p>
          <strong>{title}.</strong> {what}
        </p>
      </div>
    );
  }
  return (
    <div class="offered">
      <h2>{form.title}</h2>
      <p class="offered__how">{form.together ? t("You and the citizen fill it in together.") : t("You fill it in.")}</p>
      <Button look="main" onPress={() => void ask("form.begin", {form: form.form})}>
        {form.begun ? t("Go on with what was filled in") : t("Fill in")}
      </Button>
    </div>
  );
}

export function Filling(props: {card: DraftCard}) {
  const {card} = props;
  const writing = writingOf(card.draft_id);
  const of = (owner: FillField["owner"]): FillField[] => card.fields.filter(one => one.owner === owner);
  const wrong = card.fields.filter(one => one.problem && one.owner !== "counter");
  const present = async (): Promise<void> => {
    await writing.settled();
    let latest = card;
    // What was typed last is with the counter, and its screen is on its way.
    for (let tries = 0; tries < 20; tries++) {
      latest = screen.peek().case?.filling ?? card;
      if (writing.shownIn(latest.fields)) break;
      await pause(100);
    }
    const first = latest.fields.find(one => one.problem && one.owner === "agent");
    if (first) document.getElementById(`fill-${first.name}`)?.focus();
    else if (citizens(latest) !== citizens(card)) refused.value = "draft_changed";
    else await ask("form.present", {form: latest.form, draft_id: latest.draft_id, digest: latest.digest});
  };
  return (
    <div class="form filling" role="group" aria-label={card.title}>
      <h2>{card.title}</h2>
      <div class="filling__part filling__part--agent">
        <h3>{t("Yours to fill in")}</h3>
        <div class="form__fields">
          {of("agent").map(one => (
            <Own key={one.name} field={one} writing={writing} />
          ))}
        </div>
      </div>
      {of("citizen").length > 0 && (
        <div class="filling__part filling__part--citizen">
          <h3>{t("The citizen's, on the terminal")}</h3>
          <dl class="filling__others" aria-live="polite">
            {of("citizen").map(one => (
              <Others key={one.name} field={one} />
            ))}
          </dl>
        </div>
      )}
      <div class="filling__part filling__part--counter">
        <h3>{t("From the counter")}</h3>
        <dl class="filling__others">
          {of("counter").map(one => (
            <Others key={one.name} field={one} />
          ))}
        </dl>
      </div>
      <p class="filling__state" role="status">
        {wrong.length > 0 ? t("Still open: {fields}", {fields: wrong.map(one => one.label).join(" · ")}) : t("Everything is filled in.")}
      </p>
      <div class="filling__steps">
        <Button look="main" disabled={of("citizen").some(one => one.problem)} onPress={() => void present()}>
          {t("Show to the citizen to read and sign")}
        </Button>
        <Button
          onPress={() => void writing.settled().then(() => ask("form.leave", {draft_id: card.draft_id}))}
        >
          {t("Put it aside; it is kept")}
        </Button>
      </div>
    </div>
  );
}

/** What the agent has looked at and does not write. */
function citizens(card: DraftCard): string {
  return JSON.stringify(card.fields.filter(one => one.owner === "citizen").map(one => one.text));
}

function Source(props: {field: FillField; id?: string}) {
  const words = {
    identity: t("from the identity card"),
    booking: t("from the appointment"),
    counter: "",
    typed: "",
    none: "",
  }[props.field.source];
  if (!words) return null;
  return (
    <small class="filling__source" id={props.id}>
      {words}
    </small>
  );
}

function Own(props: {field: FillField; writing: Writing}) {
  const {field, writing} = props;
  const id = `fill-${field.name}`;
  const text = writing.text(field);
  // What is empty is no mistake of somebody who is still typing elsewhere.
  const problem = text && !writing.waits(field) ? field.problem : null;
  const about = [problem && `${id}-wrong`, `${id}-source`].filter(one => one).join(" ");
  const facts = {
    id,
    required: field.required,
    "aria-invalid": problem ? true : undefined,
    "aria-describedby": about || undefined,
  };
  const typed = (event: {currentTarget: {value: string}}): void => {
    const value = event.currentTarget.value;
    writing.write(field, field.kind === "date" ? dayTyped(value) : value);
  };
  const left = (): void => void writing.flush(field.name);
  return (
    <p class={`field${problem ? " field--wrong" : ""}${field.lines ? " field--wide" : ""}`}>
      <label for={id}>
        {field.label} {!field.required && <small>{t("(not required)")}</small>}{" "}
        {field.minimum > 0 && <small>{t("(at least {number})", {number: field.minimum})}</small>} <Source field={field} id={`${id}-source`} />
      </label>
      {problem && (
        <span class="field__wrong" id={`${id}-wrong`}>
          {[field.lost, ...refusal(problem)].join(" ")}
        </span>
      )}
      {field.choices.length > 0 ? (
        <select {...facts} value={text} onChange={event => writing.set(field, event.currentTarget.value)}>
          <option value="">{t("Choose")}</option>
          {field.choices.map(one => (
            <option key={one.id} value={one.id}>
              {one.name}
            </option>
          ))}
        </select>
      ) : field.lines ? (
        <textarea {...facts} rows={3} value={text} maxLength={field.max_length} onInput={typed} onBlur={left} />
      ) : (
        <input
          {...facts}
          value={text}
          maxLength={field.max_length}
          inputMode={({number: field.whole ? "numeric" : "decimal", phone: "tel", date: "numeric"} as const)[field.kind as "number"] ?? "text"}
          placeholder={field.kind === "date" ? "YYYY-MM-DD" : undefined}
          autocomplete="off"
          onInput={typed}
          onBlur={left}
        />
      )}
    </p>
  );
}

function Others(props: {field: FillField}) {
  const {field} = props;
  const problem = field.text ? field.problem : null;
  return (
    <div class={problem ? "filling__wrong" : ""}>
      <dt>
        {field.label} <Source field={field} />
      </dt>
      <dd>
        {field.shown || (field.required ? t("waiting for it") : "—")}
        {problem && <span class="field__wrong"> {refusal(problem)[0]}</span>}
      </dd>
    </div>
  );
}
