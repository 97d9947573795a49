// What lies over a page that both look at: the marks, where the other side points, and one's own hand.
// Places are shares of the page, so they fit at any size.
import {type ReadonlySignal, signal} from "@preact/signals";
import {useEffect, useId, useRef} from "preact/hooks";
import type {LyingMark, MarkCard, PointerMove, PointerMoved} from "./protocol.ts";

export type Tool = "point" | "rect" | "arrow" | "underline";
type Kind = MarkCard["kind"];
export interface Place {
  x: number;
  y: number;
}

const EVERY_MS = 100; // the newest place, ten times a second: the socket carries other things too
const TAP_MS = 2500;

/** What a `Live` of either side has. */
interface Sides {
  readonly pointer: ReadonlySignal<PointerMoved | null>;
  cast(event: "pointer.move", body: Omit<PointerMove, "key">): void;
}

/** Sends places, the newest only; `live.pointer` is where the other side points. */
export class PointerLine {
  readonly live: Sides;
  private next: [string, Place | null] | null = null;
  private timer = 0;

  constructor(live: Sides) {
    this.live = live;
  }

  move(surface: string, place: Place | null): void {
    this.next = [surface, place];
    if (!this.timer) this.flush();
  }

  private flush(): void {
    this.timer = 0;
    if (!this.next) return;
    const [surface, place] = this.next;
    this.live.cast("pointer.move", {surface, x: place?.x ?? null, y: place?.y ?? null});
    this.next = null;
    this.timer = window.setTimeout(() => this.flush(), EVERY_MS);
  }
}

interface OverlayProps {
  surface: string;
  marks: readonly MarkCard[];
  /** Where they lie now, on a sheet that may be moved; one that is not named is not seen. */
  lying?: readonly LyingMark[];
  line: PointerLine;
  /** What one's own hand does here; a tap points without any tool. */
  tool: Tool | null;
  onDraw?: (kind: Kind, from: Place, to: Place) => void;
}

export function Overlay(props: OverlayProps) {
  const {surface, tool, line} = props;
  const head = useId();
  const state = useRef({drawn: signal<[Place, Place] | null>(null), tapped: 0, pointing: false}).current;
  const theirs = line.live.pointer.value;
  const own = state.drawn.value;
  const kind = tool === "point" ? null : tool;

  useEffect(() => () => window.clearTimeout(state.tapped), []);

  const place = (event: PointerEvent): Place => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const share = (at: number, from: number, size: number): number => Math.min(1, Math.max(0, (at - from) / size));
    return {x: share(event.clientX, box.left, box.width), y: share(event.clientY, box.top, box.height)};
  };
  const point = (at: Place | null): void => {
    if (!at && !state.pointing) return;
    state.pointing = at !== null;
    line.move(surface, at);
  };
  const down = (event: PointerEvent): void => {
    const at = place(event);
    if (kind) {
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      state.drawn.value = [at, at];
      point(null);
      return;
    }
    point(at);
    window.clearTimeout(state.tapped);
    if (!tool) state.tapped = window.setTimeout(() => point(null), TAP_MS);
  };
  const move = (event: PointerEvent): void => {
    if (own) state.drawn.value = [own[0], place(event)];
    else if (tool) point(place(event));
  };
  const up = (): void => {
    state.drawn.value = null;
    if (!own || !kind) return;
    const [from, to] = own;
    if (Math.hypot(to.x - from.x, to.y - from.y) > 0.01) props.onDraw?.(kind, from, to);
  };
  return (
    <svg
      class={`overlay${tool ? ` overlay--${tool}` : ""}`}
      data-surface={surface}
      aria-hidden="true"
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={() => (state.drawn.value = null)}
      onPointerLeave={() => tool && point(null)}
    >
      <marker id={head} viewBox="0 0 10 10" refX="8" refY="5" markerWidth="5" markerHeight="5" orient="auto">
        <path d="M0 0L10 5L0 10z" />
      </marker>
      {props.marks
        .filter(mark => mark.surface === surface)
        .map(mark =>
          props.lying ? (
            <Moved key={mark.mark_id} mark={mark} lying={props.lying} head={head} />
          ) : (
            <Mark key={mark.mark_id} id={mark.mark_id} kind={mark.kind} from={{x: mark.x0, y: mark.y0}} to={{x: mark.x1, y: mark.y1}} head={head} />
          ),
        )}
      {own && kind && <Mark kind={kind} from={own[0]} to={own[1]} head={head} />}
      {theirs?.surface === surface && theirs.x !== null && theirs.y !== null && (
        <circle class="overlay__pointer" cx={share(theirs.x)} cy={share(theirs.y)} r="16" />
      )}
    </svg>
  );
}

const share = (of: number): string => `${(of * 100).toFixed(2)}%`;

/** A mark where its sheet lies now: a frame may be turned and slanted with it. */
function Moved(props: {mark: MarkCard; lying: readonly LyingMark[]; head: string}) {
  const {mark, head} = props;
  const points = props.lying.find(one => one.mark_id === mark.mark_id)?.points;
  const [from, to] = points ?? [];
  if (!points || !from || !to) return null;
  if (points.length > 2) {
    return (
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" width="100%" height="100%" overflow="visible">
        <polygon class="overlay__mark overlay__mark--moved" data-mark={mark.mark_id} points={points.map(one => `${one.x},${one.y}`).join(" ")} />
      </svg>
    );
  }
  return (
    <line
      class="overlay__mark"
      data-mark={mark.mark_id}
      x1={share(from.x)}
      y1={share(from.y)}
      x2={share(to.x)}
      y2={share(to.y)}
      marker-end={mark.kind === "arrow" ? `url(#${head})` : undefined}
    />
  );
}

function Mark(props: {id?: string; kind: Kind; from: Place; to: Place; head: string}) {
  const {kind, from, to} = props;
  const [left, top] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
  const [wide, high] = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
  if (kind === "rect") {
    return (
      <rect class="overlay__mark" data-mark={props.id} x={share(left)} y={share(top)} width={share(wide)} height={share(high)} />
    );
  }
  const [y1, y2] = kind === "underline" ? [top + high, top + high] : [from.y, to.y];
  return (
    <line
      class="overlay__mark"
      data-mark={props.id}
      x1={share(from.x)}
      y1={share(y1)}
      x2={share(to.x)}
      y2={share(y2)}
      marker-end={kind === "arrow" ? `url(#${props.head})` : undefined}
    />
  );
}
