// One side of a call: joins, answers the counter's offer, and joins again when the picture is lost.
//
// Promise: while media flows it is not touched, whatever happens to the socket (a restarted counter
// does not disturb a call); when it stops, it is joined again with growing pauses until it is back
// or the call has ended.  The counter always offers; we only answer.
import {signal} from "@preact/signals";
import {type Devices, type Found, openFace} from "./cameras.ts";
import {type Answer, type AskOptions, pause} from "./live.ts";

export type LegState = "idle" | "joining" | "connected" | "lost";
export type Quality = "none" | "poor" | "fair" | "good";

/** What a leg needs of `Live`. */
export interface Line {
  ask(event: "leg.join", body: Record<string, never>, options?: AskOptions): Promise<Answer>;
  ask(event: "leg.answer", body: {leg_id: string; sdp: string}, options?: AskOptions): Promise<Answer>;
}

export interface LegOptions {
  /** Part of the document camera's label, `""` when unknown; null when no papers are photographed. */
  documentCamera: string | null;
  /** Told whenever the camera or the microphone turned out to be good, refused or missing. */
  onDevices?(camera: Found, microphone: Found): void;
}

const WATCH_MS = 500;
const CONNECT_MS = 8000;
const SILENT_MS = 3000;
const MAX_FRUITLESS = 2;
const DEVICES_MS = 1500; // a question for permission must not keep the other side's picture away
const SENT_HEIGHT_PX = 720;

export class Leg {
  readonly state = signal<LegState>("idle");
  readonly local = signal<MediaStream | null>(null);
  readonly remote = signal<MediaStream | null>(null);
  readonly camera = signal<Found | null>(null);
  readonly microphone = signal<Found | null>(null);
  readonly cameraOn = signal(true);
  readonly microphoneOn = signal(true);
  readonly quality = signal<Quality>("none");
  /** The browser wants a touch before it plays sound. */
  readonly blocked = signal(false);
  /** How often this page joined; the first join of a call counts. */
  joins = 0;

  private readonly line: Line;
  private readonly options: LegOptions;
  private callId: string | null = null;
  private otherSide: "present" | "away" = "away";
  private pc: RTCPeerConnection | null = null;
  private abort = new AbortController();
  private devices: Devices | null = null;
  private opening: Promise<void> | null = null;
  private shown: MediaStreamTrack | null = null;
  private watching = 0;
  private joinedAt = 0;
  private heardAt = 0;
  private packets = 0;
  private troubledSince = 0;
  private fruitless = 0;
  /** Something of the other side has arrived in this call. */
  private heard = false;

