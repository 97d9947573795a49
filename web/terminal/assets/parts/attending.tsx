// Somebody is there: touches are told to the counter, which asks after a minute without one.
//
// The deadlines are the counter's own; this only shows them.
import {useEffect, useLayoutEffect} from "preact/hooks";
import {Dialog, say} from "../../../shared/assets/live_ui.tsx";
import type {CeremonyCard} from "../../../shared/assets/protocol.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {live, screen} from "./counter.ts";
import {readOut} from "./voice.ts";

const SAY_AGAIN_MS = 5000;
let saidAt = -SAY_AGAIN_MS;

/** The citizen did something; said at most every five seconds. */
export function here(ceremonyId: string, always = false): void {
  if (!always && performance.now() - saidAt < SAY_AGAIN_MS) return;
  saidAt = performance.now();
  void live.ask("ceremony.here", {ceremony_id: ceremonyId});
}

/** Watches for touches while a document is read or signed, and asks when there are none. */
export function Attending(props: {card: CeremonyCard}) {
  const {ceremony_id, asks_at, ends_at} = props.card;
  const asking = Boolean(asks_at && now.value >= Date.parse(asks_at));
  useLayoutEffect(() => {
    const felt = (): void => here(ceremony_id);
    const kinds = ["pointerdown", "keydown", "wheel", "touchmove"];
    for (const kind of kinds) window.addEventListener(kind, felt, {capture: true, passive: true});
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, felt, {capture: true});
    };
  }, [ceremony_id]);
  useEffect(() => {
    if (!asking) return;
    say(t("Are you still there?"));
    readOut(t("Are you still there?"));
  }, [asking, screen.value.language]);
  if (!asking || !ends_at) return null;
  const left = Math.max(0, Math.ceil((Date.parse(ends_at) - now.value) / 1000));
  const stay = (): void => here(ceremony_id, true);
  return (
    <Dialog label={t("Are you still there?")} class="ask ask--idle" onClose={stay}>
      <h2>{t("Are you still there?")}</h2>
      <p class="ask__count" aria-hidden="true">
        {left}
      </p>
      <p>{t("Otherwise the document is taken off the screen. Nothing is signed.")}</p>
      <div class="ask__answers">
        <Press look="go" icon="check" class="press--big" always onPress={stay}>
          {t("I am still here")}
        </Press>
      </div>
    </Dialog>
  );
}
