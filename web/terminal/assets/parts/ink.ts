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
        pressure: within(pressure || 0.5, 1, 2),
      })),
  );
}
