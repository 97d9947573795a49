// Making sure who sits there: one step at a time, each with a verdict; the decision at the end.
import {signal} from "@preact/signals";
import {useEffect, useLayoutEffect, useRef} from "preact/hooks";
import type {DeskCase, IdentityCard, IdentityStepCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Compare} from "./compare.tsx";
import {Button} from "./controls.tsx";
import {ask, askByItself, screen} from "./counter.ts";
import {Names, Zone} from "./zone.tsx";

type Verdict = "ok" | "doubt" | "failed" | "skipped";

/** A step that is answered once more, by name. */
const again = signal<string | null>(null);

export function Identity(props: {matter: DeskCase}) {
  const card = props.matter.identity;
  const live = card?.state === "open" || card?.state === "waiting";
  // What has come is read by itself: the agent would only press a button for it.
  useEffect(() => {
    if (live && card.unread) void askByItself("identity.read", {});
  }, [live, card?.unread, card?.pages?.length]);
  if (!card) return null;
  return (
    <div class="identity" data-state={card.state ?? "none"}>
      <p class="identity__levels">
        <span>
          {t("This service asks for")} <strong>{levelWords(card.needed)}</strong>
        </span>
        <span>
          {t("Reached")} <strong data-level={card.reached}>{levelWords(card.reached)}</strong>
        </span>
      </p>
      {card.state === "open" ? (
        <Steps matter={props.matter} card={card} />
      ) : card.state === "waiting" ? (
        <Waiting card={card} />
      ) : (
        <Begin card={card} talking={props.matter.call !== null} />
      )}
    </div>
  );
}

export function levelWords(level: string): string {
  const words: Record<string, string> = {
    L0: t("L0, nobody checked"),
    L1: t("L1, code of the appointment"),
    L2: t("L2, identity document"),
    L3: t("L3, document and second officer"),
  };
  return words[level] ?? level;
}

