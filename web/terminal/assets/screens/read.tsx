// Reading before signing: every page down to its end, then consent to exactly this document.
//
// Promise: `page.seen` is only said when all of that page was really on the screen, its picture
// drawn, and stayed for a moment; the counter measures that by its own clock, and decides when all
// were seen.
import {type Signal, signal} from "@preact/signals";
import {useEffect, useLayoutEffect, useRef} from "preact/hooks";
import {Overlay} from "../../../shared/assets/pointing.tsx";
import type {CeremonyCard, SheetCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Attending, here} from "../parts/attending.tsx";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {ask, live, screen} from "../parts/counter.ts";
import {NotNow} from "../parts/declining.tsx";
import {ReadAloud, Said, TextView, useVoice} from "../parts/said.tsx";
import {line} from "../parts/together.tsx";
import {bandOf, seenDownTo} from "../parts/whole.ts";

const MOMENT_MS = 1050;
const STILL_MS = 10_000;

export function Read(props: {card: CeremonyCard}) {
  const {card} = props;
  const state = useRef({
    page: signal(turned(card) ?? 0),
    atEnd: signal(false),
    agreed: signal(""), // the digest of the sentence that is ticked
    consenting: signal(false),
    asText: signal(false),
    /** Pages that the counter has taken as read, before its screen says so. */
    counted: signal<ReadonlySet<number>>(new Set()),
    /** Where the part begins that was jumped over, in pixels of the page; null: none was. */
    missed: signal<number | null>(null),
  }).current;
  const paper = useRef<HTMLDivElement>(null);

  const last = card.sheets.length - 1;
  const index = Math.min(state.page.value, last);
  const sheet = card.sheets[index];
  const allSeen = card.sheets.every(one => one.seen);
  const consenting = state.consenting.value && allSeen;
  const onScreen = !consenting && !state.asText.value ? sheet : undefined;
  usePageTimes(card, onScreen, paper, state);
  useVoice(card);

  // The agent turned it.
  const wish = screen.value.hands?.page;
  useLayoutEffect(() => {
    const to = turned(card);
    if (wish?.by !== "agent" || to === null || to === state.page.value) return;
    state.page.value = to;
    state.consenting.value = false;
    state.asText.value = false;
  }, [wish?.rev]);

  if (!sheet) return null;
  const atEnd = state.atEnd.value && state.missed.value === null;
  const counted = sheet.seen || state.counted.value.has(sheet.number);
  const go = (to: number): void => {
    here(card.ceremony_id); // also of who presses without a finger
    state.page.value = to;
    state.consenting.value = false;
    void live.ask("page.turn", {ceremony_id: card.ceremony_id, number: to + 1}); // the agent sees the same
  };
  const further = (): void => {
    const box = paper.current;
    const missed = state.missed.value;
    if (missed !== null) box?.scrollTo({top: missed, behavior: "smooth"});
    else if (!state.atEnd.value && box) box.scrollBy({top: box.clientHeight * 0.85, behavior: "smooth"});
    else if (index < last) go(index + 1);
    else state.consenting.value = true;
  };
  if (consenting) {
    return <Consent card={card} agreed={state.agreed} back={() => (state.consenting.value = false)} />;
  }
  return (
    <div class="read">
      <div class="read__head">
        <Title of={card.ceremony_id}>{card.title}</Title>
        <p class="read__page" role="status">
          {t("Page {page} of {pages}", {page: index + 1, pages: card.sheets.length})}
        </p>
        <Digest sha256={card.sha256} why />
        {(card.corrected ?? []).length > 0 && (
          <p class="read__changed" role="status">
            {t("The agent has changed: {fields}. Please read every page again.", {
              fields: (card.corrected ?? []).join(", "),
            })}
          </p>
        )}
        {!state.asText.value && <ReadAloud card={card} open={() => (state.asText.value = true)} />}
      </div>
      <Attending card={card} />
      {state.asText.value ? (
        <TextView card={card} back={() => (state.asText.value = false)} />
      ) : (
        <>
          <div class="paper" ref={paper} tabIndex={0} role="region" aria-label={t("The document")}>
            <div class="paper__page">
              <img
                key={sheet.sha256}
                src={`/sheets/${sheet.sha256}`}
                width={sheet.width_px}
                height={sheet.height_px}
                alt={t("Page {page} of {title}. What it says follows as text.", {page: index + 1, title: card.title})}
              />
              <Overlay
                surface={`sheet:${sheet.sha256}`}
                marks={screen.value.marks ?? []}
                line={line}
                tool={null}
              />
            </div>
            <Said card={card} class="only-spoken" />
          </div>
          <Advice />
          <div class="answers answers--row">
            <Press look="quiet" icon="back" disabled={index === 0} onPress={() => go(index - 1)}>
              {t("Page before")}
            </Press>
            <Press
              look={index === last && atEnd ? "go" : "main"}
              icon={!atEnd ? "down" : index < last ? "next" : "check"}
              disabled={atEnd && (index < last ? !counted : !allSeen)}
              onPress={further}
            >
              {state.missed.value !== null
                ? t("To the part not seen yet")
                : !atEnd
                  ? t("Further down")
                  : index < last
                    ? t("Next page")
                    : t("I have read it")}
            </Press>
            <NotNow card={card} />
          </div>
        </>
      )}
    </div>
  );
}

