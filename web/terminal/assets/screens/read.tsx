// Reading before signing: every page down to its end, then consent to exactly this document.
//
// Promise: `page.seen` is only said when the end of that page was really on the screen, its picture
// drawn; the counter decides when all were seen.
import {signal} from "@preact/signals";
import {useEffect, useRef} from "preact/hooks";
import {Overlay} from "../../../shared/assets/pointing.tsx";
import type {CeremonyCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {ask, live, screen} from "../parts/counter.ts";
import {line} from "../parts/together.tsx";

export function Read(props: {card: CeremonyCard}) {
  const {card} = props;
  const state = useRef({
    page: signal(turned(card) ?? 0),
    atEnd: signal(false),
    agreed: signal(false),
    consenting: signal(false),
  }).current;
  const paper = useRef<HTMLDivElement>(null);
  const end = useRef<HTMLSpanElement>(null);
  const said = useRef(new Set<number>());

  const last = card.sheets.length - 1;
  const index = Math.min(state.page.value, last);
  const sheet = card.sheets[index];
  const allSeen = card.sheets.every(one => one.seen);

  useEffect(() => {
    paper.current?.scrollTo({top: 0});
    state.atEnd.value = false;
    const marker = end.current;
    if (!marker || !sheet) return undefined;
    const watch = new IntersectionObserver(
      entries => {
        const image = paper.current?.querySelector("img");
        const drawn = Boolean(image?.complete && image.naturalWidth);
        const visible = entries.some(entry => entry.isIntersecting);
        state.atEnd.value = visible && drawn;
        if (!visible || !drawn || said.current.has(sheet.number)) return;
        said.current.add(sheet.number);
        void live
          .ask("page.seen", {ceremony_id: card.ceremony_id, number: sheet.number})
          .then(answer => answer.ok || said.current.delete(sheet.number));
      },
      {root: paper.current, threshold: 1},
    );
    const begin = (): void => {
      watch.disconnect(); // observing again tells the state anew, now that the picture is there
      watch.observe(marker);
    };
    const image = paper.current?.querySelector("img");
    image?.addEventListener("load", begin);
    begin();
    return () => {
      image?.removeEventListener("load", begin);
      watch.disconnect();
    };
  }, [index, sheet?.sha256]);

  // The agent turned it.
  const wish = screen.value.hands?.page;
  useEffect(() => {
    const to = turned(card);
    if (wish?.by !== "agent" || to === null || to === state.page.value) return;
    state.page.value = to;
    state.consenting.value = false;
  }, [wish?.rev]);

  if (!sheet) return null;
  const go = (to: number): void => {
    state.page.value = to;
    state.consenting.value = false;
    void live.ask("page.turn", {ceremony_id: card.ceremony_id, number: to + 1}); // the agent sees the same
  };
  const further = (): void => {
    const box = paper.current;
    if (!state.atEnd.value && box) box.scrollBy({top: box.clientHeight * 0.85, behavior: "smooth"});
    else if (index < last) go(index + 1);
    else state.consenting.value = true;
  };
  if (state.consenting.value && allSeen) {
    return <Consent card={card} agreed={state.agreed} back={() => (state.consenting.value = false)} />;
  }
  return (
    <div class="read">
      <div class="read__head">
        <Title of={card.ceremony_id}>{card.title}</Title>
        <p class="read__page" role="status">
          {t("Page {page} of {pages}", {page: index + 1, pages: card.sheets.length})}
        </p>
        <Digest sha256={card.sha256} />
      </div>
      <div class="paper" ref={paper} tabIndex={0} role="region" aria-label={t("The document")}>
        <div class="paper__page">
          <img
            key={sheet.sha256}
            src={`/sheets/${sheet.sha256}`}
            width={sheet.width_px}
            height={sheet.height_px}
            alt={t("Page {page} of {title}. The agent can read it to you.", {page: index + 1, title: card.title})}
          />
          <Overlay
            surface={`sheet:${sheet.sha256}`}
            marks={screen.value.marks ?? []}
            line={line}
            tool={null}
          />
          <span ref={end} class="paper__end" aria-hidden="true" />
        </div>
      </div>
      <Advice />
      <div class="answers answers--row">
        <Press look="quiet" icon="back" disabled={index === 0} onPress={() => go(index - 1)}>
          {t("Page before")}
        </Press>
        <Press
          look={index === last && state.atEnd.value ? "go" : "main"}
          icon={!state.atEnd.value ? "down" : index < last ? "next" : "check"}
          disabled={state.atEnd.value && index === last && !allSeen}
          onPress={further}
        >
          {!state.atEnd.value ? t("Further down") : index < last ? t("Next page") : t("I have read it")}
        </Press>
        <NotNow card={card} />
      </div>
    </div>
  );
}

/** The page that was turned to last, counted from 0; null when nobody turned this document. */
function turned(card: CeremonyCard): number | null {
  const page = screen.value.hands?.page;
  if (page?.ceremony_id !== card.ceremony_id) return null;
  return Math.min(page.number, card.sheets.length) - 1;
}

/** The first six digits of the document as presented: the agent, and the receipt, show the same. */
export function Digest(props: {sha256: string}) {
  return (
    <p class="digest">
      {t("Document number")} <strong>{props.sha256.slice(0, 6)}</strong>
    </p>
  );
}

export function NotNow(props: {card: CeremonyCard}) {
  return (
    <Press
      look="quiet"
      icon="none"
      onPress={() => void ask("ceremony.decline", {ceremony_id: props.card.ceremony_id})}
    >
      {t("I do not sign now")}
    </Press>
  );
}

function Consent(props: {card: CeremonyCard; agreed: {value: boolean}; back: () => void}) {
  const {card, agreed} = props;
  return (
    <div class="consent">
      <Title of="consent">{t("Do you agree?")}</Title>
      <p class="consent__what">
        <strong>{card.title}</strong>
      </p>
      <Digest sha256={card.sha256} />
      <label class="tick">
        <input
          type="checkbox"
          checked={agreed.value}
          onChange={event => (agreed.value = event.currentTarget.checked)}
        />
        <span>{t("I have read every page of this document. I agree to sign it electronically: what I write on this screen will be fixed in the document and sealed by the department.")}</span>
      </label>
      <Advice />
      <div class="answers">
        <Press
          look="go"
          icon="pen"
          disabled={!agreed.value}
          onPress={() => void ask("ceremony.consent", {ceremony_id: card.ceremony_id, sha256: card.sha256})}
        >
          {t("Agree and sign")}
        </Press>
        <Press look="quiet" icon="back" onPress={props.back}>
          {t("Read it again")}
        </Press>
        <NotNow card={card} />
      </div>
    </div>
  );
}
