// What the document says, as text made from the data that it was drawn with: to be read out, to be
// read in large letters, and for whoever reads by ear or by touch.
import {signal} from "@preact/signals";
import {useEffect} from "preact/hooks";
import type {CeremonyCard, SaidLine} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {here} from "./attending.tsx";
import {live, screen} from "./counter.ts";
import {findVoice, hasVoice, muted, mute, readAll, stopReading} from "./voice.ts";

/** Which line is being read out, from 0; null: none. */
const reading = signal<number | null>(null);

function words({label, text}: SaidLine): string {
  const value = text || t("empty");
  return label ? `${label}: ${value}` : value;
}

/** Said as it stands; the counter notes that it was asked for. */
export function readAloud(card: CeremonyCard): void {
  const by = hasVoice.value ? "machine" : "agent";
  void live.ask("ceremony.aloud", {ceremony_id: card.ceremony_id, by, language: screen.value.language});
  if (by === "agent") return;
  if (muted.value) mute(false); // it was asked for
  const lines = [card.title, ...(card.said ?? []).map(words)];
  void readAll(lines, at => {
    reading.value = at === null || at === 0 ? null : at - 1;
    if (at !== null) here(card.ceremony_id); // who listens touches nothing
  });
}

/** For as long as the document is before the citizen: the voice of the language, and its end. */
export function useVoice(card: CeremonyCard): void {
  const {language} = screen.value;
  useEffect(findVoice, [language]);
  useEffect(() => stopReading, [language, card.sha256]);
}

/** The button that reads out, and what came of it. */
export function ReadAloud(props: {card: CeremonyCard; open: () => void}) {
  return (
    <div class="read__tools">
      <Press
        look="quiet"
        icon="voice"
        onPress={() => {
          readAloud(props.card);
          if (hasVoice.value) props.open();
        }}
      >
        {hasVoice.value ? t("Read it to me") : t("Have the agent read it to me")}
      </Press>
      <Press look="quiet" icon="paper" onPress={props.open}>
        {t("Show it as text")}
      </Press>
      <Asked card={props.card} />
    </div>
  );
}

/** What came of asking where no machine can read. */
function Asked(props: {card: CeremonyCard}) {
  if (hasVoice.value || props.card.read_aloud !== "agent") return null;
  return <p role="status">{t("The agent was asked to read it to you.")}</p>;
}

/** The text itself, in the order of the paper. */
export function Said(props: {card: CeremonyCard; class: string}) {
  const lines = props.card.said ?? [];
  const current = (at: number): "true" | undefined => (reading.value === at ? "true" : undefined);
  return (
    <section class={props.class} aria-label={t("What the document says")}>
      <dl>
        {lines.map((line, at) =>
          line.label ? (
            <div key={at} aria-current={current(at)}>
              <dt>{line.label}</dt>
              <dd>{line.text || t("empty")}</dd>
            </div>
          ) : null,
        )}
      </dl>
      {lines.map((line, at) =>
        line.label ? null : (
          <p key={at} aria-current={current(at)}>
            {line.text}
          </p>
        ),
      )}
    </section>
  );
}

/** The text in place of the pages. */
export function TextView(props: {card: CeremonyCard; back: () => void}) {
  return (
    <>
      <div class="paper paper--text" tabIndex={0} role="region" aria-label={t("The document")}>
        <Said card={props.card} class="said" />
      </div>
      <Asked card={props.card} />
      <div class="answers answers--row">
        <Press
          look="quiet"
          icon={reading.value === null ? "voice" : "muted"}
          onPress={() => (reading.value === null ? readAloud(props.card) : stopReading())}
        >
          {reading.value !== null
            ? t("Stop reading")
            : hasVoice.value
              ? t("Read it to me")
              : t("Have the agent read it to me")}
        </Press>
        <Press
          look="main"
          icon="back"
          onPress={() => {
            stopReading();
            props.back();
          }}
        >
          {t("Back to the pages")}
        </Press>
      </div>
    </>
  );
}
