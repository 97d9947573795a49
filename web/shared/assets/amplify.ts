// A microphone made louder or quieter than it is, after the browser's own echo cancelling.
//
// Promise: it is only in between while it is wanted; what cannot run is not put on the line.
const LATE_MS = 1500;

export class Amplifier {
  private source: MediaStreamTrack | null = null;
  private made: MediaStreamTrack | null = null;
  private context: AudioContext | null = null;
  private gain: GainNode | null = null;

  /** What to send of `track` at so many per cent. */
  of(track: MediaStreamTrack | null, percent: number): MediaStreamTrack | null {
    if (!track || percent === 100 || track.readyState !== "live") {
      this.stop();
      return track;
    }
    if (track !== this.source) {
      this.stop();
      this.begin(track);
    }
    if (this.gain) this.gain.gain.value = percent / 100;
    return this.made;
  }

  /** Whether sound goes through it; silence would be worse than a quiet voice. */
  async runs(): Promise<boolean> {
    if (!this.context) return true;
    const late = new Promise<void>(done => setTimeout(done, LATE_MS));
    await Promise.race([this.context.resume().catch(() => undefined), late]);
    return this.context?.state === "running";
  }

  private begin(track: MediaStreamTrack): void {
    const context = new AudioContext();
    const [gain, limiter] = [context.createGain(), context.createDynamicsCompressor()];
    limiter.threshold.value = -6; // what is made louder shall not crackle
    limiter.ratio.value = 12;
    const end = context.createMediaStreamDestination();
    context.createMediaStreamSource(new MediaStream([track])).connect(gain).connect(limiter).connect(end);
    this.context = context;
    this.gain = gain;
    this.source = track;
    this.made = end.stream.getAudioTracks()[0] ?? null;
  }

  private stop(): void {
    this.made?.stop();
    void this.context?.close().catch(() => undefined);
    this.source = this.made = this.context = this.gain = null;
  }
}
