// A signature as it goes over the line: small enough for one message, however long it was drawn.
import type {InkPoint} from "../../../shared/assets/protocol.ts";

/** What of a pad's points is sent: pixels from its top left, 0 to 1.  When each was drawn is not. */
export interface DrawnPoint {
  x: number;
  y: number;
  pressure: number;
}

const MAX_STROKES = 64;
// The counter closes a line that sends more than 32 KiB at once; a point is some 40 characters.
const MAX_POINTS = 600;
// What a finger that is not felt counts as.
const UNFELT = 0.5;
const PRESSURE_STEPS = 4;
const PX_PER_PT = 4;

/** Strokes as the counter takes them: pixels of the pad, and how hard the pen was pressed. */
export function inkOf(drawn: DrawnPoint[][], box: {width: number; height: number}): InkPoint[][] {
  const groups = drawn.filter(points => points.length > 0).slice(0, MAX_STROKES);
  const count = groups.reduce((sum, points) => sum + points.length, 0);
  // A long signature keeps its shape with every second or third point, and each stroke its end.
  const every = Math.ceil(count / MAX_POINTS);
  const within = (value: number, limit: number, digits: number): number =>
    Number(Math.min(Math.max(value, 0), limit).toFixed(digits));
  return groups.map(points =>
    points
      .filter((_, at) => at % every === 0 || at === points.length - 1)
      .map(({x, y, pressure}) => ({
        x: within(x, box.width, 1),
        y: within(y, box.height, 1),
        pressure: within(pressure || UNFELT, 1, 2),
      })),
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
