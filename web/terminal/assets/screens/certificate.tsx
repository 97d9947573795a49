// Signing with one's own certificate: the number at its provider, then the code it sent.
//
// Promise: what is typed here lives in this page only, and goes with it; the code is never shown.
import {type Signal, signal} from "@preact/signals";
import {useEffect, useRef} from "preact/hooks";
import type {CeremonyCard, CertificateCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Attending} from "../parts/attending.tsx";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {ask} from "../parts/counter.ts";
import {NotNow} from "../parts/declining.tsx";
import {Keypad} from "../parts/keypad.tsx";
import {Digest} from "./read.tsx";

const LONGEST = {number: 20, code: 12};
const SHORTEST = 4;

export function Certificate(props: {card: CeremonyCard; own: CertificateCard; byHand: () => void}) {
  const {card, own, byHand} = props;
  const typed = useRef(signal("")).current;
  const coded = own.stage === "coded";
  const asked = own.stage === "asked";
  useEffect(() => () => void (typed.value = ""), [own.stage]);
  const another = (): void => {
    typed.value = "";
    void ask("certificate.another", {ceremony_id: card.ceremony_id});
  };
  if (own.stage === "locked") return <Locked card={card} own={own} byHand={byHand} />;
  const name = own.name || "—";
  const about = {ceremony_id: card.ceremony_id, sha256: card.sha256};
  const send = (): void => {
    const said = typed.value;
    typed.value = "";
    if (coded) void ask("certificate.code", {...about, code: said});
    else void ask("certificate.choose", {...about, user: said});
  };
  const leave = (): void => {
    if (own.stage === "offered") byHand();
    else void ask("certificate.leave", {ceremony_id: card.ceremony_id}).then(done => done && byHand());
  };
  return (
    <div class="sign certificate">
      <Title
        of={own.stage}
        lead={
          asked
            ? t("The certificate is in the name of {name}. The agent is asked whether that is you.", {name})
            : coded
            ? t("{provider} has sent you a code. Type it here; nobody else sees it.", {provider: own.provider})
            : t("Type the number under which {provider} knows you.", {provider: own.provider})
        }
      >
        {t("Sign with your certificate")}
      </Title>
      <Digest sha256={card.sha256} why />
      <Attending card={card} />
      {coded && <p>{t("The certificate is in the name of {name}.", {name})}</p>}
      {own.left < 3 && <p role="status">{t("You can try {count} more times.", {count: own.left})}</p>}
      {!asked && <Keypad typed={typed} longest={coded ? LONGEST.code : LONGEST.number} shielded={coded} />}
      <Advice />
      {!asked && (
        <div class="answers answers--row">
          <Press look="go" icon="check" disabled={typed.value.length < SHORTEST} onPress={send}>
            {coded ? t("Sign with this code") : t("Send me a code")}
          </Press>
        </div>
      )}
      <div class="answers answers--row">
        {coded && (
          <Press look="quiet" onPress={() => void again(card, typed)}>
            {t("Send a new code")}
          </Press>
        )}
        {(asked || coded) && (
          <Press look="quiet" onPress={another}>
            {t("Type another number")}
          </Press>
        )}
        {own.by_hand && (
          <Press look="quiet" icon="pen" onPress={leave}>
            {t("Sign with my finger instead")}
          </Press>
        )}
        <NotNow card={card} />
      </div>
    </div>
  );
}

/** By which means: asked only where both are enough. */
export function Choose(props: {card: CeremonyCard; own: () => void; byHand: () => void}) {
  return (
    <div class="sign">
      <Title of="means" lead={props.card.title}>
        {t("How do you want to sign?")}
      </Title>
      <Digest sha256={props.card.sha256} why />
      <Attending card={props.card} />
      <div class="answers">
        <Press icon="pen" onPress={props.byHand}>
          {t("With my finger on this screen")}
        </Press>
        <Press icon="check" onPress={props.own}>
          {t("With my own certificate")}
        </Press>
        <NotNow card={props.card} />
      </div>
    </div>
  );
}

function Locked(props: {card: CeremonyCard; own: CertificateCard; byHand: () => void}) {
  return (
    <div class="sign">
      <Title
        of="locked"
        lead={t("Three codes or numbers were wrong. If it is locked, unlock it where you got it.")}
      >
        {t("Your certificate cannot be used for this document any more")}
      </Title>
      <Digest sha256={props.card.sha256} />
      <Attending card={props.card} />
      <div class="answers">
        {props.own.by_hand && (
          <Press look="go" icon="pen" onPress={props.byHand}>
            {t("Sign with my finger instead")}
          </Press>
        )}
        <NotNow card={props.card} />
      </div>
    </div>
  );
}

async function again(card: CeremonyCard, typed: Signal<string>): Promise<void> {
  typed.value = "";
  await ask("certificate.send", {ceremony_id: card.ceremony_id});
}
