// Printing at the terminal: asking for it, and what became of it.
import type {DeskCase, PrintRequest, PrintRow} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask} from "./counter.ts";

const OPEN = new Set<PrintRow["state"]>(["asked", "printing"]);

export function PrintButton(props: {
  matter: DeskCase;
  what: PrintRequest["what"];
  about?: string;
  label?: string;
}) {
  const {matter, what, about = "", label} = props;
  const busy = (matter.prints ?? []).some(one => one.what === what && one.ref === about && OPEN.has(one.state));
  return (
    <Button disabled={busy} onPress={() => void ask("print.request", {what, ref: about})}>
      {label ?? t("Print at the terminal")}
    </Button>
  );
}

export function Prints(props: {matter: DeskCase}) {
  const {prints = [], pages, ceremonies} = props.matter;
  const something = pages.length > 0 || ceremonies.some(one => one.state === "sealed");
  if (!something && prints.length === 0) return null;
  const words = {
    asked: t("… Asked for"),
    printing: t("… Printing"),
    printed: t("✓ Sent to the printer"),
    failed: t("✗ Not printed"),
  };
  return (
    <section class="prints" aria-label={t("Printing at the terminal")}>
      {prints.length > 0 && (
        <ul class="prints__list" aria-live="polite">
          {prints.slice(0, 5).map(one => (
            <li key={one.print_id} data-print={one.state}>
              <strong>{one.label}</strong> <span class={`prints__state prints__state--${one.state}`}>{words[one.state]}</span>
              {one.reason && <small>{one.reason}</small>}
            </li>
          ))}
        </ul>
      )}
      {something && <PrintButton matter={props.matter} what="receipt" label={t("Print what was handed in")} />}
    </section>
  );
}
