// From the first touch to a place in the queue.
import {signal} from "@preact/signals";
import {useLayoutEffect, useRef} from "preact/hooks";
import type {Choice} from "../../../shared/assets/protocol.ts";
import {LANGUAGE_NAMES, clock, day, refusal, t} from "../../../shared/assets/words.ts";
import {Advice, Bring, Press, Title, heard} from "../parts/controls.tsx";
import {ask, screen} from "../parts/counter.ts";
import {Icon} from "../parts/icons.tsx";

/** A touch on a language speaks it at once; a touch anywhere else keeps the one shown. */
export function Attract() {
  const begin = (): void => {
    if (heard()) void ask("screen.open", {stage: "start"});
  };
  return (
    <section class="attract">
      <div class="attract__tiles" aria-hidden="true" onClick={begin} />
      <div class="attract__words" onClick={begin}>
        <h1>{t("Be served here, face to face")}</h1>
        <p class="lead">{t("Departments on the other side of the border, by video: papers, forms and signature in one sitting.")}</p>
      </div>
      <Press look="go" icon="hand" class="attract__begin" onPress={() => void ask("screen.open", {stage: "start"})}>
        {t("Touch to start")}
      </Press>
      <div class="attract__languages" role="group" aria-label={t("Language")}>
        {LANGUAGE_NAMES.map(([tag, name]) => (
          <Press
            key={tag}
            look="quiet"
            lang={tag}
            pressed={tag === screen.value.language}
            onPress={() =>
              void ask("language.choose", {language: tag}).then(ok => ok && ask("screen.open", {stage: "start"}))
            }
          >
            {name}
          </Press>
        ))}
      </div>
      <Advice />
    </section>
  );
}

export function Start() {
  return (
    <section class="step">
      <Title of="start" lead={t("You will speak with an agent by video. Papers are photographed here; you sign on this screen.")}>
        {t("Do you have an appointment?")}
      </Title>
      <Advice />
      <div class="cards cards--two">
        <Press look="card" icon="qr" onPress={() => void ask("screen.open", {stage: "reference"})}>
          <strong>{t("I have an appointment")}</strong>
          <small>{t("Have your QR code or your reference ready")}</small>
        </Press>
        <Press look="card" icon="ticket" onPress={() => void ask("screen.open", {stage: "departments"})}>
          <strong>{t("I have none")}</strong>
          <small>{t("Choose a service and take a number")}</small>
        </Press>
      </div>
    </section>
  );
}

export function Back(props: {to: "attract" | "start" | "departments"}) {
  return (
    <Press look="quiet" icon="back" class="back" onPress={() => void ask("screen.open", {stage: props.to})}>
      {t("Back")}
    </Press>
  );
}

function Choices(props: {choices: readonly Choice[]; choose: (id: string) => void}) {
  if (!props.choices.length) {
    return <p class="empty">{t("Nothing can be chosen here at the moment. Please speak to the staff.")}</p>;
  }
  return (
    <ul class="choices">
      {props.choices.map(({id, name, hint, unavailable}) => (
        <li key={id}>
          <Press look="card" disabled={Boolean(unavailable)} onPress={() => props.choose(id)}>
            <strong>{name}</strong>
            {(unavailable || hint) && <small>{unavailable ? refusal(unavailable)[0] : hint}</small>}
          </Press>
        </li>
      ))}
    </ul>
  );
}

export function Departments() {
  return (
    <section class="step">
      <Title of="departments">{t("Which department do you need?")}</Title>
      <Advice />
      <Choices
        choices={screen.value.choices ?? []}
        choose={department => void ask("screen.open", {stage: "services", department})}
      />
      <Back to="start" />
    </section>
  );
}

export function Services() {
  return (
    <section class="step">
      <Title of="services" lead={screen.value.chosen_department}>
        {t("What do you need?")}
      </Title>
      <Advice />
      <Choices choices={screen.value.choices ?? []} choose={service => void ask("ticket.take", {service})} />
      <Back to="departments" />
    </section>
  );
}

