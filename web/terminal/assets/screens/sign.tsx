// The pad: ink as it was drawn, undo, clear, and one button that sends it.
import {signal} from "@preact/signals";
import {useLayoutEffect, useRef} from "preact/hooks";
import SignaturePad, {type PointGroup} from "signature_pad";
import type {CeremonyCard} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {ask} from "../parts/counter.ts";
import {drawInk, fitted, inkOf} from "../parts/ink.ts";
import {Attending} from "../parts/attending.tsx";
import {NotNow} from "../parts/declining.tsx";
import {Certificate, Choose} from "./certificate.tsx";
import {Digest} from "./read.tsx";

/** This ink and no other. */
function show(pad: SignaturePad, canvas: HTMLCanvasElement, ink: PointGroup[]): void {
  pad.fromData(ink);
  const on = canvas.getContext("2d");
  for (const {points} of ink) if (on) drawInk(on, points);
}

export function Sign(props: {card: CeremonyCard}) {
  const {card} = props;
  const own = card.certificate;
  const means = useRef(signal<"hand" | "own" | null>(null)).current;
  const byHand = (): void => void (means.value = "hand");
  const under = own && (own.stage !== "offered" || !own.by_hand);
  if (own && means.value !== "hand" && (under || means.value === "own")) {
    return <Certificate card={card} own={own} byHand={byHand} />;
  }
  if (own && means.value === null) {
    return <Choose card={card} own={() => (means.value = "own")} byHand={byHand} />;
  }
  return <Pad card={card} />;
}

function Pad(props: {card: CeremonyCard}) {
  const {card} = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const pad = useRef<SignaturePad | null>(null);
  const count = useRef(signal(0)).current;

  useLayoutEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    // It only feels: its own lines swell with speed, which is not kept.  Ours are as they are sealed.
    const made = new SignaturePad(element, {penColor: "transparent", throttle: 0});
    pad.current = made;
    let was = {width: element.offsetWidth, height: element.offsetHeight};
    const fit = (): void => {
      const ratio = window.devicePixelRatio || 1;
      const box = {width: element.offsetWidth, height: element.offsetHeight};
      if (!box.width || !box.height) return; // nobody sees it
      element.width = box.width * ratio;
      element.height = box.height * ratio;
      element.getContext("2d")?.scale(ratio, ratio);
      const ink = made.toData().map(one => ({...one, points: fitted(one.points, was, box)}));
      show(made, element, ink);
      was = box;
    };
    fit();
    const resized = new ResizeObserver(fit);
    resized.observe(element);
    let drawn = 0;
    made.addEventListener("beginStroke", () => (drawn = 0));
    made.addEventListener("afterUpdateStroke", () => {
      const points = made.toData().at(-1)?.points ?? [];
      const on = element.getContext("2d");
      if (on && points.length > drawn) drawInk(on, points, drawn);
      drawn = points.length;
    });
    made.addEventListener("endStroke", () => {
      show(made, element, made.toData()); // without the dot that it began with
      count.value = made.toData().length;
    });
    return () => {
      resized.disconnect();
      made.off();
    };
  }, []);

  const undo = (): void => {
    const ink = pad.current?.toData() ?? [];
    if (pad.current && canvas.current) show(pad.current, canvas.current, ink.slice(0, -1));
    count.value = Math.max(0, ink.length - 1);
  };
  const clear = (): void => {
    pad.current?.clear();
    count.value = 0;
  };
  const send = (): void => {
    const [made, box] = [pad.current, canvas.current?.getBoundingClientRect()];
    if (!made || !box) return;
    const strokes = inkOf(
      made.toData().map(({points}) => points),
      box,
    );
    void ask("ceremony.sign", {ceremony_id: card.ceremony_id, sha256: card.sha256, strokes});
  };
  return (
    <div class="sign">
      <Title of="sign" lead={card.title}>
        {t("Sign with your finger")}
      </Title>
      <Digest sha256={card.sha256} why />
      <Attending card={card} />
      <div class="pad">
        <canvas ref={canvas} role="img" aria-label={t("Area for your signature. If you cannot draw here, choose “I do not sign now” and say so.")} />
        <span class="pad__line" aria-hidden="true">
          ✕
        </span>
      </div>
      <Advice />
      <div class="answers answers--row">
        <Press look="quiet" icon="undo" disabled={!count.value} onPress={undo}>
          {t("Undo")}
        </Press>
        <Press look="quiet" icon="clear" disabled={!count.value} onPress={clear}>
          {t("Clear")}
        </Press>
        <Press look="go" icon="check" disabled={!count.value} onPress={send}>
          {t("Sign the document")}
        </Press>
      </div>
      <div class="answers answers--row">
        <NotNow card={card} />
      </div>
    </div>
  );
}