function Begin(props: {card: IdentityCard; talking: boolean}) {
  const {card} = props;
  const chosen = useRef(signal<string>(card.usual)).current;
  const before = {
    identified: t("Identified."),
    refused: t("Not identified."),
    aborted: t("Ended: {reason}", {reason: card.reason ?? ""}),
  };
  const last = card.state as keyof typeof before | null;
  return (
    <div class="identity__begin">
      {last && (
        <p role="status" class={`identity__last identity__last--${last}`}>
          {before[last]}
        </p>
      )}
      {props.talking ? (
        <>
          <p class="field">
            <label for="identity-document">{t("Document")}</label>
            <select
              id="identity-document"
              value={chosen.value}
              onChange={event => (chosen.value = event.currentTarget.value)}
            >
              {card.documents.map(({id, name}) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </select>
          </p>
          <Button
            look={last === "identified" ? "quiet" : "main"}
            onPress={() => void ask("identity.begin", {document: chosen.value as IdentityCard["usual"]})}
          >
            {last ? t("Begin again") : t("Begin the identification")}
          </Button>
        </>
      ) : (
        <p class="empty">{t("It is done in the conversation; there is none now.")}</p>
      )}
    </div>
  );
}

function Steps(props: {matter: DeskCase; card: IdentityCard}) {
  const {card} = props;
  const steps = card.steps ?? [];
  const now = steps.find(one => one.step === again.value) ?? steps.find(one => one.state === "now");
  useLayoutEffect(() => {
    again.value = null;
  }, [card.proofing_id]);
  const before = now ? steps.slice(0, steps.indexOf(now)) : steps;
  const back = before.filter(one => one.by === "agent" && one.state === "done").at(-1);
  const done = steps.filter(one => one.state !== "later").length;
  return (
    <>
      <ol class="identity__steps" aria-label={t("Steps")}>
        {steps.map(one => (
          <li
            key={one.step}
            class={`identity__step identity__step--${one.verdict ?? one.state}`}
            aria-current={one.step === now?.step ? "step" : undefined}
          >
            {one.title} <small>{verdictWords(one)}</small>
          </li>
        ))}
      </ol>
      <div class="identity__work">
        {now ? (
          <Step key={now.step} matter={props.matter} card={card} step={now} count={`${done} / ${steps.length}`} />
        ) : (
          <Decide card={card} />
        )}
        {back && (
          <p>
            <Button onPress={() => (again.value = back.step)}>{t("One step back: {step}", {step: back.title})}</Button>
          </p>
        )}
        <Abort card={card} />
      </div>
    </>
  );
}

function verdictWords(step: IdentityStepCard): string {
  const words = {ok: t("✓ Passed"), doubt: t("? In doubt"), failed: t("✗ Not passed"), skipped: t("– Left out")};
  return step.verdict ? words[step.verdict] : "";
}

function Step(props: {matter: DeskCase; card: IdentityCard; step: IdentityStepCard; count: string}) {
  const {matter, card, step} = props;
  const heading = useRef<HTMLHeadingElement>(null);
  // The step that is due takes the focus only from the one before, never from a field elsewhere.
  useLayoutEffect(() => {
    if (document.activeElement?.closest(".identity") || document.activeElement === document.body) {
      heading.current?.focus({preventScroll: true});
    }
  }, []);
  const give = (verdict: Verdict): void => {
    const body = {proofing_id: card.proofing_id ?? "", step: step.step, verdict};
    void ask("identity.give", body).then(ok => {
      if (ok) again.value = null;
    });
  };
  return (
    <section class="step" data-step={step.step} aria-labelledby="identity-step">
      <h2 id="identity-step" ref={heading} tabIndex={-1}>
        {step.title} <small>{props.count}</small>
      </h2>
      <p>{step.todo}</p>
      {step.step === "document" && <Pages matter={matter} card={card} />}
      {step.step === "match" && (
        <>
          <Names card={card} />
          <Zone card={card} />
        </>
      )}
      {(step.step === "face" || step.step === "turn") && <Compare pages={card.pages ?? []} live={matter.call !== null} />}
      {step.by === "citizen" ? (
        <p role="status">{t("The citizen is being asked.")}</p>
      ) : (
        <div class="step__verdicts">
          <Button look="go" onPress={() => give("ok")}>
            {t("Passed")}
          </Button>
          <Button onPress={() => give("doubt")}>{t("In doubt")}</Button>
          <Button look="end" onPress={() => give("failed")}>
            {t("Not passed")}
          </Button>
          {step.optional && <Button onPress={() => give("skipped")}>{t("Leave it out")}</Button>}
        </div>
      )}
    </section>
  );
}

/** Ask for the paper, and see what was read on it. */
function Pages(props: {matter: DeskCase; card: IdentityCard}) {
  const {matter, card} = props;
  const stored = matter.pages.filter(page => page.state === "stored");
  return (
    <>
      <div class="step__verdicts">
        <Button disabled={matter.scan !== null} onPress={() => void ask("scan.request", {item: card.item})}>
          {t("Ask for the document")}
        </Button>
        {stored.map(page => (
          <Button
            key={page.page_id}
            look="go"
            onPress={() => void ask("page.decide", {page_id: page.page_id, accept: true})}
          >
            {t("Accept: {paper}", {paper: page.label})}
          </Button>
        ))}
      </div>
      {matter.scan && <p role="status">{t("Asked for: {paper}", {paper: matter.scan.label})}</p>}
      {(card.pages ?? []).length > 0 && (
        <ul class="step__pages">
          {(card.pages ?? []).map(page => (
            <li key={page.sha256}>
              <img src={`/pages/${page.sha256}`} alt={t("Page of the document")} width={page.width_px} height={page.height_px} />
            </li>
          ))}
        </ul>
      )}
      <Zone card={card} />
    </>
  );
}

function Decide(props: {card: IdentityCard}) {
  const {card} = props;
  const proofing_id = card.proofing_id ?? "";
  return (
    <section class="step" data-step="decide" aria-labelledby="identity-step">
      <h2 id="identity-step" tabIndex={-1}>
        {t("Decision")}
      </h2>
      {card.leads_to === "waiting" && <p>{t("A second officer of the department has to confirm it.")}</p>}
      {!card.leads_to && <p>{t("A step was not passed: it cannot be confirmed.")}</p>}
      <div class="step__verdicts">
        {card.leads_to && (
          <Button look="go" onPress={() => void ask("identity.decide", {proofing_id, identified: true})}>
            {card.leads_to === "waiting" ? t("Ask the second officer") : t("This is the holder")}
          </Button>
        )}
        <Button look="end" onPress={() => void ask("identity.decide", {proofing_id, identified: false})}>
          {t("Not identified")}
        </Button>
      </div>
    </section>
  );
}

function Waiting(props: {card: IdentityCard}) {
  return (
    <div class="identity__work">
      <section class="step" data-step="waiting">
        <h2>{t("A second officer is asked")}</h2>
        <p role="status">
          {t("Whoever is on duty for the department sees it. Ask a colleague into the call to let them look.")}
        </p>
      </section>
      <Abort card={props.card} />
    </div>
  );
}

/** Always possible, and never a fault of the citizen's. */
function Abort(props: {card: IdentityCard}) {
  const {card} = props;
  const reason = useRef(signal("technical")).current;
  return (
    <details class="identity__abort">
      <summary>{t("End without a decision")}</summary>
      <p class="field">
        <label for="identity-reason">{t("Reason")}</label>
        <select
          id="identity-reason"
          value={reason.value}
          onChange={event => (reason.value = event.currentTarget.value)}
        >
          {card.reasons.map(({id, name}) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </p>
      <Button
        look="end"
        onPress={() => void ask("identity.abort", {proofing_id: card.proofing_id ?? "", reason: reason.value as "other"})}
      >
        {t("End the identification")}
      </Button>
    </details>
  );
}

/** What colleagues decided and another officer has to confirm. */
export function Seconds() {
  const {seconds = []} = screen.value;
  if (seconds.length === 0) return null;
  return (
    <>
      {seconds.map(one => (
        <section key={one.proofing_id} class="second" aria-label={t("Second officer")} data-second={one.proofing_id}>
          <p>
            <strong>{t("Second officer asked for: {number}", {number: one.number})}</strong>
            <span>
              {one.agent_name} · {one.service} · {levelWords(one.target)}
            </span>
            {one.doubts.length > 0 && <span>{t("In doubt: {steps}", {steps: one.doubts.join(", ")})}</span>}
            <span>{t("Look at it in the call before you answer.")}</span>
          </p>
          <Button look="go" onPress={() => void ask("identity.second", {proofing_id: one.proofing_id, agree: true})}>
            {t("I confirm it")}
          </Button>
          <Button look="end" onPress={() => void ask("identity.second", {proofing_id: one.proofing_id, agree: false})}>
            {t("I do not confirm it")}
          </Button>
        </section>
      ))}
    </>
  );
}
