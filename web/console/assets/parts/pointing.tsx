// The agent's pen on a page that both see: point, frame, arrow, underline, and away with it.
import {signal} from "@preact/signals";
import type {ComponentChildren} from "preact";
import {Overlay, PointerLine, type Tool} from "../../../shared/assets/pointing.tsx";
import {t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, live, screen} from "./counter.ts";

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
export function Shared(props: {surface: string; width: string; children: ComponentChildren}) {
  const {surface} = props;
  return (
    <div class="shared" style={{width: props.width}}>
      {props.children}
      <Overlay
        surface={surface}
        marks={marks()}
        line={line}
        tool={tool.value}
        onDraw={(kind, from, to) =>
          void ask("mark.draw", {surface, kind, x0: from.x, y0: from.y, x1: to.x, y1: to.y})
        }
      />
    </div>
  );
}
