// The terminal's wiring: one socket, one leg, and the last refusal.
import {computed, signal} from "@preact/signals";
import {Leg} from "../../../shared/assets/leg.ts";
import {Live} from "../../../shared/assets/live.ts";
import type {TerminalAsks, TerminalScreen} from "../../../shared/assets/protocol.ts";
import {block} from "../../../shared/assets/words.ts";

interface Config {
  csrf: string;
  /** Part of the document camera's label, or "" when the face camera photographs papers too. */
  document_camera: string;
  printing: "page" | "none";
  /** Address of the QR reader's WebAssembly. */
  qr_wasm: string;
}

export const config = block<Config>("config");
export const live = new Live<TerminalAsks, TerminalScreen>("/terminal", block("screen"));
export const screen = live.screen;
export const leg = new Leg(live, {
  documentCamera: config.document_camera,
  onDevices: (camera, microphone) => void live.ask("device.report", {camera, microphone}),
});

/** Code of what did not work, until the next thing that is tried. */
export const refused = signal<string | null>(null);
const asking = signal(0);
/** Something is on its way: buttons that would ask again wait. */
export const busy = computed(() => asking.value > 0);

/** Ask, and keep a refusal for the screen.  Resolves with whether it worked. */
export async function ask<E extends keyof TerminalAsks & string>(
  event: E,
  body: Omit<TerminalAsks[E], "key">,
): Promise<boolean> {
  refused.value = null;
  asking.value++;
  try {
    const answer = await live.ask(event, body);
    refused.value = answer.ok ? null : (answer.code ?? "refused");
    return answer.ok;
  } finally {
    asking.value--;
  }
}
