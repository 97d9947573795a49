// The portrait of the document beside a still of the call: for the agent's eye alone.  Nothing here
// compares faces, and neither picture is kept: the still lives in this page until the step is left.
import {type Signal, signal} from "@preact/signals";
import {useEffect, useRef} from "preact/hooks";
import type {PaperPage} from "../../../shared/assets/protocol.ts";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";

const BLINK_MS = 1000;

interface View {
  /** Middle of what is seen, in percent of the picture from its middle. */
  x: number;
  y: number;
  zoom: number;
  /** Quarter turns. */
  turn: number;
}

/** Where portraits usually are on a card: to the left, a third of its width. */
const PORTRAIT: View = {x: -30, y: 4, zoom: 2.5, turn: 0};
const WHOLE: View = {x: 0, y: 0, zoom: 1, turn: 0};

export function Compare(props: {pages: readonly PaperPage[]; live: boolean}) {
  const {pages, live} = props;
  const at = useRef(signal(0)).current;
  const paper = useRef(signal<View>(PORTRAIT)).current;
  const face = useRef(signal<View>(WHOLE)).current;
  const still = useRef(signal<string | null>(null)).current;
  const failed = useRef(signal(false)).current;
  const over = useRef(signal(false)).current;
  const share = useRef(signal(50)).current;
  const blinking = useRef(signal(false)).current;

  const look = async (): Promise<void> => {
    failed.value = false;
    try {
      const answer = await fetch("/console/still", {cache: "no-store"});
      if (!answer.ok) throw new Error(String(answer.status));
      const before = still.value;
      still.value = URL.createObjectURL(await answer.blob());
      if (before) URL.revokeObjectURL(before);
    } catch {
      failed.value = true;
    }
  };
  useEffect(() => {
    if (live) void look();
    return () => {
      if (still.value) URL.revokeObjectURL(still.value);
    };
  }, []);
  useEffect(() => {
    if (!blinking.value) return;
    const timer = window.setInterval(() => (share.value = share.value > 50 ? 0 : 100), BLINK_MS);
    return () => window.clearInterval(timer);
  }, [blinking.value]);

  const page = pages[at.value] ?? pages[0];
  const portrait = page && <Frame src={`/pages/${page.sha256}`} alt={t("Portrait of the document")} view={paper} />;
  const taken = still.value && <Frame src={still.value} alt={t("Live face, a moment ago")} view={face} />;
  return (
    <div class="compare">
      {failed.value && <p role="alert">{t("No picture came. The conversation goes on; try again in a moment.")}</p>}
      {over.value ? (
        <div class="compare__one">
          {portrait}
          <div class="compare__over" style={{opacity: share.value / 100}}>
            {taken}
          </div>
        </div>
      ) : (
        <div class="compare__two">
          <figure>
            {portrait ?? <p class="empty">{t("No page of the document yet.")}</p>}
            <figcaption>{t("Document")}</figcaption>
          </figure>
          <figure>
            {taken ?? <p class="empty">{t("No still yet.")}</p>}
            <figcaption>{t("Live")}</figcaption>
          </figure>
        </div>
      )}
      <div class="compare__tools">
        <Button disabled={!live} always onPress={() => void look()}>
          {t("New still")}
        </Button>
        <Button always pressed={over.value} onPress={() => (over.value = !over.value)}>
          {t("One over the other")}
        </Button>
        {over.value && (
          <Button always pressed={blinking.value} onPress={() => (blinking.value = !blinking.value)}>
            {t("Blink")}
          </Button>
        )}
        {pages.length > 1 && (
          <Button always onPress={() => (at.value = (at.value + 1) % pages.length)}>
            {t("Other page")}
          </Button>
        )}
      </div>
      {over.value && <Slide label={t("Live over document")} at={share} min={0} max={100} />}
      <Place legend={t("Document")} view={paper} />
      <Place legend={t("Live")} view={face} />
      <p class="quiet">{t("You compare; no machine does. Neither picture is kept.")}</p>
    </div>
  );
}

function Frame(props: {src: string; alt: string; view: Signal<View>}) {
  const {x, y, zoom, turn} = props.view.value;
  return (
    <div class="compare__frame">
      <img
        src={props.src}
        alt={props.alt}
        style={{transform: `scale(${zoom}) translate(${-x}%, ${-y}%) rotate(${turn * 90}deg)`}}
      />
    </div>
  );
}

function Place(props: {legend: string; view: Signal<View>}) {
  const {view} = props;
  const set = (change: Partial<View>): void => {
    view.value = {...view.value, ...change};
  };
  const slides: [string, keyof View, number, number, number][] = [
    [t("Zoom"), "zoom", 1, 4, 0.25],
    [t("Left and right"), "x", -50, 50, 1],
    [t("Up and down"), "y", -50, 50, 1],
  ];
  return (
    <fieldset class="compare__place">
      <legend>{props.legend}</legend>
      {slides.map(([label, name, min, max, step]) => (
        <label key={name}>
          {label}
          <input
            type="range"
            min={min}
            max={max}
            step={step}
            value={view.value[name]}
            onInput={event => set({[name]: Number(event.currentTarget.value)})}
          />
        </label>
      ))}
      <Button always onPress={() => set({turn: (view.value.turn + 1) % 4})}>
        {t("Turn")}
      </Button>
    </fieldset>
  );
}

function Slide(props: {label: string; at: Signal<number>; min: number; max: number}) {
  return (
    <label class="compare__slide">
      {props.label}
      <input
        type="range"
        min={props.min}
        max={props.max}
        value={props.at.value}
        onInput={event => (props.at.value = Number(event.currentTarget.value))}
      />
    </label>
  );
}
