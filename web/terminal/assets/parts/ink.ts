// A signature as it goes over the line: small enough for one message, however long it was drawn.
import type {InkPoint} from "../../../shared/assets/protocol.ts";

/** What of a pad's points is sent: pixels from its top left, 0 to 1.  When each was drawn is not. */
export interface DrawnPoint {
  x: number;
  y: number;
  pressure: number;
}

// More than the counter takes, which says so; a careful name of four rare letters has some 120.
const MAX_STROKES = 300;
// The counter closes a line that sends more than 32 KiB at once; a point is some 40 characters.
const MAX_POINTS = 700;
// What a finger that is not felt counts as.
const UNFELT = 0.5;
const PRESSURE_STEPS = 4;
const PX_PER_PT = 4;
// How far a line is when its pressure alone is another one: as visible as so many pixels.
const PRESSURE_PX = 20;

interface Box {
  width: number;
  height: number;
}

/** Strokes as the counter takes them: pixels of the pad, and how hard the pen was pressed. */
export function inkOf(drawn: DrawnPoint[][], box: Box): InkPoint[][] {
  const groups = drawn.flatMap(points => seen(points, box)).slice(0, MAX_STROKES);
  const strokes = groups.map(points =>
    points.map(({x, y, pressure}) => ({
      x: Number(x.toFixed(1)),
      y: Number(y.toFixed(1)),
      pressure: Number(within(pressure || UNFELT, 1).toFixed(2)),
    })),
  );
  const least = 2 * groups.length;
  for (let off = 0.5, sent = strokes; ; off *= 1.5) {
    const count = sent.reduce((sum, points) => sum + points.length, 0);
    if (count <= Math.max(MAX_POINTS, least)) return sent;
    sent = strokes.map(points => plainer(points, off));
  }
}

/** What of a stroke lies on the pad and so is seen: where a finger left it, it ends at the edge. */
function seen(points: DrawnPoint[], box: Box): DrawnPoint[][] {
  const parts: DrawnPoint[][] = [];
  let part: DrawnPoint[] = [];
  points.forEach((point, at) => {
    const [on, before, after] = [point, points[at - 1], points[at + 1]].map(one => !!one && inside(one, box));
    if (on || before || after) part.push({...point, x: within(point.x, box.width), y: within(point.y, box.height)});
    if (on || after) return;
    parts.push(part);
    part = [];
  });
  return [...parts, part].filter(one => one.length > 0);
}

function inside({x, y}: DrawnPoint, box: Box): boolean {
  return x >= 0 && y >= 0 && x <= box.width && y <= box.height;
}

function within(value: number, limit: number): number {
  return Math.min(Math.max(value, 0), limit);
}

/** The ink for a pad that became smaller, all of it still to be seen. */
export function fitted<P extends DrawnPoint>(points: P[], was: Box, box: Box): P[] {
  const scale = Math.min(1, box.width / was.width, box.height / was.height);
  return points.map(point => ({...point, x: point.x * scale, y: point.y * scale}));
}

/** The line without the points that it passes within so many pixels anyway; both ends stay.
 *
 * Source: Douglas and Peucker, 1973.
 */
function plainer(points: DrawnPoint[], off: number): DrawnPoint[] {
  const keep = new Set([0, points.length - 1]);
  const open: [number, number][] = [[0, points.length - 1]];
  for (let span = open.pop(); span; span = open.pop()) {
    const [first, last] = span;
    let [farthest, distance] = [-1, off];
    for (let at = first + 1; at < last; at++) {
      const away = fromLine(points[at]!, points[first]!, points[last]!);
      if (away > distance) [farthest, distance] = [at, away];
    }
    if (farthest < 0) continue;
    keep.add(farthest);
    open.push([first, farthest], [farthest, last]);
  }
  return points.filter((_, at) => keep.has(at));
}

function fromLine(point: DrawnPoint, from: DrawnPoint, to: DrawnPoint): number {
  const along = {x: to.x - from.x, y: to.y - from.y};
  const length = along.x ** 2 + along.y ** 2;
  const at = length ? within(((point.x - from.x) * along.x + (point.y - from.y) * along.y) / length, 1) : 0;
  const pressed = point.pressure - (from.pressure * (1 - at) + to.pressure * at);
  return Math.hypot(
    point.x - from.x - at * along.x,
    point.y - from.y - at * along.y,
    pressed * PRESSURE_PX,
  );
}

/** The line's width at a point, in points of the sealed document: its five steps, see esign/ink.py. */
export function widthOf(pressure: number): number {
  const felt = Number(Math.min(Math.max(pressure || UNFELT, 0), 1).toFixed(2));
  return 0.8 + (1.2 * Math.round(felt * PRESSURE_STEPS)) / PRESSURE_STEPS;
}

/** Draws a stroke from this point on as it will be sealed: straight, of the width at each end. */
export function drawInk(on: CanvasRenderingContext2D, points: DrawnPoint[], from = 0): void {
  on.lineCap = "round";
  on.lineJoin = "round";
  on.strokeStyle = "#0f2f5f";
  points.slice(from).forEach((point, at) => {
    const before = points[from + at - 1];
    if (!before && points.length > 1) return; // a line of no length, with round ends, is a dot
    on.lineWidth = PX_PER_PT * widthOf(point.pressure);
    on.beginPath();
    on.moveTo((before ?? point).x, (before ?? point).y);
    on.lineTo(point.x, point.y);
    on.stroke();
  });
}
