// This page's leg: the connection to the counter's media plane, made before anybody is spoken with.
//
// Promise: while media flows it is not touched, whatever happens to the socket (a restarted counter
// does not disturb a call).  When it stops, a new way is looked for on the same connection; when that
// does not help, a new one is made, with growing pauses, until it is back or not wanted any more.
// The counter always offers; we only answer.  Who merely waits sends nothing; while it rings, black
// and silence, so that the first picture need not wait for an encoder to start.
import {signal, untracked} from "@preact/signals";
import {counted, level, type Quality} from "./arriving.ts";
import {type Answer, type AskOptions, pause} from "./live.ts";
import type {LegCard, LegOffered} from "./protocol.ts";
import {own, Sending, type SendingOptions} from "./sending.ts";

export type LegState = "idle" | "joining" | "connected" | "lost";
export type Trouble = "none" | "own" | "other";

/** What a leg needs of `Live`. */
export interface Line {
  ask(event: "leg.join", body: Record<string, never>, options?: AskOptions): Promise<Answer>;
  ask(event: "leg.answer", body: {leg_id: string; sdp: string}, options?: AskOptions): Promise<Answer>;
  ask(event: "leg.restart", body: {leg_id: string; silent: boolean}, options?: AskOptions): Promise<Answer>;
  /** Connect the socket anew: it may hang on a way that is no more. */
  revive(): void;
}

const WATCH_MS = 250;
const CONNECT_MS = 8000;
const FIRST_MS = 3000; // until something arrives at all: the other side may be opening its camera
const SILENT_MS = 1000; // sound comes fifty times a second
const RESTART_MS = 2000; // for a new way to bring something
const ASKED_MS = 800; // an answer that takes longer: the socket hangs as well, on the same dead line
const MAX_DOUBLINGS = 3; // of the patience between questions
const JOIN_PAUSE_MS = 250;
const JOIN_PAUSE_MAX_MS = 2000;

export class Leg {
  readonly sending: Sending;
  readonly state = signal<LegState>("idle");
  /** Whose line it is while the state is `lost`. */
  readonly trouble = signal<Trouble>("none");
  /** Something of the other side has arrived in this call. */
  readonly arrived = signal(false);
  readonly remote = signal<MediaStream | null>(null);
  /** What third parties send, by slot less one; silent and black while nobody is in that slot. */
  readonly others = signal<readonly MediaStream[]>([]);
  readonly quality = signal<Quality>("none");
  /** The browser wants a touch before it plays sound. */
  readonly blocked = signal(false);

  private readonly line: Line;
  private card: LegCard | null = null;
  private callId: string | null = null;
  /** Of the offer that this connection answers. */
  private offered: LegOffered | null = null;
  private pc: RTCPeerConnection | null = null;
  private abort = new AbortController();
  private joining = false;
  private restarting = false;
  private watching = 0;
  private joinedAt = 0;
  private heardAt = 0;
  private restartedAt = 0;
  private askAgainAt = 0;
  private packets = 0;
  private doublings = 0;
  /** Something has arrived on this very connection, in this call. */
  private heard = false;

  constructor(line: Line, options: SendingOptions) {
    this.line = line;
    this.sending = new Sending(options, () => this.pc);
    window.addEventListener("online", () => void this.restart(false));
  }

  /** The connection of this moment, to be counted on and restrained; not to be negotiated. */
  get connection(): RTCPeerConnection | null {
    return this.pc;
  }

  /** Be as the screen says: with a leg or without, in a call or not.  Harmless when repeated. */
  follow(card: LegCard | null, callId: string | null): void {
    untracked(() => this.become(card, callId)); // whoever follows a screen does not follow this leg
  }

