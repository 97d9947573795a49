// Presenting a form and watching it being read and signed.
import {signal} from "@preact/signals";
import {useRef} from "preact/hooks";
import type {DeskCase, FormCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {Ceremony, OPEN} from "./ceremony.tsx";
import {ask} from "./counter.ts";

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
