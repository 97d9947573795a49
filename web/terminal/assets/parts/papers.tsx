// The papers of this service and how each stands; they turn green while one watches.
import type {CasePage, CeremonyCard, ChecklistRow} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {screen} from "./counter.ts";
import {Icon} from "./icons.tsx";

export function Papers() {
  const {pages = [], checklist = [], ceremony} = screen.value;
  const own = ceremony?.state === "signing" && ceremony.citizen_signed;
  const signed = own || ceremony?.state === "sealed" || ceremony?.state === "voided" ? ceremony : null;
  const seen = new Map(checklist.map(row => [row.item, row]));
  const without = checklist.filter(row => !pages.some(page => page.item === row.item));
  if (!pages.length && !without.length && !signed) return null;
  return (
    <div class="papers" role="region" tabIndex={0} aria-label={t("Papers of this service")}>
      <h2>{t("Papers of this service")}</h2>
      <ul class="done">
        {pages.map(page => (
          <li key={page.page_id} class={`done__page done__page--${page.state}`} data-item={page.item}>
            <img src={`/pages/${page.thumb_sha256}`} alt="" width={90} height={120} />
            <span>
              <strong>{page.label}</strong>
              <small>
                {pageState(page)}
                {seen.get(page.item)?.original_seen && ` · ${t("✓ Original seen")}`}
              </small>
            </span>
          </li>
        ))}
        {without.map(row => (
          <li key={row.item} class={`done__page done__page--${row.green ? "accepted" : "missing"}`} data-item={row.item}>
            <Icon name={row.green ? "check" : "paper"} />
            <span>
              <strong>{row.label}</strong>
              <small>{rowState(row)}</small>
            </span>
          </li>
        ))}
        {signed && (
          <li class={`done__page done__page--${signed.state === "voided" ? "rejected" : "accepted"}`}>
            <Icon name="pen" />
            <span>
              <strong>{signed.title}</strong>
              <small>{signedState(signed)}</small>
            </span>
          </li>
        )}
      </ul>
    </div>
  );
}

function pageState(page: CasePage): string {
  if (page.state === "accepted") return t("✓ Accepted");
  if (page.state === "superseded") return t("Taken again");
  return page.state === "rejected" ? t("✗ Not usable, the agent tells you why") : t("Being looked at");
}

function signedState(card: CeremonyCard): string {
  if (card.state === "voided") return t("✗ Signed, and does not count");
  return card.state === "sealed" ? t("✓ Signed") : t("✓ Signed. The department adds its seal by itself.");
}

function rowState(row: ChecklistRow): string {
  if (row.original_seen) return t("✓ Original seen");
  if (row.not_needed) return t("✓ Not needed");
  return row.state === "declined" ? t("You do not have it here") : t("○ The agent asks for it");
}
