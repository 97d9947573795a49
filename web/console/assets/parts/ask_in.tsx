// Asking somebody into the call, being asked, and whom this desk is ringing.
import {signal} from "@preact/signals";
import {useEffect} from "preact/hooks";
import {Dialog} from "../../../shared/assets/live_ui.tsx";
import type {CandidateCard, PartyInvite} from "../../../shared/assets/protocol.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {t} from "../../../shared/assets/words.ts";
import {Advice, Button, LanguageTag} from "./controls.tsx";
import {ask, live, refused, screen} from "./counter.ts";

type Purpose = PartyInvite["purpose"];
const RINGS_S = 30;

/** The list is open, for this purpose. */
export const askingFor = signal<Purpose | null>(null);
const found = signal<CandidateCard[] | null>(null);
const stays = signal(false);

export function purposeWords(purpose: Purpose): [string, string] {
  const words: Record<Purpose, [string, string]> = {
    colleague: [t("Join"), t("Speaks with the citizen and you.")],
    interpreter: [t("Interpret"), t("Speaks with the citizen and you, as an interpreter.")],
    consult: [t("Consult"), t("Speaks with you first; the citizen waits until you bring the colleague in.")],
    transfer: [t("Transfer"), t("Takes the case over as soon as it is accepted.")],
  };
  return words[purpose];
}

const seconds = (deadline: string): number => Math.max(0, Math.ceil((Date.parse(deadline) - now.value) / 1000));

async function look(purpose: Purpose): Promise<void> {
  found.value = null;
  const answer = await live.ask("party.candidates", {purpose});
  refused.value = answer.ok ? null : (answer.code ?? "refused");
  found.value = answer.ok ? (answer.candidates as CandidateCard[]) : [];
}

export function AskIn() {
  const purpose = askingFor.value;
  useEffect(() => {
    if (purpose) void look(purpose);
  }, [purpose]);
  if (!purpose) return null;
  const shut = (): void => {
    askingFor.value = null;
    stays.value = false;
  };
  const invite = async (agent: string): Promise<void> => {
    const stay = purpose === "transfer" && stays.value;
    if (await ask("party.invite", {agent, purpose, stay})) return shut();
    const why = refused.value;
    await look(purpose);
    refused.value = why;
  };
  const purposes: Purpose[] = ["colleague", "interpreter", "consult", "transfer"];
  return (
    <Dialog label={t("Ask a colleague")} class="askin" onClose={shut}>
      <h2>{t("Ask a colleague")}</h2>
      <div class="askin__purposes" role="group" aria-label={t("What for")}>
        {purposes.map(one => (
          <Button key={one} always pressed={one === purpose} onPress={() => (askingFor.value = one)}>
            {purposeWords(one)[0]}
          </Button>
        ))}
      </div>
      <p>{purposeWords(purpose)[1]}</p>
      {purpose === "transfer" && (
        <label class="choice">
          <input type="checkbox" checked={stays.value} onChange={event => (stays.value = event.currentTarget.checked)} />
          <span>{t("I stay in the conversation")}</span>
        </label>
      )}
      <Advice />
      {found.value?.length === 0 && <p class="empty">{t("Nobody is free at the moment.")}</p>}
      <ul class="askin__list">
        {(found.value ?? []).map(one => (
          <li key={one.agent_id}>
            <p>
              <strong>{one.name}</strong> <span>{one.department}</span>
              <span class="askin__languages">
                {one.languages.map(tag => (
                  <LanguageTag key={tag} tag={tag} />
                ))}
              </span>
            </p>
            <Button
              look="go"
              label={t("Ask {name}", {name: one.name})}
              onPress={() => void invite(one.agent_id)}
            >
              {t("Ask")}
            </Button>
          </li>
        ))}
      </ul>
      <Button always onPress={shut}>
        {t("Close")}
      </Button>
    </Dialog>
  );
}

/** Whom this desk is ringing; they are not in the call yet. */
export function Asked() {
  const {asked = []} = screen.value;
  return (
    <>
      {asked.map(one => (
        <p key={one.party_id} role="status" data-banner="asked">
          {t("Ringing {name}: {purpose}", {name: one.name, purpose: purposeWords(one.purpose)[0]})} {seconds(one.deadline)}{" "}
          <Button onPress={() => void ask("party.take_back", {party_id: one.party_id})}>{t("Never mind")}</Button>
        </p>
      ))}
    </>
  );
}

/** A colleague asks this desk; drawn like a visitor who rings. */
export function Invitation() {
  const invite = screen.value.invite;
  if (!invite) return null;
  const left = seconds(invite.deadline);
  return (
    <section class="offer offer--invite" role="alert" aria-label={t("A colleague asks you")}>
      <svg class="offer__ring" viewBox="0 0 44 44" aria-hidden="true">
        <circle cx="22" cy="22" r="19" pathLength={1} />
        <circle
          cx="22"
          cy="22"
          r="19"
          pathLength={1}
          class="offer__left"
          style={{strokeDasharray: `${Math.min(1, left / RINGS_S)} 1`}}
        />
        <text x="22" y="27">
          {left}
        </text>
      </svg>
      <p class="offer__who">
        <strong>{purposeWords(invite.purpose)[0]}</strong>
        <span>{t("{name} asks you", {name: invite.asked_by})}</span>
        <span> · {invite.department}</span>
      </p>
      <p class="offer__facts">
        <LanguageTag tag={invite.language} />
        {invite.number} · {invite.service}
      </p>
      <Button look="go" keyName="A" onPress={() => void ask("party.accept", {party_id: invite.party_id})}>
        {t("I come")}
      </Button>
      <Button look="quiet" onPress={() => void ask("party.decline", {party_id: invite.party_id})}>
        {t("Not now")}
      </Button>
    </section>
  );
}