export function Confirm() {
  const arrival = screen.value.arrival;
  if (!arrival) return null;
  return (
    <section class="step">
      <Title of="confirm">{t("Is this your appointment?")}</Title>
      <Advice />
      <dl class="facts">
        <div>
          <dt>{t("Department")}</dt>
          <dd>{arrival.department}</dd>
        </div>
        <div>
          <dt>{t("Service")}</dt>
          <dd>{arrival.service}</dd>
        </div>
        <div>
          <dt>{t("Time")}</dt>
          <dd>
            {day(arrival.starts_at)} <strong class="facts__time">{clock(arrival.starts_at)}</strong>
          </dd>
        </div>
      </dl>
      <Bring papers={arrival.bring} />
      <div class="answers">
        <Press look="go" icon="check" onPress={() => void ask("arrival.confirm", {})}>
          {t("Yes, this is mine")}
        </Press>
        <Press look="quiet" icon="back" onPress={() => void ask("screen.open", {stage: "reference"})}>
          {t("No, try again")}
        </Press>
      </div>
    </section>
  );
}

const leaving = signal(false);

export function Waiting() {
  const ticket = screen.value.ticket;
  const number = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => number.current?.focus(), []);
  if (!ticket) return null;
  return (
    <section class={`waiting${ticket.ringing ? " waiting--ringing" : ""}`}>
      <div class="number" ref={number} tabIndex={-1}>
        <h1>
          <span>{t("Your number")}</span>
          <strong>{ticket.number}</strong>
        </h1>
        <p>
          {ticket.department} · {ticket.service}
        </p>
      </div>
      <div class="wait" role="status">
        <WaitWords />
      </div>
      <Bring papers={ticket.bring} />
      <p class="note">
        {t("Stay at this terminal: the agent appears on this screen.")}{" "}
        {t("A supervisor may listen to conversations, to keep the service good.")}
      </p>
      <Advice />
      {!leaving.value ? (
        <Press look="quiet" icon="leave" onPress={() => (leaving.value = true)}>
          {t("Leave the queue")}
        </Press>
      ) : (
        <div class="answers" role="group" aria-label={t("Leave the queue?")}>
          {ticket.again_until && (
            <p>
              {t("Your appointment stays: until {time} you can check in again with the same reference.", {
                time: clock(ticket.again_until),
              })}
            </p>
          )}
          <Press look="main" onPress={() => (leaving.value = false)}>
            {t("Stay")}
          </Press>
          <Press
            look="end"
            icon="leave"
            onPress={() => void ask("ticket.leave", {}).then(() => (leaving.value = false))}
          >
            {t("Give up my place")}
          </Press>
        </div>
      )}
    </section>
  );
}

function WaitWords() {
  const ticket = screen.value.ticket;
  if (!ticket) return null;
  if (ticket.ringing) {
    return (
      <p class="wait__big wait__big--ringing">
        <span class="rings" aria-hidden="true">
          <i />
          <i />
          <i />
        </span>
        {t("It is your turn: an agent is being called")}
      </p>
    );
  }
  return (
    <>
      {ticket.reconnecting && (
        <p class="wait__note">{t("The agent was lost. You stand first in line and are called again.")}</p>
      )}
      <p class="wait__big">
        <Icon name="people" />
        {ticket.ahead > 0
          ? t("Before you: {n}", {n: ticket.ahead})
          : ticket.agents_on_duty === 0
            ? t("You are first in line")
            : t("You are next")}
      </p>
      {ticket.agents_on_duty === 0 ? (
        <p class="wait__range">{t("No agent is on duty at the moment. You keep your place; you may also leave and book a time.")}</p>
      ) : (
        <p class="wait__range">
          <Icon name="clock" />
          {ticket.wait_to_min <= 1
            ? t("Less than a minute")
            : t("About {from} to {to} minutes", {from: ticket.wait_from_min, to: ticket.wait_to_min})}
        </p>
      )}
    </>
  );
}
