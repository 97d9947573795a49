// When a paper under the camera lies still, and which advice about it is shown: pure rules.
import type {LyingMark} from "../../../shared/assets/protocol.ts";

export type Corners = readonly (readonly [number, number])[];

export interface Preview {
  /** Clockwise from the page's top left, as shares of the picture; null: no page was found. */
  corners: Corners | null;
  /** Code of what would make it better; null: it can be taken. */
  advice: string | null;
  /** Where marks of the agent lie on it. */
  marks?: readonly LyingMark[];
}

export const AGREEING = 4;
const MOTION_MAX = 0.005; // of the picture's width
const SAID_TWICE = 2;

/** How far the corner moved that moved most, as a share of the width.  height: of a width of 1. */
export function motion(one: Corners, other: Corners, height: number): number {
  return Math.max(
    ...one.map(([x, y], place) => {
      const [u, v] = other[place] ?? [Infinity, Infinity];
      return Math.max(Math.abs(x - u), Math.abs(y - v) * height);
    }),
  );
}

/**
 * Whether the last four previews show one page in one place that can be taken.
 * previews: oldest first.  height: of the picture, when its width is 1.
 */
export function steady(previews: readonly Preview[], height: number): boolean {
  const last = previews.slice(-AGREEING);
  if (last.length < AGREEING || last.some(one => one.advice !== null)) return false;
  const places = last.map(one => one.corners);
  return places.every(one =>
    places.every(other => one && other && motion(one, other, height) < MOTION_MAX),
  );
}

/**
 * The advice to show: a new one when two previews say it, so that nothing flickers; what was shown
 * until then.  "still" means: it could be taken if it lay still.
 */
export function shown(before: string, previews: readonly Preview[]): string {
  const said = previews.slice(-SAID_TWICE).map(one => one.advice ?? "still");
  return said.length === SAID_TWICE && said.every(one => one === said[0]) ? (said[0] ?? before) : before;
}

/**
 * Whether this is another page, or another place, than the one that was taken.
 * previews: oldest first.  One preview without a page is a blink, not a page that was taken away.
 */
export function laidAnew(taken: Corners, previews: readonly Preview[], height: number): boolean {
  const now = previews.at(-1)?.corners;
  if (now) return motion(taken, now, height) > 10 * MOTION_MAX;
  return previews.length >= SAID_TWICE && previews.slice(-SAID_TWICE).every(one => !one.corners);
}
