// Who waits, longest first, and the ticket that rings.
import type {QueueRow} from "../../../shared/assets/protocol.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {clock, duration, t} from "../../../shared/assets/words.ts";
import {Button, LanguageTag} from "./controls.tsx";
import {ask, screen} from "./counter.ts";
import {Calls} from "./supervise.tsx";

const since = (instant: string): string => duration((now.value - Date.parse(instant)) / 1000);

/** Somebody whose call is on waits no more: shown below, and not counted. */
export function Queue() {
  const waiting = screen.value.queue.filter(row => row.state !== "active");
  const served = screen.value.queue.filter(row => row.state === "active");
  return (
    <section class="queue" aria-labelledby="queue" tabIndex={0}>
      <h2 id="queue">
        {t("Waiting")} <span class="count">{waiting.length}</span>
      </h2>
      {waiting.length === 0 ? (
        <p class="empty">{t("Nobody is waiting. New visitors appear here by themselves.")}</p>
      ) : (
        <Rows rows={waiting} />
      )}
      {served.length > 0 && (
        <>
          <h3>{t("In a call")}</h3>
          <Rows rows={served} />
        </>
      )}
      <Calls />
    </section>
  );
}

function Rows(props: {rows: readonly QueueRow[]}) {
  return (
    <ol>
      {props.rows.map(row => (
        <li key={row.ticket_id} class={`row row--${row.state}`}>
          <p class="row__head">
            <strong class="row__number">{row.number}</strong>
            {row.booked && (
              <span class="tag tag--booked">
                {row.starts_at ? t("Booked {time}", {time: clock(row.starts_at)}) : t("Booked")}
              </span>
            )}
            {row.state !== "active" && (
              <span class="row__since" aria-label={t("Waiting for {time}", {time: since(row.waiting_since)})}>
                {since(row.waiting_since)}
              </span>
            )}
          </p>
          <p class="row__service">{row.service}</p>
          <p class="row__place">
            <LanguageTag tag={row.language} /> {row.site}
          </p>
        </li>
      ))}
    </ol>
  );
}

/** Rings beside what is being done, never over it: a half-typed form stays as it is. */
export function Offer() {
  const offer = screen.value.offer;
  if (!offer) return null;
  const left = Math.max(0, Math.ceil((Date.parse(offer.deadline) - now.value) / 1000));
  const share = Math.min(1, left / 20);
  return (
    <section class="offer" role="alert" aria-label={t("A visitor is calling")}>
      <svg class="offer__ring" viewBox="0 0 44 44" aria-hidden="true">
        <circle cx="22" cy="22" r="19" pathLength={1} />
        <circle cx="22" cy="22" r="19" pathLength={1} class="offer__left" style={{strokeDasharray: `${share} 1`}} />
        <text x="22" y="27">
          {left}
        </text>
      </svg>
      <p class="offer__who">
        <strong>{offer.number}</strong>
        <span>{offer.service}</span>
      </p>
      <p class="offer__facts">
        <LanguageTag tag={offer.language} />
        {t("Waiting for {time}", {time: since(offer.waiting_since)})}
      </p>
      <Button look="go" keyName="A" onPress={() => void ask("offer.accept", {pairing_id: offer.pairing_id})}>
        {t("Answer")}
      </Button>
      <Button look="quiet" onPress={() => void ask("offer.decline", {pairing_id: offer.pairing_id})}>
        {t("Not now")}
      </Button>
    </section>
  );
}
