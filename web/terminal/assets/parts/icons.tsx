// Line icons, 24 x 24, drawn for this project; always beside a word, never instead of one.
const PATHS = {
  qr: "M3 3h7v7H3zM14 3h7v7h-7zM3 14h7v7H3zM14 14h3v3h-3zM20 14v3M14 20h3M20 20h1M6 6h1M17 6h1M6 17h1",
  ticket: "M3 8a2 2 0 0 0 2-2h14a2 2 0 0 0 2 2v2a2 2 0 0 0 0 4v2a2 2 0 0 0-2 2H5a2 2 0 0 0-2-2v-2a2 2 0 0 0 0-4zM14 7v2M14 11v2M14 15v2",
  paper: "M6 2h8l5 5v15H6zM14 2v5h5M9 12h7M9 16h7",
  camera: "M3 8h4l2-3h6l2 3h4v12H3zM12 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
  person: "M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM4 21c0-4.4 3.6-7 8-7s8 2.6 8 7",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.500 20c0-3.600 2.900-6 6.500-6s6.500 2.400 6.500 6M16 11a3 3 0 1 0-1-5.800M18 14.300c2.200.8 3.500 2.900 3.500 5.700",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l4 2",
  pen: "M4 20l1-5L16.500 3.500l4 4L9 19zM14 6l4 4M4 20h16",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  down: "M5 9l7 7 7-7",
  check: "M4 12.500l5.500 5.500L20 7",
  leave: "M10 4H4v16h6M15 8l4 4-4 4M19 12H9",
  advice: "M12 3l10 18H2zM12 10v5M12 18v.5",
  undo: "M4 9h10a6 6 0 0 1 0 12H8M4 9l5-5M4 9l5 5",
  clear: "M5 7h14M9 7V4h6v3M7 7l1 14h8l1-14",
  erase: "M9 5h12v14H9l-7-7zM12 9l6 6M18 9l-6 6",
  network: "M2 9a15 15 0 0 1 20 0M5 12.500a10 10 0 0 1 14 0M8.500 16a5 5 0 0 1 7 0M12 20v.2",
  play: "M7 4l13 8-13 8z",
  hand: "M8 12V5a1.500 1.500 0 0 1 3 0v6M11 11V3.500a1.500 1.500 0 0 1 3 0V11M14 11V5a1.500 1.500 0 0 1 3 0v9c0 4-2.500 7-6 7-3 0-4.500-1.500-6-4l-2-4a1.500 1.500 0 0 1 2.600-1.500L8 14",
  voice: "M4 9v6h4l5 4V5L8 9zM16 8.500a5 5 0 0 1 0 7M18.500 6a8.500 8.500 0 0 1 0 12",
  muted: "M4 9v6h4l5 4V5L8 9zM16 9l5 6M21 9l-5 6",
  none: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM6 6l12 12",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon(props: {name: IconName}) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[props.name]} />
    </svg>
  );
}
