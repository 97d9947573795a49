// What this page counts of its line, said every two seconds of a call; and the ceiling for its
// picture, which is the answer.
//
// Promise: sound comes first.  It is marked so for the browser and the network; the picture has a
// ceiling, and by agreement there is none.  A summary that is not heard is not repeated.
import {effect} from "@preact/signals";
import type {Quality} from "./arriving.ts";
import type {Leg} from "./leg.ts";
import type {Answer} from "./live.ts";
import type {CallCard, LegReport} from "./protocol.ts";

/** What this needs of `Live`. */
export interface Line {
  attempt(event: "leg.report", body: Omit<LegReport, "key">): Promise<Answer | null>;
}

const TICK_MS = 500;
const TICKS = 4; // of a report
const FULL_KBPS = 1500;

/** Say how the line is while there is a call; keep its picture below the ceiling. */
export function watchLine(leg: Leg, line: Line, call: () => CallCard | null): void {
  let callId = "";
  let ceiling = FULL_KBPS;
  let tick = 0;
  let saidAt = 0;
  let before: Counts | null = null;
  let asking = false;

  async function report(): Promise<void> {
    const said = callId;
    const pc = leg.connection;
    const after = await count(pc);
    const now = performance.now();
    const body = {call_id: said, window_ms: Math.round(now - saidAt), ...intent(leg, pc, call()), ...since(before, after)};
    [before, saidAt] = [after, now];
    const answer = await line.attempt("leg.report", body);
    if (answer?.ok && said === callId && typeof answer.video_kbps === "number") ceiling = answer.video_kbps;
  }

  setInterval(() => {
    // Between calls too: a leg that stays connected begins the next one without a ceiling.
    if (leg.connection) void restrain(leg.connection, ceiling, call()?.picture ?? true);
    if (!callId || ++tick % TICKS || asking) return;
    asking = true;
    void report().finally(() => (asking = false));
  }, TICK_MS);

  effect(() => {
    const id = call()?.call_id ?? "";
    if (id === callId) return;
    // What was counted in the last call on this connection stays counted there.
    [callId, ceiling, tick, saidAt] = [id, FULL_KBPS, 0, performance.now()];
  });
}

interface Counts {
  pc: RTCPeerConnection | null;
  received: number;
  lost: number;
  frozenS: number;
  bufferS: number;
  bufferCount: number;
  rttS: number | null;
  availableBps: number | null;
  limitedBy: string;
}

async function count(pc: RTCPeerConnection | null): Promise<Counts> {
  const sum: Counts = {
    ...{pc, received: 0, lost: 0, frozenS: 0, bufferS: 0, bufferCount: 0},
    ...{rttS: null, availableBps: null, limitedBy: "none"},
  };
  (await pc?.getStats())?.forEach((one: Record<string, unknown>) => {
    if (one.type === "inbound-rtp") {
      sum.received += Number(one.packetsReceived ?? 0);
      sum.lost += Number(one.packetsLost ?? 0);
      if (one.kind === "video") sum.frozenS += Number(one.totalFreezesDuration ?? 0);
      if (one.kind === "audio") {
        sum.bufferS += Number(one.jitterBufferDelay ?? 0);
        sum.bufferCount += Number(one.jitterBufferEmittedCount ?? 0);
      }
    } else if (one.type === "candidate-pair" && one.nominated && one.state === "succeeded") {
      if (typeof one.currentRoundTripTime === "number") sum.rttS = one.currentRoundTripTime;
      if (typeof one.availableOutgoingBitrate === "number") sum.availableBps = one.availableOutgoingBitrate;
    } else if (one.type === "outbound-rtp" && one.kind === "video" && one.qualityLimitationReason) {
      sum.limitedBy = String(one.qualityLimitationReason);
    }
  });
  return sum;
}

/** What was counted since; all of it when the connection is a new one. */
function since(before: Counts | null, after: Counts) {
  const old = before?.pc === after.pc ? before : null;
  const emitted = after.bufferCount - (old?.bufferCount ?? 0);
  const buffer = after.bufferS - (old?.bufferS ?? 0);
  const limits = ["none", "bandwidth", "cpu"] as const;
  return {
    received: whole(after.received - (old?.received ?? 0)),
    lost: whole(after.lost - (old?.lost ?? 0)),
    frozen_ms: whole((after.frozenS - (old?.frozenS ?? 0)) * 1000),
    jitter_buffer_ms: emitted > 0 ? whole((buffer / emitted) * 1000) : null,
    rtt_ms: after.rttS === null ? null : whole(after.rttS * 1000),
    available_kbps: after.availableBps === null ? null : whole(after.availableBps / 1000),
    limited_by: limits.find(one => one === after.limitedBy) ?? ("other" as const),
  };
}

const whole = (number: number): number => Math.min(Math.max(Math.round(number), 0), 600_000);

function intent(leg: Leg, pc: RTCPeerConnection | null, call: CallCard | null) {
  return {
    connected: pc?.connectionState === "connected",
    camera: leg.sending.camera.value === "good" && leg.sending.cameraOn.value && (call?.picture ?? true),
    microphone: leg.sending.microphone.value === "good",
  };
}

const raised = new WeakSet<RTCRtpSender>();

/** Set what the browser may spend on each of the two streams that we send. */
async function restrain(pc: RTCPeerConnection, kbps: number, picture: boolean): Promise<void> {
  for (const {sender} of pc.getTransceivers().filter(({mid}) => Number(mid) <= 1)) {
    if (!sender.track) continue;
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings ?? [];
    if (!encoding) continue;
    if (sender.track.kind === "audio") {
      if (raised.has(sender)) continue;
      raised.add(sender); // once: a browser that does not know priorities forgets them
      encoding.priority = encoding.networkPriority = "high";
    } else {
      if (encoding.maxBitrate === kbps * 1000 && encoding.active === picture) continue;
      encoding.maxBitrate = kbps * 1000;
      encoding.active = picture;
      // A face that moves is worth more than one that is sharp.
      parameters.degradationPreference = kbps < FULL_KBPS ? "maintain-framerate" : "balanced";
    }
    await sender.setParameters(parameters).catch(() => undefined); // tried again with the next tick
  }
}

/** How the own line is, in the three steps that the screens have a shape for. */
export function level(leg: Leg, call: CallCard | null): Quality {
  if (leg.quality.value === "none") return "none";
  const own = call?.lines?.find(line => line.whose === "own");
  return own ? ({weak: "fair", bad: "poor"} as const)[own.verdict] : "good";
}
