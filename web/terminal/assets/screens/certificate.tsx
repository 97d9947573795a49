// Signing with one's own certificate: the number at its provider, then what opens the key.
//
// Promise: what is typed here lives in this page only, and goes with it; PIN and code are never
// shown.
import {signal} from "@preact/signals";
import {useEffect, useRef} from "preact/hooks";
import type {CeremonyCard, CertificateCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Attending} from "../parts/attending.tsx";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {ask, refused} from "../parts/counter.ts";
import {NotNow} from "../parts/declining.tsx";
import {Keypad} from "../parts/keypad.tsx";
import {Digest} from "./read.tsx";

type Entry = "number" | NonNullable<CertificateCard["wants"]>[number];

const SHORTEST = 4;
const LONGEST: Record<Entry, number> = {number: 20, pin: 16, code: 12, own_code: 12};

/** What is typed now, in words: one thing at a time. */
function words(entry: Entry, provider: string): [heading: string, lead: string] {
  if (entry === "pin") {
    return [
      t("Type your PIN"),
      t("The PIN that you chose at {provider}. Neither the agent nor this counter keeps it.", {provider}),
    ];
  }
  if (entry === "code") {
    return [
      t("Type the code"),
      t("{provider} has sent you a code. Type it here; nobody else sees it.", {provider}),
    ];
  }
  if (entry === "own_code") {
    return [
      t("Type the code"),
      t("The app or device that you got from {provider} shows a code. Type it here; nobody else sees it.", {provider}),
    ];
  }
  return [
    t("Sign with your certificate"),
    t("Type the number under which {provider} knows you.", {provider}),
  ];
}

export function Certificate(props: {card: CeremonyCard; own: CertificateCard; byHand: () => void}) {
  const {card, own, byHand} = props;
  const typed = useRef(signal("")).current;
  const pin = useRef(signal<string | null>(null)).current;
  const forget = (): void => {
    typed.value = "";
    pin.value = null;
  };
  const coded = own.stage === "coded";
  const wants = own.wants ?? [];
  useEffect(() => forget, [own.stage, wants.join()]);
  if (own.stage === "locked") return <Locked card={card} own={own} byHand={byHand} />;
  if (own.stage === "asked") return <Asked card={card} own={own} byHand={byHand} />;
  const about = {ceremony_id: card.ceremony_id, sha256: card.sha256};
  const code = wants.find(one => one !== "pin");
  const entry: Entry = !coded ? "number" : wants.includes("pin") && pin.value === null ? "pin" : (code ?? "pin");
  const goesOn = entry === "pin" && code !== undefined;
  const [heading, lead] = words(entry, own.provider);
  const send = async (): Promise<void> => {
    const said = typed.value;
    typed.value = "";
    if (!coded) return void (await ask("certificate.choose", {...about, user: said}));
    if (goesOn) return void ((pin.value = said), (refused.value = null));
    const both = entry === "pin" ? {pin: said} : {pin: pin.value ?? "", code: said};
    const done = await ask("certificate.code", {...about, ...both});
    // Where the code alone was wrong, he need not type the PIN again.
    if (done || refused.value !== "activation_refused") forget();
  };
  const again = (): void => {
    typed.value = "";
    void ask("certificate.send", {ceremony_id: card.ceremony_id});
  };
  return (
    <div class="sign certificate">
      <Title of={entry} lead={lead}>
        {heading}
      </Title>
      <Digest sha256={card.sha256} why={!coded} />
      <Attending card={card} />
      {(coded || own.left < 3) && (
        <p>
          {coded && <>{t("The certificate is in the name of {name}.", {name: own.name || "—"})} </>}
          {own.left < 3 && <strong role="status">{t("You can try {count} more times.", {count: own.left})}</strong>}
        </p>
      )}
      <Keypad typed={typed} longest={LONGEST[entry]} shielded={coded} />
      <Advice />
      <div class="answers answers--row">
        <Press look="go" icon="check" disabled={typed.value.length < SHORTEST} onPress={() => void send()}>
          {!coded
            ? t("Go on with this number")
            : goesOn
            ? t("Go on to the code")
            : entry === "pin"
            ? t("Sign with this PIN")
            : t("Sign with this code")}
        </Press>
      </div>
      <div class="answers answers--row">
        {entry === "code" && (
          <Press look="quiet" onPress={again}>
            {t("Send a new code")}
          </Press>
        )}
        {pin.value === null ? (
          <>
            {coded && <Another card={card} />}
            <Ways card={card} own={own} byHand={byHand} />
          </>
        ) : (
          <>
            <Press look="quiet" onPress={forget}>
              {t("Type the PIN again")}
            </Press>
            <NotNow card={card} />
          </>
        )}
      </div>
    </div>
  );
}

/** Whose it is, the agent is asked; nothing is typed until then. */
function Asked(props: {card: CeremonyCard; own: CertificateCard; byHand: () => void}) {
  const {card, own} = props;
  const name = own.name || "—";
  return (
    <div class="sign certificate">
      <Title
        of="asked"
        lead={t("The certificate is in the name of {name}. The agent is asked whether that is you.", {name})}
      >
        {t("Sign with your certificate")}
      </Title>
      <Digest sha256={card.sha256} why />
      <Attending card={card} />
      {own.left < 3 && <p role="status">{t("You can try {count} more times.", {count: own.left})}</p>}
      <Advice />
      <div class="answers answers--row">
        <Another card={card} />
        <Ways {...props} />
      </div>
    </div>
  );
}

function Another(props: {card: CeremonyCard}) {
  const {ceremony_id} = props.card;
  return (
    <Press look="quiet" onPress={() => void ask("certificate.another", {ceremony_id})}>
      {t("Type another number")}
    </Press>
  );
}

/** Out of here: by hand, where that is enough, or not now. */
function Ways(props: {card: CeremonyCard; own: CertificateCard; byHand: () => void}) {
  const {card, own, byHand} = props;
  const leave = (): void => {
    if (own.stage === "offered") byHand();
    else void ask("certificate.leave", {ceremony_id: card.ceremony_id}).then(done => done && byHand());
  };
  return (
    <>
      {own.by_hand && (
        <Press look="quiet" icon="pen" onPress={leave}>
          {t("Sign with my finger instead")}
        </Press>
      )}
      <NotNow card={card} />
    </>
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
        lead={t("Three tries were wrong. If it is locked, unlock it where you got it.")}
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