  private become(card: LegCard | null, callId: string | null): void {
    const before = this.card;
    this.card = card;
    this.sending.seen = card?.sending ?? false;
    if (callId !== this.callId) {
      this.callId = callId;
      this.heard = this.arrived.value = false;
      this.settled();
    }
    if (!card) {
      if (before) this.leave();
      return;
    }
    if (card.expects && !before?.expects) this.settled();
    if (card.sending && !before?.sending) {
      this.sending.light();
      void this.sending.prepare();
    }
    if (!card.sending && before?.sending) this.sending.rest();
    // What is being made now may satisfy a newer tag: that is known when it was offered.
    if (!this.joining && (!this.offered || card.tag > this.offered.tag)) void this.join();
  }

  private leave(): void {
    this.abort.abort();
    this.close();
    this.sending.rest();
    this.joining = false;
    this.state.value = "idle";
    this.quality.value = "none";
    this.remote.value = null;
    this.others.value = [];
    this.blocked.value = false;
  }

  private async join(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const {signal: abort} = this.abort;
    this.joining = true;
    if (this.state.value !== "lost") this.state.value = "joining";
    for (let attempt = 0; !abort.aborted; attempt++) {
      const offer = await this.line.ask("leg.join", {}, {abort});
      if (abort.aborted) return;
      if (offer.ok && typeof offer.sdp === "string" && typeof offer.tag === "number") {
        try {
          await this.take(offer as Answer & LegOffered, abort);
          if (abort.aborted) return;
          this.joining = false;
          if (this.card && this.card.tag > offer.tag) void this.join();
          return;
        } catch (error) {
          console.warn("leg", error);
        }
      }
      await pause(Math.min(JOIN_PAUSE_MS * 2 ** attempt, JOIN_PAUSE_MAX_MS));
    }
  }

  /** Make a new connection of this offer. */
  private async take(offer: LegOffered, abort: AbortSignal): Promise<void> {
    this.close();
    const pc = new RTCPeerConnection(ways(offer));
    this.pc = pc;
    this.offered = offer;
    const stream = new MediaStream();
    const others = [new MediaStream(), new MediaStream()];
    this.others.value = others;
    pc.ontrack = ({track, transceiver}) => {
      const slot = Math.floor(Number(transceiver.mid) / 2);
      if (slot > 0) {
        others[slot - 1]?.addTrack(track);
        return;
      }
      stream.addTrack(track);
      // Set once per connection: a second srcObject would break the first one's play().
      if (stream.getTracks().length === 2) this.remote.value = stream;
    };
    pc.onconnectionstatechange = () => this.watch();
    this.packets = this.restartedAt = 0;
    this.heard = false;
    this.joinedAt = performance.now();
    this.settled();
    window.clearInterval(this.watching);
    this.watching = window.setInterval(() => void this.look(), WATCH_MS);
    await this.answer(pc, offer, abort);
  }

  /** Answer an offer of this connection: its first, or one that looks for a new way. */
  private async answer(pc: RTCPeerConnection, offer: LegOffered, abort: AbortSignal): Promise<void> {
    await pc.setRemoteDescription({type: "offer", sdp: offer.sdp});
    for (const transceiver of own(pc)) transceiver.direction = "sendrecv";
    await this.sending.send();
    await pc.setLocalDescription();
    if (abort.aborted || pc !== this.pc) return;
    const answered = await this.line.ask(
      "leg.answer",
      {leg_id: offer.leg_id, sdp: pc.localDescription?.sdp ?? ""},
      {abort},
    );
    if (!answered.ok && !abort.aborted) throw new Error(answered.code ?? "leg.answer refused");
  }

  /** Look for a new way.  silent: the old one stands, but nothing arrives; it may be the other side. */
  private async restart(silent: boolean): Promise<void> {
    const {pc, offered} = this;
    const {signal: abort} = this.abort;
    if (!pc || !offered || this.joining || this.restarting) return;
    this.restarting = true;
    const hanging = window.setTimeout(() => {
      if (silent) this.miss("own");
      this.line.revive();
    }, ASKED_MS);
    try {
      const offer = await this.line.ask("leg.restart", {leg_id: offered.leg_id, silent}, {abort});
      if (abort.aborted || pc !== this.pc) return;
      if (offer.code === "other_side_silent") return this.miss("other");
      if (!offer.ok || typeof offer.sdp !== "string") return this.lost();
      if (silent) this.miss("own");
      this.restartedAt = performance.now();
      pc.setConfiguration(ways(offer as Answer & LegOffered));
      await this.answer(pc, offer as Answer & LegOffered, abort);
    } catch (error) {
      console.warn("leg", error);
      if (pc === this.pc) this.lost();
    } finally {
      window.clearTimeout(hanging);
      this.restarting = false;
    }
  }

