// The agent's pen on a page that both see: point, frame, arrow, underline, and away with it.
import {signal} from "@preact/signals";
import type {ComponentChildren} from "preact";
import {Picture} from "../../../shared/assets/live_ui.tsx";
import type {LyingMark} from "../../../shared/assets/protocol.ts";
import {Overlay, PointerLine, type Tool} from "../../../shared/assets/pointing.tsx";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, leg, live, screen} from "./counter.ts";

const tool = signal<Tool>("point");
const line = new PointerLine(live);

const marks = () => screen.value.case?.marks ?? [];

export function Pens(props: {surface: string}) {
  const {surface} = props;
  const drawn = marks().some(mark => mark.surface === surface);
  const tools: [Tool, string][] = [
    ["point", t("Point")],
    ["rect", t("Frame")],
    ["arrow", t("Arrow")],
    ["underline", t("Underline")],
  ];
  return (
    <div class="pens" role="group" aria-label={t("Point and mark")}>
      {tools.map(([name, words]) => (
        <Button key={name} always pressed={tool.value === name} onPress={() => (tool.value = name)}>
          {words}
        </Button>
      ))}
      <Button look="plain" disabled={!drawn} onPress={() => void ask("mark.clear", {surface})}>
        {t("Clear marks")}
      </Button>
    </div>
  );
}

/** `children`: the picture; what is drawn lies exactly over it. */
export function Shared(props: {
  surface: string;
  width: string;
  lying?: readonly LyingMark[];
  children: ComponentChildren;
}) {
  const {surface, lying} = props;
  return (
    <div class="shared" style={{width: props.width}}>
      {props.children}
      <Overlay
        surface={surface}
        marks={marks()}
        lying={lying}
        line={line}
        tool={tool.value}
        onDraw={(kind, from, to) =>
          void ask("mark.draw", {surface, kind, x0: from.x, y0: from.y, x1: to.x, y1: to.y})
        }
      />
    </div>
  );
}

/** Marks whose sheet is not surely there are not drawn on another one; the agent decides. */
function HiddenMarks(props: {surface: string}) {
  const {surface} = props;
  const hidden = marks().filter(mark => mark.surface === surface && mark.hidden);
  if (hidden.length === 0) return null;
  const left = hidden.some(mark => mark.hidden === "left");
  return (
    <div class="advice" role="status" data-hidden-marks={left ? "left" : "lost"}>
      <p>
        {left
          ? t("The marked sheet was away: its marks are hidden. Is it there again?")
          : t("It is not known which sheet was marked. Clear these marks and draw them again.")}
      </p>
      <div class="pens">
        {left && (
          <Button onPress={() => void ask("mark.show", {surface})}>{t("Same sheet: show the marks")}</Button>
        )}
        <Button look="plain" onPress={() => void ask("mark.clear", {surface, hidden_only: true})}>
          {t("Clear hidden marks")}
        </Button>
      </div>
    </div>
  );
}

/** What lies under the citizen's camera now: what is drawn stays on the sheet when it moves. */
export function LivePaper(props: {requestId: string; label: string}) {
  const surface = `scan:${props.requestId}`;
  const told = live.lying.value;
  const lying = told?.surface === surface ? told.marks : [];
  // The face camera's picture may be a part of itself; places on it would be others.
  const cropped = screen.value.case?.hands?.crop != null;
  return (
    <div class="viewer" data-live={props.requestId}>
      <div class="viewer__bar">
        <p class="viewer__name">
          <strong>{props.label}</strong> <small class="state">{t("Under the camera now")}</small>
        </p>
      </div>
      {cropped ? (
        <p class="state">{t("To point at it, first show the whole picture: Terminal, Picture.")}</p>
      ) : (
        <Pens surface={surface} />
      )}
      <HiddenMarks surface={surface} />
      <div class="viewer__paper" tabIndex={0} role="region" aria-label={t("Under the camera now")}>
        {cropped ? (
          <Picture class="shared__picture" stream={leg.remote} muted label={props.label} />
        ) : (
          <Shared surface={surface} width="100%" lying={lying}>
            <Picture class="shared__picture" stream={leg.remote} muted label={props.label} />
          </Shared>
        )}
      </div>
    </div>
  );
}
