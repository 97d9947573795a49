// Presenting a form and watching it being read and signed.
import type {DeskCase} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Ceremony, OPEN} from "./ceremony.tsx";
import {Filling, Offered} from "./filling.tsx";

export function Forms(props: {matter: DeskCase}) {
  const {forms, ceremonies, case_id, filling} = props.matter;
  const open = ceremonies.some(one => OPEN.has(one.state));
  const signed = ceremonies.some(one => one.state === "sealed");
  const more = forms.map(form => <Offered key={`${case_id}-${form.form}`} form={form} />);
  return (
    <div class="forms">
      {!open && filling && <Filling key={filling.draft_id} card={filling} />}
      {ceremonies.map(one => (
        <Ceremony key={one.ceremony_id} card={one} matter={props.matter} />
      ))}
      {forms.length === 0 && ceremonies.length === 0 && (
        <p class="empty">{t("This service needs no form.")}</p>
      )}
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