  private watch(): void {
    const state = this.pc?.connectionState;
    if (state === "connected") this.calm();
    else if (state === "closed") this.lost();
    else if (state === "failed" && this.restartedAt) this.lost();
    else if (state === "disconnected" || state === "failed") {
      if (this.callId) this.miss("own");
      void this.restart(false);
    }
  }

  /** Four times a second: is anything arriving? */
  private async look(): Promise<void> {
    const pc = this.pc;
    if (!pc) return;
    const reports = await pc.getStats();
    if (pc !== this.pc) return;
    const now = performance.now();
    const seen = counted(reports);
    const connected = pc.connectionState === "connected";
    if (seen.packets > this.packets) this.hear(now, connected);
    this.packets = seen.packets;
    this.quality.value = connected ? level(seen) : "none";
    const connecting = pc.connectionState === "new" || pc.connectionState === "connecting";
    if (this.restartedAt) {
      const found = connected && (this.heardAt > this.restartedAt || !this.expecting);
      if (found) this.settled();
      else if (now - this.restartedAt > RESTART_MS) this.lost();
    } else if (connecting && now - this.joinedAt > CONNECT_MS) this.lost();
    else if (connected && this.expecting) {
      const patienceMs = this.heard ? SILENT_MS : FIRST_MS;
      if (now - this.heardAt > patienceMs && now > this.askAgainAt) void this.restart(true);
    }
  }

  private get expecting(): boolean {
    return this.callId !== null && (this.card?.expects ?? false);
  }

  private hear(now: number, connected: boolean): void {
    this.heardAt = now;
    if (!this.callId) return;
    this.heard = this.arrived.value = true;
    this.doublings = this.askAgainAt = 0;
    this.trouble.value = "none";
    if (connected) this.state.value = "connected";
  }

  /** Count patience from now. */
  private settled(): void {
    this.heardAt = performance.now();
    this.restartedAt = this.askAgainAt = this.doublings = 0;
    this.calm();
  }

  /** Connected, and nothing is wrong; who was heard and is not any more is missed until it is. */
  private calm(): void {
    const missed = this.expecting && this.arrived.value && this.trouble.value !== "none";
    if (this.pc?.connectionState !== "connected" || missed) return;
    this.trouble.value = "none";
    this.state.value = "connected";
  }

  private miss(whose: Trouble): void {
    this.doublings = Math.min(this.doublings + 1, MAX_DOUBLINGS);
    this.askAgainAt = performance.now() + (SILENT_MS / 2) * 2 ** this.doublings;
    if (!this.arrived.value) return; // nothing came yet, so nothing was lost
    this.trouble.value = whose;
    this.state.value = "lost";
  }

  private lost(): void {
    if (!this.card) return;
    if (this.trouble.value === "none") this.trouble.value = "own";
    this.state.value = "lost";
    this.quality.value = "none";
    this.close();
    void this.join();
  }

  private close(): void {
    window.clearInterval(this.watching);
    this.offered = null;
    if (!this.pc) return;
    this.pc.onconnectionstatechange = this.pc.ontrack = null;
    this.pc.close();
    this.pc = null;
  }
}

/** By which ways media may go.  The servers are always named, be it none: no browser asks its own. */
function ways(offer: LegOffered): RTCConfiguration {
  return {
    bundlePolicy: "max-bundle",
    iceServers: offer.ice_servers ?? [],
    iceTransportPolicy: offer.relay_only ? "relay" : "all",
  };
}
