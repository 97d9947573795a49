// The pages of the case: look closely, accept or send back.
import {signal} from "@preact/signals";
import type {CasePage, DeskCase, ScanCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, screen} from "./counter.ts";
import {LivePaper, Pens, Shared} from "./pointing.tsx";
import {PrintButton} from "./printing.tsx";
import {StillButton, StillView} from "./still.tsx";

const ZOOMS = [1, 1.5, 2, 3] as const;
const chosen = signal<string | null>(null);
const zoom = signal<number>(1);

export function Papers(props: {matter: DeskCase}) {
  const {pages, papers_later} = props.matter;
  const seen = props.matter.call !== null && props.matter.call.picture !== false;
  const coming = props.matter.scan?.arriving ? props.matter.scan : null;
  const {scan, call} = props.matter;
  // A page that was chosen to look at comes first.
  const live = scan && !scan.by_device && !coming && seen && !call?.held_since ? scan : null;
  if (pages.length === 0 && !coming && !live) {
    return (
      <div class="empty">
        <p>{t("No papers yet. Ask for one in the checklist.")}</p>
        {papers_later && <Later href={papers_later} />}
        {seen && <StillButton />}
        {seen && <StillView />}
      </div>
    );
  }
  const newest = [...pages].reverse();
  const page =
    pages.find(one => one.page_id === chosen.value) ?? newest.find(one => one.state === "stored") ?? newest[0];
  return (
    <div class="papers">
      <ul class="papers__list" aria-label={t("Pages")}>
        {papers_later && (
          <li>
            <Later href={papers_later} />
          </li>
        )}
        {seen && (
          <li>
            <StillButton />
            <StillView />
          </li>
        )}
        {coming && <Coming scan={coming} />}
        {live && (
          <li>
            <button type="button" class="thumb" aria-pressed={!chosen.value} onClick={() => (chosen.value = null)}>
              <span>
                {live.label}
                <small class="state">{t("Under the camera now")}</small>
              </span>
            </button>
          </li>
        )}
        {newest.map(one => (
          <li key={one.page_id}>
            <button
              type="button"
              class="thumb"
              aria-pressed={one.page_id === page?.page_id && !(live && !chosen.value)}
              onClick={() => (chosen.value = one.page_id)}
            >
              <img src={`/pages/${one.thumb_sha256}`} alt="" width={60} height={80} />
              <span>
                {one.label}
                <PageState page={one} />
              </span>
            </button>
          </li>
        ))}
      </ul>
      {coming?.arriving?.preview_sha256 ? (
        <Preview scan={coming} />
      ) : live && !chosen.value ? (
        <LivePaper key={live.request_id} requestId={live.request_id} label={live.label} />
      ) : (
        page && <Viewer key={page.page_id} page={page} matter={props.matter} />
      )}
    </div>
  );
}

/** A photograph on its way up: seen before it is here. */
function Coming(props: {scan: ScanCard}) {
  const {arriving, label} = props.scan;
  if (!arriving) return null;
  return (
    <li class="thumb thumb--coming">
      {arriving.thumb_sha256 && <img src={`/pages/${arriving.thumb_sha256}`} alt="" width={60} height={80} />}
      <span role="status">
        {label}
        <small class="state">{t("Coming in")}</small>
        <progress max={4} value={arriving.quarters} aria-label={t("Sent so far")} />
      </span>
    </li>
  );
}

function Preview(props: {scan: ScanCard}) {
  const {arriving, label} = props.scan;
  return (
    <div class="viewer">
      <div class="viewer__bar">
        <p class="viewer__name">
          <strong>{label}</strong> <small class="state">{t("A first view; the page itself is coming in")}</small>
        </p>
      </div>
      <div class="viewer__paper" tabIndex={0} role="region" aria-label={t("Page: {paper}", {paper: label})}>
        <img src={`/pages/${arriving?.preview_sha256 ?? ""}`} alt={label} style={{width: "100%"}} />
      </div>
    </div>
  );
}

/** A paper that is not at hand may be sent after the visit. */
function Later(props: {href: string}) {
  return (
    <a class="papers__later" href={props.href} target="_blank" rel="noopener">
      {t("Let a paper be sent later")}
    </a>
  );
}

export function PageState(props: {page: CasePage}) {
  const {state} = props.page;
  const words = {stored: t("● To be decided"), accepted: t("✓ Accepted"), rejected: t("✗ Sent back"), superseded: t("↻ Taken again")};
  return <small class={`state state--${state}`}>{words[state]}</small>;
}

