// The counter's time, once a second: what waits and counts down reads it as a signal.
import {signal} from "@preact/signals";

let ahead_ms = 0;
export const now = signal(Date.now());

/** The counter said what time it is; this machine's clock may be wrong. */
export function synchronise(instant: string): void {
  ahead_ms = Date.parse(instant) - Date.now();
  now.value = Date.now() + ahead_ms;
}

setInterval(() => (now.value = Date.now() + ahead_ms), 1000);
