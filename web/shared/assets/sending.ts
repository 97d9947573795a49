// What this page sends: its camera and microphone, a part of the picture, another picture.
//
// Promise: nothing of it needs a new negotiation, and until the screen says that we are seen it is
// black and silence.
import {signal} from "@preact/signals";
import {Amplifier} from "./amplify.ts";
import {type Devices, type Found, openFace} from "./cameras.ts";
import {Cropper} from "./crop.ts";
import type {Crop} from "./protocol.ts";

export interface SendingOptions {
  /** Part of the document camera's label, `""` when unknown; null when no papers are photographed. */
  documentCamera: string | null;
  /** Told whenever the camera or the microphone turned out to be good, refused or missing. */
  onDevices?(camera: Found, microphone: Found): void;
}

const SENT_HEIGHT_PX = 720;

export class Sending {
  readonly local = signal<MediaStream | null>(null);
  /** The picture that is sent, while it is not the plain one of the face. */
  readonly outgoing = signal<MediaStream | null>(null);
  readonly camera = signal<Found | null>(null);
  readonly microphone = signal<Found | null>(null);
  readonly cameraOn = signal(true);
  readonly microphoneOn = signal(true);
  /** The screen says that we are seen and heard; `light` makes it so. */
  seen = false;

  private readonly options: SendingOptions;
  private readonly connection: () => RTCPeerConnection | null;
  private devices: Devices | null = null;
  private opening: Promise<void> | null = null;
  /** Rises when devices are closed: those that are still being opened are not wanted any more. */
  private turn = 0;
  private shown: MediaStreamTrack | null = null;
  private aimed: MediaStreamTrack | null = null;
  private crop: Crop | null = null;
  private percent = 100;
  private readonly cropper = new Cropper();
  private readonly amplifier = new Amplifier();

  /** connection: what it is sent on at this moment. */
  constructor(options: SendingOptions, connection: () => RTCPeerConnection | null) {
    this.options = options;
    this.connection = connection;
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.lookAgain());
  }

  /** Open camera and microphone, dark and silent until the screen says that we are seen. */
  prepare(): Promise<void> {
    this.opening ??= this.open();
    return this.opening;
  }

  /** Close camera and microphone: nobody is to see or hear us. */
  rest(): void {
    if (this.seen || !this.opening) return;
    this.turn++;
    for (const track of [this.devices?.audio, this.devices?.video]) track?.stop();
    this.devices = this.opening = this.shown = null;
    this.local.value = null;
    this.camera.value = this.microphone.value = null;
    void this.send();
  }

  setMicrophone(on: boolean): void {
    this.microphoneOn.value = on;
    this.light();
  }

  setCamera(on: boolean): void {
    this.cameraOn.value = on;
    this.light();
  }

  /** A track that is not enabled sends black, or silence. */
  light(): void {
    if (this.devices?.audio) this.devices.audio.enabled = this.seen && this.microphoneOn.value;
    if (this.aimed) this.aimed.enabled = this.seen && this.cameraOn.value;
    const video = this.devices?.video;
    if (!video) return;
    const before = video.enabled;
    video.enabled = this.seen && this.cameraOn.value;
    if (before || !video.enabled) return;
    for (const {sender} of own(this.connection())) if (sender.track === video) void sendWhole(sender);
  }

  /** Send this picture instead of the face (the document camera), or the face again. */
  show(track: MediaStreamTrack | null): void {
    this.shown = track;
    void this.send();
  }

  /** From now on send this picture in place of the face; null: the face. */
  aim(track: MediaStreamTrack | null): Promise<void> {
    this.aimed = track;
    if (track) track.enabled = this.seen && this.cameraOn.value;
    return this.send();
  }

  /** Whether there is a picture to send. */
  get pictured(): boolean {
    return (this.aimed ?? this.devices?.video)?.readyState === "live";
  }

  /** Send this part of the picture; null: the whole.  False: it could not be drawn, the whole is sent. */
  async frame(crop: Crop | null): Promise<boolean> {
    this.crop = crop;
    await this.send();
    if (!crop || (await this.cropper.drawn())) return true;
    this.crop = null;
    await this.send();
    return false;
  }

  /** Make the microphone louder or quieter.  False: it could not be, and is as it was made. */
  async amplify(percent: number): Promise<boolean> {
    this.percent = percent;
    const own = this.amplifier.of(this.devices?.audio ?? null, percent);
    if (own && !(await this.amplifier.runs())) {
      this.percent = 100;
      await this.send();
      return false;
    }
    await this.send();
    return true;
  }

  private async open(): Promise<void> {
    const turn = this.turn;
    const found = await openFace(this.options.documentCamera);
    if (turn !== this.turn) {
      // Not wanted any more while the browser was still asking.
      for (const track of [found.audio, found.video]) track?.stop();
      return;
    }
    this.devices = found;
    if (found.video) found.video.contentHint = "motion";
    for (const track of [found.audio, found.video]) {
      track?.addEventListener("ended", () => void this.lookAgain());
    }
    this.light();
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

  /** Put what we have on the line; no new negotiation is needed for it. */
  async send(): Promise<void> {
    // A paper that is being photographed is sent whole.
    const picture = this.shown ?? this.cropper.of(this.aimed ?? this.devices?.video ?? null, this.crop);
    const sound = this.amplifier.of(this.devices?.audio ?? null, this.percent);
    const other = picture && picture !== this.devices?.video ? picture : null;
    if (this.outgoing.peek()?.getVideoTracks()[0] !== (other ?? undefined)) {
      this.outgoing.value = other ? new MediaStream([other]) : null;
    }
    await Promise.all(
      own(this.connection()).map(async ({sender, receiver}) => {
        const video = receiver.track.kind === "video";
        const mine = video ? picture : sound;
        const track = mine?.readyState === "live" ? mine : null;
        if (sender.track !== track) await sender.replaceTrack(track);
        if (video && track) await scaleDown(sender, track);
      }),
    );
  }
}

/** The two in which we send; the others only bring third parties. */
export function own(pc: RTCPeerConnection | null): RTCRtpTransceiver[] {
  return pc?.getTransceivers().filter(({mid}) => Number(mid) <= 1) ?? [];
}

/** The document camera sees more than a call needs. */
async function scaleDown(sender: RTCRtpSender, track: MediaStreamTrack): Promise<void> {
  const height = track.getSettings().height ?? SENT_HEIGHT_PX;
  const scale = Math.max(1, height / SENT_HEIGHT_PX);
  const parameters = sender.getParameters();
  const encoding = parameters.encodings?.[0];
  if (!encoding || (encoding.scaleResolutionDownBy ?? 1) === scale) return;
  encoding.scaleResolutionDownBy = scale;
  await sender.setParameters(parameters).catch(() => undefined); // only a saving
}

/** The next picture shall be a whole one: what differs from black in everything is slow to come. */
async function sendWhole(sender: RTCRtpSender): Promise<void> {
  const parameters = sender.getParameters();
  const options = {encodingOptions: parameters.encodings.map(() => ({keyFrame: true}))};
  const set = sender.setParameters as (all: RTCRtpSendParameters, options: object) => Promise<void>;
  await set.call(sender, parameters, options).catch(() => undefined); // it comes all the same, later
}
