// In a call of several: who else is there, and what the citizen sees while waiting in it.
import {effect, signal} from "@preact/signals";
import {SmallPicture} from "../../../shared/assets/others.tsx";
import type {CallCard, PartyCard} from "../../../shared/assets/protocol.ts";
import {lull} from "../../../shared/assets/sounds.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {duration, t} from "../../../shared/assets/words.ts";
import {Press} from "./controls.tsx";
import {leg, screen} from "./counter.ts";

/** Off for those who prefer silence; until the citizen leaves. */
const soundWanted = signal(true);

export function roleWords(party: PartyCard): string {
  if (party.role === "interpreter") return t("Interpreter");
  if (party.role === "supervisor") return t("Supervisor");
  return t("Another member of staff");
}

/** Small pictures of the others, with their names; whoever is hidden has a name only. */
export function Others(props: {call: CallCard}) {
  const others = props.call.parties ?? [];
  if (others.length === 0) return null;
  return (
    <ul class="others" aria-label={t("Also in this conversation")}>
      {others.map(party => (
        <li key={party.key} class="others__one" data-role={party.role}>
          <SmallPicture class="others__picture" leg={leg} party={party} label={party.name} />
          <p>
            <strong>{roleWords(party)}</strong>
            <span>{party.name}</span>
          </p>
        </li>
      ))}
    </ul>
  );
}

/** Calm, and clear that nobody listens meanwhile. */
export function Held(props: {since: string}) {
  return (
    <div class="held" role="status">
      <span class="held__mark" aria-hidden="true" />
      <p class="held__title">{t("One moment, please")}</p>
      <p class="held__why">{t("The agent is looking into your matter and will be back with you.")}</p>
      <p>{t("Meanwhile nobody here sees or hears you.")}</p>
      <p class="held__time" aria-hidden="true">
        {duration((now.value - Date.parse(props.since)) / 1000)}
      </p>
      <Press look="quiet" always pressed={!soundWanted.value} onPress={() => (soundWanted.value = !soundWanted.value)}>
        {soundWanted.value ? t("Silence, please") : t("Sound on again")}
      </Press>
    </div>
  );
}

/** The agent has silenced or hidden this side. */
export function Restrained(props: {call: CallCard}) {
  const {muted, hidden} = props.call;
  if (!muted && !hidden) return null;
  return (
    <div class="stage__note" data-restrained={muted ? "muted" : "hidden"}>
      <p role="status">
        {muted && t("The agent has switched your sound off for now.")}{" "}
        {hidden && t("The agent has switched your picture off for now.")}
      </p>
    </div>
  );
}

effect(() => {
  const {stage, call} = screen.value;
  if (stage === "attract") soundWanted.value = true;
  lull(stage === "call" && !!call?.held_since && soundWanted.value);
});
