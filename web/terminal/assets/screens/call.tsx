// The conversation.  The agent's picture is one element for the whole call: what has to be done
// (photograph, read, sign) opens beside it, and the picture only changes its place.
import {computed} from "@preact/signals";
import type {Quality} from "../../../shared/assets/arriving.ts";
import {Picture} from "../../../shared/assets/live_ui.tsx";
import {level} from "../../../shared/assets/quality.ts";
import {now} from "../../../shared/assets/ticking.ts";
import {duration, t} from "../../../shared/assets/words.ts";
import {Advice, Title, Working} from "../parts/controls.tsx";
import {leg, screen} from "../parts/counter.ts";
import {Icon} from "../parts/icons.tsx";
import {Identity} from "../parts/identity.tsx";
import {LineNote} from "../parts/line.tsx";
import {TakeBack} from "../parts/originals.tsx";
import {Recording} from "../parts/recording.tsx";
import {Held, Others, Restrained} from "../parts/others.tsx";
import {Together, shownPage} from "../parts/together.tsx";
import {Announcement, HandDialogs, Hands} from "../parts/hands.tsx";
import {DeviceScan} from "./device_scan.tsx";
import {Fill} from "./fill.tsx";
import {PageAdvice} from "../parts/page_advice.tsx";
import {Papers} from "../parts/papers.tsx";
import {Read} from "./read.tsx";
import {Scan} from "./scan.tsx";
import {Sign} from "./sign.tsx";

const DOTS = {good: "●●●", fair: "●●○", poor: "●○○", none: "○○○"} as const;

function quality(line: Quality): string {
  const words = {
    good: t("Good line"),
    fair: t("Fair line"),
    poor: t("Weak line"),
    none: t("Connecting"),
  };
  return words[line];
}

/** What the agent is sent: whoever is looked at shall see how. */
const sent = computed(() => leg.sending.outgoing.value ?? leg.sending.local.value);

export function Call() {
  const {call, scan, ceremony, filling} = screen.value;
  if (!call) return null;
  const {task} = call;
  const page = task === "talk" ? shownPage() : null;
  const alone = task === "talk" && !page;
  const line = level(leg, call);
  const waiting = call.other_side === "away" || !leg.arrived.value;
  return (
    <section class={`call call--${alone ? "talk" : "task"}`} data-task={task}>
      <div class="stage">
        <Picture class="stage__agent" stream={leg.remote} leg={leg} label={t("The agent")} />
        {waiting && (
          <div class="stage__wait">
            <Working>
              {call.other_side === "away"
                ? t("The agent's line was interrupted. Please wait, the agent comes back.")
                : t("The picture is coming")}
            </Working>
          </div>
        )}
        {call.picture === false && (
          <p class="stage__voice" aria-hidden="true">
            {t("By voice")}
          </p>
        )}
        {leg.sending.local.value && call.picture !== false && (
          <Picture class="stage__self" stream={sent} muted mirrored={!leg.sending.outgoing.value} label={t("You")} />
        )}
        <Others call={call} />
        <LineNote call={call} />
        <Recording />
        <Restrained call={call} />
        {call.held_since && <Held since={call.held_since} />}
        <div class="stage__bar">
          <p class="stage__who">
            <strong>{call.agent_name}</strong>
            <span>{call.department}</span>
          </p>
          <p class={`stage__line stage__line--${line}`}>
            <span aria-hidden="true">{DOTS[line]}</span> {quality(line)}
          </p>
          <p class="stage__time" aria-label={t("Since the start")}>
            {duration((now.value - Date.parse(call.since)) / 1000)}
          </p>
        </div>
      </div>
      <div class="task">
        {task === "scan" && scan ? (
          scan.by_device ? (
            <DeviceScan key={scan.request_id} card={scan} />
          ) : (
            <Scan key={scan.request_id} card={scan} />
          )
        ) : task === "read" && ceremony ? (
          <Read key={`${ceremony.ceremony_id}-${ceremony.revision ?? 1}`} card={ceremony} />
        ) : task === "sign" && ceremony ? (
          <Sign key={ceremony.ceremony_id} card={ceremony} />
        ) : task === "sealing" ? (
          <Sealing since={ceremony?.signed_at} />
        ) : task === "fill" && filling ? (
          <Fill key={filling.draft_id} card={filling} />
        ) : page ? (
          <Together key={page.sha256} page={page} />
        ) : (
          <Talk />
        )}
      </div>
      <Announcement />
      <HandDialogs />
    </section>
  );
}

/** From so many milliseconds on, the services of the department are slow or away. */
const LATE_MS = 8000;

function Sealing(props: {since?: string | null}) {
  const late = props.since && now.value - Date.parse(props.since) > LATE_MS;
  return (
    <div class="sealing">
      <span class="working__wheel" aria-hidden="true" />
      <Title of="sealing">{t("Your signature is being sealed into the document")}</Title>
      <p class="note" role="status">
        {late
          ? t("This takes longer than usual. Your signature is kept safely and the document is finished by itself. You need not do anything; speak with the agent.")
          : t("This takes a few seconds. You need not do anything.")}
      </p>
    </div>
  );
}

function Talk() {
  const {call, identity, ceremony} = screen.value;
  return (
    <div class="talk">
      <h1 class="only-spoken">{t("Conversation with {agent}", {agent: call?.agent_name ?? ""})}</h1>
      {identity && <Identity key={identity.step} card={identity} />}
      <PageAdvice />
      <TakeBack />
      {ceremony?.paused && <Advice code="ceremony_paused" />}
      {!identity && (
        <p class="talk__hint">
          <Icon name="person" />
          {t("Speak normally. The agent tells you when a paper or a signature is needed.")}
        </p>
      )}
      <p class="note">{t("A supervisor may listen to conversations, to keep the service good.")}</p>
      <Hands />
      <Papers />
    </div>
  );
}
