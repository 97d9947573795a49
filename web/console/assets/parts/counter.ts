// The console's wiring: one socket, one leg, and the last refusal.
import {computed, signal} from "@preact/signals";
import {Leg} from "../../../shared/assets/leg.ts";
import {Live} from "../../../shared/assets/live.ts";
import type {AgentAsks, DeskScreen} from "../../../shared/assets/protocol.ts";
import {type Language, block} from "../../../shared/assets/words.ts";

interface Config {
  csrf: string;
  /** What the agent chose for the page itself. */
  language: Language;
}

export const config = block<Config>("config");
export const live = new Live<AgentAsks, DeskScreen>("/agent", block("screen"));
export const screen = live.screen;
export const leg = new Leg(live, {documentCamera: null});

/** Code of what did not work, until the next thing that is tried. */
export const refused = signal<string | null>(null);
const asking = signal(0);
export const busy = computed(() => asking.value > 0);

/** Ask, and keep a refusal for the page.  Resolves with whether it worked. */
export async function ask<E extends keyof AgentAsks & string>(
  event: E,
  body: Omit<AgentAsks[E], "key">,
): Promise<boolean> {
  refused.value = null;
  asking.value++;
  try {
    return await askByItself(event, body);
  } finally {
    asking.value--;
  }
}

/** Ask what nobody pressed a button for: no button waits for the answer. */
export async function askByItself<E extends keyof AgentAsks & string>(
  event: E,
  body: Omit<AgentAsks[E], "key">,
): Promise<boolean> {
  const answer = await live.ask(event, body);
  if (!answer.ok) refused.value = answer.code ?? "refused";
  return answer.ok;
}