  constructor(line: Line, options: LegOptions) {
    this.line = line;
    this.options = options;
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.lookAgain());
  }

  /** Open camera and microphone before the call begins, so that its first picture comes sooner. */
  prepare(): Promise<void> {
    this.opening ??= this.open();
    return this.opening;
  }

  /** Be in this call, or in none.  Harmless when repeated. */
  follow(callId: string | null, otherSide: "present" | "away" = "away"): void {
    if (otherSide === "present" && this.otherSide === "away") {
      this.heardAt = performance.now();
      this.fruitless = 0;
    }
    this.otherSide = otherSide;
    if (callId === this.callId) return;
    this.leave();
    this.callId = callId;
    if (callId) void this.join();
  }

  /** Join again now: the call was moved to another media process. */
  again(): void {
    if (this.callId) void this.join();
  }

  setMicrophone(on: boolean): void {
    this.microphoneOn.value = on;
    if (this.devices?.audio) this.devices.audio.enabled = on;
  }

  setCamera(on: boolean): void {
    this.cameraOn.value = on;
    if (this.devices?.video) this.devices.video.enabled = on;
  }

  /** Send this picture instead of the face (the document camera), or the face again. */
  show(track: MediaStreamTrack | null): void {
    this.shown = track;
    void this.send();
  }

  private leave(): void {
    this.abort.abort();
    this.close();
    window.clearInterval(this.watching);
    for (const track of [this.devices?.audio, this.devices?.video]) track?.stop();
    this.devices = this.opening = this.shown = null;
    this.callId = null;
    this.fruitless = 0;
    this.heard = false;
    this.state.value = "idle";
    this.quality.value = "none";
    this.local.value = this.remote.value = null;
    this.camera.value = this.microphone.value = null;
    this.blocked.value = false;
  }

  private async open(): Promise<void> {
    const found = await openFace(this.options.documentCamera);
    this.devices = found;
    if (found.video) found.video.contentHint = "motion";
    for (const track of [found.audio, found.video]) {
      track?.addEventListener("ended", () => void this.lookAgain());
    }
    this.setMicrophone(this.microphoneOn.value);
    this.setCamera(this.cameraOn.value);
    this.local.value = found.video ? new MediaStream([found.video]) : null;
    this.camera.value = found.camera;
    this.microphone.value = found.microphone;
    this.options.onDevices?.(found.camera, found.microphone);
    await this.send();
  }

  /** Something was plugged in or pulled out: open again what is not there. */
  private async lookAgain(): Promise<void> {
    if (!this.devices) return;
    const {audio, video} = this.devices;
    if (audio?.readyState === "live" && video?.readyState === "live") return;
    audio?.stop();
    video?.stop();
    this.opening = this.open();
    await this.opening;
  }

  private async join(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const {signal: abort} = this.abort;
    if (this.state.value !== "lost") this.state.value = "joining";
    await Promise.race([this.prepare(), pause(DEVICES_MS)]);
    for (let attempt = 0; !abort.aborted; attempt++) {
      this.joins++;
      const offer = await this.line.ask("leg.join", {}, {abort});
      if (abort.aborted) return;
      if (offer.ok && typeof offer.sdp === "string" && typeof offer.leg_id === "string") {
        try {
          await this.answer(offer.leg_id, offer.sdp, abort);
          return;
        } catch (error) {
          console.warn("leg", error);
        }
      }
      await pause(Math.min(500 * 2 ** attempt, 5000));
    }
  }

  private async answer(legId: string, sdp: string, abort: AbortSignal): Promise<void> {
    this.close();
    const pc = new RTCPeerConnection({bundlePolicy: "max-bundle", iceServers: []});
    this.pc = pc;
    const stream = new MediaStream();
    pc.ontrack = ({track}) => {
      stream.addTrack(track);
      // Set once per connection: a second srcObject would break the first one's play().
      if (track.kind === "video" || stream.getTracks().length === 2) this.remote.value = stream;
    };
    pc.onconnectionstatechange = () => this.watch();
    await pc.setRemoteDescription({type: "offer", sdp});
    for (const transceiver of pc.getTransceivers()) transceiver.direction = "sendrecv";
    await this.send();
    await pc.setLocalDescription();
    if (abort.aborted) return;
    this.joinedAt = this.heardAt = performance.now();
    this.troubledSince = this.packets = 0;
    window.clearInterval(this.watching);
    this.watching = window.setInterval(() => void this.look(), WATCH_MS);
    const answered = await this.line.ask(
      "leg.answer",
      {leg_id: legId, sdp: pc.localDescription?.sdp ?? ""},
      {abort},
    );
    if (!answered.ok && !abort.aborted) throw new Error(answered.code ?? "leg.answer refused");
  }

  /** Put what we have on the line; no new negotiation is needed for it. */
  private async send(): Promise<void> {
    for (const {sender, receiver} of this.pc?.getTransceivers() ?? []) {
      const video = receiver.track.kind === "video";
      const track = video ? (this.shown ?? this.devices?.video) : this.devices?.audio;
      await sender.replaceTrack(track?.readyState === "live" ? track : null);
      const height = track?.getSettings().height ?? SENT_HEIGHT_PX;
      const parameters = sender.getParameters();
      const encoding = parameters.encodings?.[0];
      if (video && encoding && height > SENT_HEIGHT_PX) {
        encoding.scaleResolutionDownBy = height / SENT_HEIGHT_PX;
        await sender.setParameters(parameters).catch(() => undefined); // only a saving
      }
    }
  }

  private watch(): void {
    const state = this.pc?.connectionState;
    if (state === "connected") {
      // Who was heard and is not any more is missed until the first packet; see `look`.
      if (!(this.heard && this.state.value === "lost")) this.state.value = "connected";
      this.troubledSince = 0;
    } else if (state === "failed" || state === "closed") this.lost();
    else if (state === "disconnected") this.troubledSince ||= performance.now();
  }

  /** Twice a second: is anything arriving? */
  private async look(): Promise<void> {
    const pc = this.pc;
    if (!pc) return;
    const reports = await pc.getStats();
    if (pc !== this.pc) return;
    const now = performance.now();
    const seen = read(reports);
    if (seen.packets > this.packets) {
      this.heardAt = now;
      this.fruitless = 0;
      this.heard = true;
      if (pc.connectionState === "connected") this.state.value = "connected";
    }
    this.packets = seen.packets;
    this.quality.value = pc.connectionState === "connected" ? level(seen) : "none";
    const connecting = pc.connectionState === "new" || pc.connectionState === "connecting";
    if (connecting && now - this.joinedAt > CONNECT_MS) return this.lost();
    if (this.troubledSince && now - this.troubledSince > SILENT_MS) return this.lost();
    // Only when the other side is there can silence be a fault; each try waits longer than the last.
    // A side without camera and microphone is silent for good: joining again would only stop the
    // picture that it gets from us, so two tries without a single packet are enough.
    const silent = this.otherSide === "present" && pc.connectionState === "connected";
    const patienceMs = SILENT_MS * 2 ** this.fruitless;
    if (silent && this.fruitless < MAX_FRUITLESS && now - this.heardAt > patienceMs) {
      this.fruitless++;
      this.lost();
    }
  }

  private lost(): void {
    if (!this.callId) return;
    this.state.value = "lost";
    this.quality.value = "none";
    this.close();
    void this.join();
  }

  private close(): void {
    window.clearInterval(this.watching);
    if (!this.pc) return;
    this.pc.onconnectionstatechange = this.pc.ontrack = null;
    this.pc.close();
    this.pc = null;
  }
}

interface Seen {
  packets: number;
  lost: number;
  rttMs: number;
}

function read(reports: RTCStatsReport): Seen {
  const seen: Seen = {packets: 0, lost: 0, rttMs: 0};
  reports.forEach((report: Record<string, unknown>) => {
    if (report.type === "inbound-rtp") {
      seen.packets += Number(report.packetsReceived ?? 0);
      seen.lost += Number(report.packetsLost ?? 0);
    } else if (report.type === "candidate-pair" && report.nominated) {
      seen.rttMs = Number(report.currentRoundTripTime ?? 0) * 1000;
    }
  });
  return seen;
}

function level({packets, lost, rttMs}: Seen): Quality {
  const share = lost / Math.max(1, packets + lost);
  if (rttMs > 400 || share > 0.08) return "poor";
  return rttMs > 200 || share > 0.03 ? "fair" : "good";
}
