// Prints what the agent asked for, once, and says how it went.  What is printed stands in this page,
// hidden from the screen: images of the case as large as the paper was, or a receipt in words.  Where
// the program beside the page has a printer, it prints, and the page only says so.
import {effect} from "@preact/signals";
import type {PrintCard, PrintReport} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {config, live, screen} from "./counter.ts";
import {Icon} from "./icons.tsx";

const PATIENCE_MS = 90_000;
/** Prints that this page has begun: one that another page began may be on paper or not. */
const begun = new Set<string>();

export function Printing() {
  const {printing: card, print_failed: failed} = screen.value;
  if (!card) {
    if (!failed) return null;
    return (
      <p class="banner banner--print" role="alert" data-banner="print-failed">
        <Icon name="paper" />
        {t("Not printed: {paper}.", {paper: failed.label})} {failed.reason}
      </p>
    );
  }
  return (
    <>
      <p class="banner banner--print" role="status" data-banner="print">
        <Icon name="paper" />
        {t("Printing: {paper}. Please take it from the printer.", {paper: card.label})}
      </p>
      <div class="print" aria-hidden="true" data-print={card.print_id}>
        {card.sheets.map(sheet => (
          <img
            key={sheet.src}
            src={sheet.src}
            alt=""
            style={{width: `${sheet.width_mm}mm`, height: `${sheet.height_mm}mm`}}
          />
        ))}
        {card.lines.length > 0 && (
          <div class="print__receipt">
            <h1>{card.label}</h1>
            {card.lines.map(line => (
              <p key={line}>{line}</p>
            ))}
          </div>
        )}
      </div>
    </>
  );
}

/** Follow the screen for as long as the page lives. */
export function watchPrinting(): void {
  effect(() => {
    const card = screen.value.printing;
    if (!card || card.by_device || begun.has(card.print_id)) return;
    begun.add(card.print_id);
    // After the sheets were drawn.
    if (card.state === "asked") setTimeout(() => void print(card));
    else void report(card, "failed", "no_answer");
  });
}

async function print(card: PrintCard): Promise<void> {
  if (config.printing === "none") return void (await report(card, "failed", "no_printer"));
  try {
    const sheets = document.querySelectorAll<HTMLImageElement>(`[data-print="${CSS.escape(card.print_id)}"] img`);
    if (sheets.length !== card.sheets.length) throw new Error("not drawn");
    await Promise.all([...sheets].map(sheet => sheet.decode()));
  } catch {
    return void (await report(card, "failed", "picture"));
  }
  if (!(await report(card, "printing"))) return;
  const over = new Promise<boolean>(done => {
    window.addEventListener("afterprint", () => done(true), {once: true});
    setTimeout(() => done(false), PATIENCE_MS);
  });
  window.print();
  await ((await over) ? report(card, "printed") : report(card, "failed", "no_answer"));
}

/** Nothing that the citizen touched: a refusal is not shown. */
async function report(
  card: PrintCard,
  state: PrintReport["state"],
  reason: PrintReport["reason"] = null,
): Promise<boolean> {
  return (await live.ask("print.report", {print_id: card.print_id, state, reason})).ok;
}