/** What was measured and would not stop the page: the agent decides. */
function PageNotes(props: {page: CasePage}) {
  const {notes = [], same_as, state} = props.page;
  if (notes.length === 0 || state !== "stored") return null;
  const words = {
    resolution_low: t("Seen from far: look whether small print can be read."),
    slightly_blurred: t("Slightly blurred."),
    whole_frame: t("No desk is seen around the page: look whether a part is missing."),
    glare_spot: t("A lamp shines on a spot of the page."),
    seen_before: t("This looks like a page that is here already. Keep both, or send this one back."),
    same_side: t("The same side of this card is here already. Ask for the other side."),
    turned_by_counter: t("Turned by the counter. Turn it back if that is wrong."),
  };
  return (
    <div role="status">
      <ul class="notes">
        {notes.map(note => (
          <li key={note}>{words[note]}</li>
        ))}
      </ul>
      {same_as && (
        <Button always onPress={() => (chosen.value = same_as)}>
          {t("Look at the other page")}
        </Button>
      )}
    </div>
  );
}

/** Anybody can print a code: what stands in it is text here, and leads nowhere. */
function PageCodes(props: {page: CasePage}) {
  const {codes = []} = props.page;
  if (codes.length === 0) return null;
  const title = t("Codes on the page, not checked");
  return (
    <div class="viewer__codes" tabIndex={0} role="region" aria-label={title}>
      <dl>
        <dt>{title}</dt>
        {codes.map(code => (
          <dd key={`${code.kind} ${code.text}`}>
            <bdi>{code.text}</bdi> <small class="state">{code.kind}</small>
          </dd>
        ))}
      </dl>
    </div>
  );
}

function paperFormat(page: CasePage): string {
  const words = {
    "a4": "A4",
    "a5": "A5",
    "id-1": t("Card"),
    "td3": t("Passport page"),
    "td3-open": t("Open passport"),
    "a-series": t("A4 or alike"),
    "free": "",
  };
  return words[page.format ?? "free"];
}

function Viewer(props: {page: CasePage; matter: DeskCase}) {
  const {page} = props;
  const matter = screen.value.case;
  const call = matter?.call;
  const together = !!call && matter?.hands?.show === page.sha256;
  const at = ZOOMS.indexOf(zoom.value as (typeof ZOOMS)[number]);
  const decide = (accept: boolean): void => {
    void ask("page.decide", {page_id: page.page_id, accept}).then(ok => ok && (chosen.value = null));
  };
  const turn = (quarters: 1 | 3): void => {
    void ask("page.rotate", {page_id: page.page_id, sha256: page.sha256, quarters});
  };
  return (
    <div class="viewer">
      <div class="viewer__bar">
        <p class="viewer__name">
          <strong>{page.label}</strong> <PageState page={page} /> <small class="state">{paperFormat(page)}</small>
        </p>
        <div class="viewer__tools">
          <Button label={t("Smaller")} disabled={at <= 0} always onPress={() => (zoom.value = ZOOMS[at - 1] ?? 1)}>
            −
          </Button>
          <span class="viewer__zoom" role="status">
            {Math.round(zoom.value * 100)} %
          </span>
          <Button
            label={t("Larger")}
            disabled={at >= ZOOMS.length - 1}
            always
            onPress={() => (zoom.value = ZOOMS[at + 1] ?? 3)}
          >
            +
          </Button>
          <Button label={t("Turn left")} disabled={page.state !== "stored" || together} onPress={() => turn(3)}>
            ↺
          </Button>
          <Button label={t("Turn right")} disabled={page.state !== "stored" || together} onPress={() => turn(1)}>
            ↻
          </Button>
          <Button look="go" disabled={page.state === "accepted" || page.state === "superseded"} onPress={() => decide(true)}>
            {t("Accept")}
          </Button>
          {page.state === "accepted" && <PrintButton matter={props.matter} what="paper" about={page.item} />}
          <Button look="end" disabled={page.state === "rejected" || page.state === "superseded"} onPress={() => decide(false)}>
            {t("Send back")}
          </Button>
          <Button
            disabled={page.state === "accepted" || page.state === "superseded"}
            onPress={() => void ask("scan.request", {item: page.item, retake: page.page_id})}
          >
            {t("Take again")}
          </Button>
        </div>
      </div>
      <PageNotes page={page} />
      <PageCodes page={page} />
      {call && (
        <div class="pens">
          <Button
            pressed={together}
            onPress={() => void ask("hand.show", {sha256: together ? null : page.sha256})}
          >
            {together ? t("Shown to the citizen") : t("Show to the citizen")}
          </Button>
          {together && <Pens surface={`page:${page.sha256}`} />}
        </div>
      )}
      <div class="viewer__paper" tabIndex={0} role="region" aria-label={t("Page: {paper}", {paper: page.label})}>
        {together ? (
          <Shared surface={`page:${page.sha256}`} width={`${zoom.value * 100}%`}>
            <img src={`/pages/${page.sha256}`} alt={page.label} width={page.width_px} height={page.height_px} />
          </Shared>
        ) : (
          <img
            src={`/pages/${page.sha256}`}
            alt={page.label}
            width={page.width_px}
            height={page.height_px}
            style={{width: `${zoom.value * 100}%`}}
          />
        )}
      </div>
    </div>
  );
}
