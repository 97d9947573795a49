// Keyboard shortcuts: single keys, silent inside fields, and they can be switched off (WCAG 2.1.4).
import {signal} from "@preact/signals";

const KEPT = "console.keys";
export const keysOn = signal(localStorage.getItem(KEPT) !== "off");
export const helpOpen = signal(false);

export function switchKeys(on: boolean): void {
  keysOn.value = on;
  localStorage.setItem(KEPT, on ? "on" : "off");
}

/** Whether the event's place wants the key for itself. */
function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest("input, textarea, select, dialog") !== null)
  );
}

/** Carry out `actions[key]` for single keys, for the rest of this page's life. */
export function watchKeys(actions: Record<string, () => void>): void {
  window.addEventListener("keydown", event => {
    if (!keysOn.value || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (typing(event.target)) return;
    const action = actions[event.key.toUpperCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