/** Tells the counter which page is on the screen, and when all of it was there. */
function usePageTimes(
  card: CeremonyCard,
  sheet: SheetCard | undefined,
  paper: {current: HTMLDivElement | null},
  state: {atEnd: Signal<boolean>; counted: Signal<ReadonlySet<number>>; missed: Signal<number | null>},
): void {
  const {ceremony_id} = card;
  useEffect(() => {
    const box = paper.current;
    const image = box?.querySelector("img");
    if (!sheet || !box || !image) return undefined;
    const {number} = sheet;
    let [downTo, shown, over] = [0, false, false];
    let timer = 0;
    box.scrollTo({top: 0});
    state.atEnd.value = false;
    state.missed.value = null;

    const seen = (): void => {
      if (over || !shown || downTo < image.offsetHeight - 1) return;
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        void live.ask("page.seen", {ceremony_id, number}).then(answer => {
          if (answer.ok) state.counted.value = new Set([...state.counted.value, number]);
          else if (!over) seen(); // the counter's clock says: not yet
        });
      }, MOMENT_MS);
    };
    const look = (): void => {
      if (!image.complete || !image.naturalWidth) return;
      const page = image.getBoundingClientRect();
      const top = box.getBoundingClientRect().top + box.clientTop;
      const band = bandOf(page, {top, bottom: top + box.clientHeight});
      const before = downTo;
      downTo = seenDownTo(downTo, band);
      state.atEnd.value = band.bottom >= page.height - 1;
      state.missed.value = state.atEnd.value && downTo < page.height - 1 ? downTo : null;
      if (before < page.height - 1) seen();
    };
    const tell = (still: boolean): void => {
      if (document.hidden) return;
      void live.ask("page.shown", {ceremony_id, number, still}).then(answer => {
        if (!answer.ok || over || still) return;
        shown = true;
        seen();
      });
    };
    const hidden = (): void => {
      if (document.hidden) void live.ask("page.hidden", {ceremony_id});
      else tell(false);
    };
    tell(false);
    look();
    const beat = window.setInterval(() => tell(true), STILL_MS);
    const resized = new ResizeObserver(look);
    resized.observe(box);
    resized.observe(image);
    box.addEventListener("scroll", look, {passive: true});
    image.addEventListener("load", look);
    document.addEventListener("visibilitychange", hidden);
    return () => {
      over = true;
      window.clearTimeout(timer);
      window.clearInterval(beat);
      resized.disconnect();
      box.removeEventListener("scroll", look);
      image.removeEventListener("load", look);
      document.removeEventListener("visibilitychange", hidden);
    };
  }, [ceremony_id, sheet?.sha256, sheet === undefined]);
  // Something else is on the screen: the text, the consent, a paper to be photographed.
  useEffect(() => {
    if (!sheet) void live.ask("page.hidden", {ceremony_id});
  }, [ceremony_id, sheet === undefined]);
  useEffect(() => () => void live.ask("page.hidden", {ceremony_id}), [ceremony_id]);
}

/** The page that was turned to last, counted from 0; null when nobody turned this document. */
function turned(card: CeremonyCard): number | null {
  const page = screen.value.hands?.page;
  if (page?.ceremony_id !== card.ceremony_id) return null;
  return Math.min(page.number, card.sheets.length) - 1;
}

/** The first six digits of the document as presented: the agent, and the receipt, show the same. */
export function Digest(props: {sha256: string; why?: boolean}) {
  return (
    <p class="digest">
      {t("Document number")} <strong>{props.sha256.slice(0, 6)}</strong>
      {props.why && (
        <small>{t("The agent sees the same number: you both have the very same document.")}</small>
      )}
    </p>
  );
}

function Consent(props: {card: CeremonyCard; agreed: Signal<string>; back: () => void}) {
  const {card, agreed} = props;
  const said = card.agreement;
  const ticked = said !== null && said !== undefined && agreed.value === said.sha256;
  return (
    <div class="consent">
      <Title of="consent">{t("Do you agree?")}</Title>
      <p class="consent__what">
        <strong>{card.title}</strong>
      </p>
      <Digest sha256={card.sha256} why />
      <Attending card={card} />
      {said && (
        <label class="tick">
          <input
            type="checkbox"
            checked={ticked}
            onChange={event => (agreed.value = event.currentTarget.checked ? said.sha256 : "")}
          />
          <span>{said.sentence}</span>
        </label>
      )}
      <Advice />
      <div class="answers">
        {said && (
          <Press
            look="go"
            icon="pen"
            disabled={!ticked}
            onPress={() =>
              void ask("ceremony.consent", {
                ceremony_id: card.ceremony_id,
                sha256: card.sha256,
                text_sha256: said.sha256,
              })
            }
          >
            {t("Agree and sign")}
          </Press>
        )}
        <Press look="quiet" icon="back" onPress={props.back}>
          {t("Read it again")}
        </Press>
        <NotNow card={card} />
      </div>
    </div>
  );
}
