// Whether all of a page was on the screen: looked at from its top on, without a gap.

export interface Band {
  /** Of the page, in pixels from its top: what can be seen of it now. */
  top: number;
  bottom: number;
}

/** How far down the page was seen without a gap, once `band` is seen as well. */
export function seenDownTo(before: number, band: Band): number {
  const gap = band.top > before + 1; // half pixels
  return gap ? before : Math.max(before, band.bottom);
}

/** What a box shows of a page; both in the same coordinates. */
export function bandOf(page: {top: number; height: number}, box: {top: number; bottom: number}): Band {
  const within = (y: number): number => Math.min(Math.max(y - page.top, 0), page.height);
  return {top: within(box.top), bottom: within(box.bottom)};
}
