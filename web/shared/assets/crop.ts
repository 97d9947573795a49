// A part of a camera's picture, as a picture of its own: drawn frame by frame, at most 720 lines.
//
// Promise: it is only in between while a part is wanted; else the camera's own track is sent.
import type {Crop} from "./protocol.ts";

const MOST_HEIGHT_PX = 720;
const LATE_MS = 3000;

export class Cropper {
  private source: MediaStreamTrack | null = null;
  private made: MediaStreamTrack | null = null;
  private video: HTMLVideoElement | null = null;
  private crop: Crop | null = null;
  private first: Promise<boolean> = Promise.resolve(true);

  /** What to send of `track`: itself, or its part. */
  of(track: MediaStreamTrack | null, crop: Crop | null): MediaStreamTrack | null {
    this.crop = crop;
    if (!track || !crop || track.readyState !== "live") {
      this.stop();
      return track;
    }
    if (track !== this.source) {
      this.stop();
      this.begin(track);
    }
    return this.made;
  }

  /** Whether the part was really drawn. */
  drawn(): Promise<boolean> {
    const late = new Promise<boolean>(done => setTimeout(() => done(false), LATE_MS));
    return Promise.race([this.first, late]);
  }

  private begin(track: MediaStreamTrack): void {
    const [video, canvas] = [document.createElement("video"), document.createElement("canvas")];
    const brush = canvas.getContext("2d", {alpha: false});
    video.muted = true;
    video.playsInline = true;
    video.srcObject = new MediaStream([track]);
    this.video = video;
    this.source = track;
    this.first = new Promise(done => {
      const draw = (): void => {
        if (this.video !== video) return;
        const crop = this.crop;
        if (crop && brush && video.videoWidth) {
          const [wide, high] = [video.videoWidth * crop.width, video.videoHeight * crop.height];
          const scale = Math.min(1, MOST_HEIGHT_PX / high);
          const [width, height] = [Math.round(wide * scale), Math.round(high * scale)];
          if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, {width, height});
          brush.drawImage(video, video.videoWidth * crop.x, video.videoHeight * crop.y, wide, high, 0, 0, width, height);
          done(true);
        }
        video.requestVideoFrameCallback(draw);
      };
      video.requestVideoFrameCallback(draw);
    });
    video.play().catch(() => undefined); // then nothing is drawn, and `drawn` says so
    this.made = canvas.captureStream(30).getVideoTracks()[0] ?? null;
    if (this.made) this.made.contentHint = track.contentHint;
  }

  private stop(): void {
    this.made?.stop();
    if (this.video) this.video.srcObject = null;
    this.source = this.made = this.video = null;
  }
}
