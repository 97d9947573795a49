// Filling in a form: the citizen's own fields, large, and what the agent writes beside them.
//
// A field that holds digits brings its own keys; whatever is written is with the counter at once, so
// nothing has to be sent off and nothing is lost when the line goes.
import {signal} from "@preact/signals";
import {useRef} from "preact/hooks";
import type {DraftCard, FillField} from "../../../shared/assets/protocol.ts";
import {Writing, dayTyped} from "../../../shared/assets/writing.ts";
import {refusal, t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {live, refused} from "../parts/counter.ts";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
const MORE: Partial<Record<FillField["kind"], readonly string[]>> = {
  number: [".", "0"],
  phone: ["+", "0", " "],
  date: ["0"],
  id_number: ["0", "(", ")"],
};

export function Fill(props: {card: DraftCard}) {
  const {card} = props;
  const writing = useRef(
    new Writing(
      (field, text, version) => live.ask("form.fill", {draft_id: card.draft_id, field, text, version}),
      code => (refused.value = code),
    ),
  ).current;
  const active = useRef(signal("")).current;
  const own = card.fields.filter(one => one.owner === "citizen");
  const others = card.fields.filter(one => one.owner === "agent");
  const open = own.filter(one => one.problem).length;
  return (
    <div class="fill">
      <div class="fill__head">
        <Title of={card.draft_id}>{card.title}</Title>
        <p class="note" role="status">
          {own.length === 0
            ? t("The agent fills in this form for you. You can watch here.")
            : open > 0
              ? t("You have {number} answers to give.", {number: open})
              : t("You have answered everything. The agent goes on.")}
        </p>
      </div>
      <div class="fill__fields" tabIndex={0} role="region" aria-label={t("The form")}>
        {own.map(one => (
          <Own key={one.name} field={one} writing={writing} active={active} />
        ))}
        {others.length > 0 && (
          <section class="fill__others">
            <h2>{t("The agent fills in")}</h2>
            <dl>
              {others.map(one => (
                <div key={one.name}>
                  <dt>{one.label}</dt>
                  <dd>
                    {one.shown || "…"}
                    {one.source === "identity" && <small>{t("from your identity card")}</small>}
                    {one.source === "booking" && <small>{t("from your appointment")}</small>}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        )}
      </div>
      <Advice />
    </div>
  );
}

function Own(props: {field: FillField; writing: Writing; active: {value: string}}) {
  const {field, writing, active} = props;
  const id = `fill-${field.name}`;
  const text = writing.text(field);
  const problem = text && !writing.waits(field) && active.value !== field.name ? field.problem : null;
  const label = (
    <>
      {field.label} {!field.required && <small>{t("(not required)")}</small>}
      {field.minimum > 0 && <small>{t("(at least {number})", {number: field.minimum})}</small>}
    </>
  );
  const wrong = problem && (
    <p class="fill__wrong" id={`${id}-wrong`} role="alert">
      {[field.lost, ...refusal(problem)].join(" ")}
    </p>
  );
  if (field.choices.length > 0) {
    return (
      <fieldset class="fill__field fill__field--own">
        <legend>{label}</legend>
        {wrong}
        <div class="fill__choices">
          {field.choices.map(one => (
            <Press
              key={one.id}
              look={text === one.id ? "main" : "quiet"}
              icon={text === one.id ? "check" : undefined}
              pressed={text === one.id}
              always
              onPress={() => writing.set(field, text === one.id && !field.required ? "" : one.id)}
            >
              {one.name}
            </Press>
          ))}
        </div>
      </fieldset>
    );
  }
  const keys = field.whole ? ["0"] : MORE[field.kind];
  const write = (value: string): void => {
    const made = field.kind === "date" ? dayTyped(value) : value;
    writing.write(field, made.slice(0, field.max_length));
  };
  const facts = {
    id,
    value: text,
    maxLength: field.max_length,
    required: field.required,
    "aria-invalid": problem ? true : undefined,
    "aria-describedby": problem ? `${id}-wrong` : undefined,
    onInput: (event: {currentTarget: {value: string}}) => write(event.currentTarget.value),
    onFocus: () => (active.value = field.name),
    onBlur: () => void writing.flush(field.name),
  };
  return (
    <div class="fill__field fill__field--own">
      <label for={id}>{label}</label>
      {wrong}
      {field.lines ? (
        <textarea {...facts} rows={3} inputMode="text" autocomplete="off" />
      ) : (
        <input
          {...facts}
          inputMode={keys ? "none" : "text"} // it has keys of its own: the system's would cover it
          placeholder={field.kind === "date" ? t("year, month, day") : undefined}
          autocomplete="off"
        />
      )}
      {keys && active.value === field.name && (
        <div class="fill__keys" role="group" aria-label={t("Keys")}>
          {[...DIGITS, ...keys].map(key => (
            <button key={key} type="button" class="key" aria-label={key === " " ? t("Space") : key} onClick={() => write(text + key)}>
              {key === " " ? "␣" : key}
            </button>
          ))}
          <button type="button" class="key" aria-label={t("Erase")} onClick={() => write(text.replace(/-?.$/, ""))}>
            ⌫
          </button>
          <button
            type="button"
            class="key key--done"
            onClick={() => {
              active.value = "";
              void writing.flush(field.name);
            }}
          >
            {t("Done")}
          </button>
        </div>
      )}
    </div>
  );
}
