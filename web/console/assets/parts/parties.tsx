// Everybody in the call beside the large picture, and what its agent can do with them.
import {effect} from "@preact/signals";
import {say} from "../../../shared/assets/live_ui.tsx";
import {SmallPicture} from "../../../shared/assets/others.tsx";
import type {CallCard, PartyCard} from "../../../shared/assets/protocol.ts";
import {chime} from "../../../shared/assets/sounds.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {duration, t} from "../../../shared/assets/words.ts";
import {Button} from "./controls.tsx";
import {ask, leg, screen} from "./counter.ts";

const REMIND_MS = 60_000;

export function roleWords(role: PartyCard["role"]): string {
  const words: Record<PartyCard["role"], string> = {
    citizen: t("The citizen"),
    agent: t("Leads the conversation"),
    colleague: t("Colleague"),
    interpreter: t("Interpreter"),
    consult: t("Consulted"),
    transfer: t("Takes over"),
    supervisor: t("Supervisor"),
  };
  return words[role];
}

export function modeWords(mode: PartyCard["mode"]): string {
  return {listen: t("Listens"), whisper: t("Whispers to the agent"), full: t("Takes part")}[mode];
}

/** lead: this desk leads the call, so it may silence, hide and send away. */
export function Parties(props: {call: CallCard; lead: boolean}) {
  const {parties = []} = props.call;
  const citizen = parties.find(one => one.role === "citizen");
  const others = parties.filter(one => one !== citizen);
  if (others.length === 0) return null;
  return (
    <ul class="parties" aria-label={t("Also in this conversation")}>
      {others.map(party => (
        <li key={party.key} class="party" data-role={party.role} data-mode={party.mode}>
          {party.mode !== "listen" && (
            <SmallPicture class="party__picture" leg={leg} party={party} label={party.name} />
          )}
          <p class="party__who">
            <strong>{party.name}</strong>
            <span>{roleWords(party.role)}</span>
            {party.role === "supervisor" && <span>{modeWords(party.mode)}</span>}
            {party.aside && <span>{t("Aside: the citizen does not hear this")}</span>}
            {party.muted && <span>{t("Sound switched off")}</span>}
          </p>
          {props.lead && party.party_id && party.role !== "supervisor" && <Tools party={party} id={party.party_id} />}
        </li>
      ))}
      {props.lead && citizen && (
        <li class="party" data-role="citizen">
          <p class="party__who">
            <strong>{roleWords("citizen")}</strong>
          </p>
          <p class="party__tools">
            <Limits party={citizen} />
          </p>
        </li>
      )}
    </ul>
  );
}

function Tools(props: {party: PartyCard; id: string}) {
  const {party, id} = props;
  return (
    <p class="party__tools">
      {party.aside && (
        <Button look="go" onPress={() => void ask("party.bring_in", {party_id: id})}>
          {t("Bring in")}
        </Button>
      )}
      <Limits party={party} />
      <Button onPress={() => void ask("party.hand_over", {party_id: id})}>{t("Hand over")}</Button>
      <Button onPress={() => void ask("party.remove", {party_id: id})}>{t("Let go")}</Button>
    </p>
  );
}

/** Sound and picture of one, switched off and on for all the others. */
function Limits(props: {party: PartyCard}) {
  const {owner, muted, hidden} = props.party;
  return (
    <>
      <Button pressed={muted} onPress={() => void ask("call.mute", {owner, muted: !muted})}>
        {muted ? t("Sound on again") : t("Sound off")}
      </Button>
      <Button pressed={hidden} onPress={() => void ask("call.hide", {owner, hidden: !hidden})}>
        {hidden ? t("Picture on again") : t("Picture off")}
      </Button>
    </>
  );
}

/** Over the large picture while the citizen waits; after a minute it reminds. */
export function OnHold(props: {since: string; lead: boolean}) {
  const ms = now.value - Date.parse(props.since);
  return (
    <div class="onhold" role="status" data-long={ms >= REMIND_MS ? "yes" : undefined}>
      <p>
        <strong>{t("The citizen waits")}</strong> {duration(ms / 1000)}
      </p>
      <p>{t("The citizen neither hears you nor is heard.")}</p>
      {ms >= REMIND_MS && <p>{t("This is getting long: say a word to the citizen in between.")}</p>}
      {props.lead && (
        <Button look="go" onPress={() => void ask("call.hold", {on: false})}>
          {t("Go on with the citizen")}
        </Button>
      )}
    </div>
  );
}

/** What this desk was told about itself. */
export function Restrained(props: {call: CallCard}) {
  const {muted, hidden} = props.call;
  if (!muted && !hidden) return null;
  return (
    <p role="status" data-banner="restrained">
      {muted && t("The agent of this call has switched your sound off.")}{" "}
      {hidden && t("The agent of this call has switched your picture off.")}
    </p>
  );
}

// A citizen who waits is not forgotten: each minute a sound and a line for screen readers.
let reminded = 0;
effect(() => {
  const since = screen.value.case?.call?.held_since;
  const minutes = since ? Math.floor((now.value - Date.parse(since)) / REMIND_MS) : 0;
  if (minutes > reminded) {
    chime();
    say(t("The citizen is still waiting."));
  }
  reminded = minutes;
});
