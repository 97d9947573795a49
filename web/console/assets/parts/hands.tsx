// What the agent can do to the citizen's terminal: asked, done, or why not; each use is announced there.
import type {ComponentChildren} from "preact";
import type {Crop, DeskCase, HandState, HandsCard} from "../../../shared/assets/protocol.ts";
import {LANGUAGE_NAMES, clock, t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask} from "./counter.ts";

const ZOOMS = [1, 1.5, 2, 3] as const;
const GAINS = [50, 100, 150, 200, 300] as const;
const LOUDNESS_STEP = 10;
const WHOLE: Crop = {x: 0, y: 0, width: 1, height: 1};
const SIZES = ["A", "A+", "A++"] as const;

export function Hands(props: {matter: DeskCase}) {
  const {hands, call} = props.matter;
  if (!hands || !call) return <p class="empty">{t("In a call you can help with the citizen's terminal here.")}</p>;
  return (
    <div class="hands">
      <Permission hands={hands} />
      <p class="quiet">{t("The citizen is told of each thing you do here, and can stop it.")}</p>
      <Row hands={hands} of="volume" name={t("Our sound there")}>
        <Button label={t("Quieter")} disabled={hands.volume <= LOUDNESS_STEP} onPress={() => loud(hands, -1)}>
          −
        </Button>
        <span class="hands__value">{hands.volume} %</span>
        <Button label={t("Louder")} disabled={hands.volume >= 100} onPress={() => loud(hands, 1)}>
          +
        </Button>
      </Row>
      <Row hands={hands} of="gain" name={t("Citizen's microphone")}>
        <Button label={t("Microphone quieter")} disabled={hands.gain <= 50} onPress={() => gain(hands, -1)}>
          −
        </Button>
        <span class="hands__value">{hands.gain} %</span>
        <Button label={t("Microphone louder")} disabled={hands.gain >= 300} onPress={() => gain(hands, 1)}>
          +
        </Button>
      </Row>
      <Row hands={hands} of="text_size" name={t("Size of the letters")}>
        {SIZES.map(text_size => (
          <Button
            key={text_size}
            label={[t("Normal letters"), t("Large letters"), t("Very large letters")][SIZES.indexOf(text_size)]}
            pressed={hands.text_size === text_size}
            onPress={() => void ask("hand.text_size", {text_size})}
          >
            {text_size}
          </Button>
        ))}
      </Row>
      <Row hands={hands} of="language" name={t("Language of the terminal")}>
        {LANGUAGE_NAMES.map(([tag, name]) => (
          <Button key={tag} pressed={hands.language === tag} onPress={() => void ask("hand.language", {language: tag})}>
            <span lang={tag}>{name}</span>
          </Button>
        ))}
      </Row>
      <Row hands={hands} of="camera" name={t("Camera")}>
        <Button pressed={hands.camera === "face"} onPress={() => void ask("hand.camera", {camera: "face"})}>
          {t("In front")}
        </Button>
        <Button pressed={hands.camera === "document"} onPress={() => void ask("hand.camera", {camera: "document"})}>
          {t("Over the papers")}
        </Button>
      </Row>
      <Zoom hands={hands} />
      {hands.light != null && <Light hands={hands} light={hands.light} />}
      {hands.did.length > 0 && (
        <details class="hands__did">
          <summary>{t("What was done")}</summary>
          <ol>
            {hands.did.map(one => (
              <li key={one.seq}>
                <time>{clock(one.at)}</time> {one.text}
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}

function Permission(props: {hands: HandsCard}) {
  const {permission} = props.hands;
  if (permission === "allowed") return null;
  return (
    <div class="advice" role="status" data-permission={permission}>
      <p>
        {permission === "asked"
          ? t("The citizen is being asked. Say what you would like to do.")
          : t("The citizen has stopped your hands. Say what you would like to do, then ask again.")}
      </p>
      {permission === "stopped" && (
        <Button look="main" onPress={() => void ask("hands.ask", {})}>
          {t("Ask again")}
        </Button>
      )}
    </div>
  );
}

function Row(props: {hands: HandsCard; of: HandState["hand"]; name: string; children: ComponentChildren}) {
  const {hands, of} = props;
  const wish = hands.states.find(one => one.hand === of);
  const cannot: Record<string, string> = {
    no_document_camera: t("✗ This terminal has no camera over the papers"),
    no_camera: t("✗ The terminal's camera does not work"),
    no_microphone: t("✗ The terminal's microphone does not work"),
    failed: t("✗ It did not work there; try again"),
  };
  return (
    <div class="hands__row" role="group" aria-label={props.name} data-hand={of} data-state={wish?.state ?? "none"}>
      <strong>{props.name}</strong>
      <div class="hands__tools">{props.children}</div>
      <span class="hands__state" role="status">
        {wish?.state === "asked" && t("… Asked for")}
        {wish?.state === "done" && t("✓ Done")}
        {wish?.state === "cannot" && (cannot[wish.cannot ?? ""] ?? cannot.failed)}
      </span>
    </div>
  );
}

const loud = ({volume}: HandsCard, way: 1 | -1): void =>
  void ask("hand.volume", {percent: Math.min(100, Math.max(10, volume + way * LOUDNESS_STEP))});

function gain({gain: now}: HandsCard, way: 1 | -1): void {
  const next = way > 0 ? GAINS.find(one => one > now) : [...GAINS].reverse().find(one => one < now);
  if (next) void ask("hand.gain", {percent: next});
}

const LIGHTS = [0, 25, 50, 75, 100] as const;

/** The lamp over the papers: brighter and darker, or only on and off. */
function Light(props: {hands: HandsCard; light: number}) {
  const {hands, light} = props;
  const to = (percent: number): void => void ask("hand.light", {percent});
  const [darker, brighter] = [[...LIGHTS].reverse().find(one => one < light), LIGHTS.find(one => one > light)];
  return (
    <Row hands={hands} of="light" name={t("Lamp over the papers")}>
      {hands.light_level ? (
        <>
          <Button label={t("Lamp darker")} disabled={darker === undefined} onPress={() => to(darker ?? 0)}>
            −
          </Button>
          <span class="hands__value">{light} %</span>
          <Button label={t("Lamp brighter")} disabled={brighter === undefined} onPress={() => to(brighter ?? 100)}>
            +
          </Button>
        </>
      ) : (
        <Button pressed={light > 0} onPress={() => to(light > 0 ? 0 : 100)}>
          {light > 0 ? t("Lamp is on") : t("Lamp is off")}
        </Button>
      )}
    </Row>
  );
}

function Zoom(props: {hands: HandsCard}) {
  const {hands} = props;
  const crop = hands.crop ?? WHOLE;
  const zoom = ZOOMS.find(one => Math.abs(1 / one - crop.width) < 0.01) ?? 1;
  const at = ZOOMS.indexOf(zoom);
  const [x, y] = [crop.x + crop.width / 2, crop.y + crop.height / 2];
  const go = (next: number, toX: number, toY: number): void => {
    const size = 1 / next;
    const place = (middle: number): number => Math.min(1 - size, Math.max(0, middle - size / 2));
    void ask("hand.crop", {
      crop: next === 1 ? null : {x: place(toX), y: place(toY), width: size, height: size},
    });
  };
  const step = crop.width / 3;
  const ways: [string, string, number, number][] = [
    ["←", t("Picture: to the left"), -step, 0],
    ["↑", t("Picture: up"), 0, -step],
    ["↓", t("Picture: down"), 0, step],
    ["→", t("Picture: to the right"), step, 0],
  ];
  return (
    <Row hands={hands} of="crop" name={t("Closer")}>
      <Button label={t("Picture: further away")} disabled={at <= 0} onPress={() => go(ZOOMS[at - 1] ?? 1, x, y)}>
        −
      </Button>
      <span class="hands__value">{zoom} ×</span>
      <Button label={t("Picture: closer")} disabled={at >= ZOOMS.length - 1} onPress={() => go(ZOOMS[at + 1] ?? 3, x, y)}>
        +
      </Button>
      {zoom > 1 &&
        ways.map(([sign, label, dx, dy]) => (
          <Button key={sign} label={label} onPress={() => go(zoom, x + dx, y + dy)}>
            {sign}
          </Button>
        ))}
    </Row>
  );
}
