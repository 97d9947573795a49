// Looking at what lies under the camera while it lies there: small pictures, one at a time.
//
// Promise: the newest picture is sent when the last one was answered, never a queue; nothing is kept.
import {effect, signal} from "@preact/signals";
import type {LyingMark} from "../../../shared/assets/protocol.ts";
import {config, screen} from "./counter.ts";
import {type Corners, laidAnew, type Preview, shown, steady} from "./steady.ts";

const LONG_SIDE_PX = 480;
const JPEG_QUALITY = 0.7;
const EVERY_MS = 100;
const AFTER_REFUSAL_MS = 500;
const MARKS_STAND_MS = 1500; // unanswered for longer, the sheet may be away by now
const REMEMBERED = 8;

/** Of the page photographed last, which may still lie there when the next one is asked for. */
let taken: Corners | null = null;
effect(() => {
  if (screen.value.stage !== "call") taken = null; // the next visitor's page is another one
});

export class Watch {
  readonly corners = signal<Corners | null>(null);
  /** A code, "still" while a good page moves, "" before anything was seen. */
  readonly advice = signal("");
  /** The page lies still and can be taken. */
  readonly ready = signal(false);
  /** Where the agent's marks lie on the page. */
  readonly marks = signal<readonly LyingMark[]>([]);
  private previews: Preview[] = [];
  private round = 0;
  running = false;
  private readonly canvas = document.createElement("canvas");

  private readonly address: string;

  constructor(requestId: string) {
    this.address = `/terminal/previews/${encodeURIComponent(requestId)}`;
  }

  /** Look until `stop`.  video: asked for each time, since it may be another one. */
  async start(video: () => HTMLVideoElement | null): Promise<void> {
    const own = ++this.round;
    this.running = true;
    while (own === this.round) {
      const begun = performance.now();
      const source = video();
      const late = window.setTimeout(() => {
        if (own === this.round) this.marks.value = [];
      }, MARKS_STAND_MS);
      const seen = source?.videoWidth ? await this.look(source) : null;
      window.clearTimeout(late);
      if (own !== this.round) return;
      this.marks.value = seen?.marks ?? [];
      if (seen && source) this.learn(seen, source.videoHeight / source.videoWidth);
      const wait = seen ? EVERY_MS - (performance.now() - begun) : AFTER_REFUSAL_MS;
      await new Promise(done => setTimeout(done, Math.max(0, wait)));
    }
  }

  stop(): void {
    this.round++;
    this.running = false;
    this.previews = [];
    this.ready.value = false;
    this.corners.value = null;
    this.marks.value = [];
    this.advice.value = "";
  }

  /** This page was photographed: it is not taken by itself again before it was laid anew. */
  remember(): void {
    taken = this.corners.value;
  }

  private learn(seen: Preview, height: number): void {
    this.previews = [...this.previews, seen].slice(-REMEMBERED);
    if (taken && laidAnew(taken, this.previews, height)) taken = null;
    this.corners.value = seen.corners;
    this.advice.value = shown(this.advice.value, this.previews);
    this.ready.value = !taken && steady(this.previews, height);
  }

  private async look(video: HTMLVideoElement): Promise<Preview | null> {
    const scale = Math.min(1, LONG_SIDE_PX / Math.max(video.videoWidth, video.videoHeight));
    this.canvas.width = Math.round(video.videoWidth * scale);
    this.canvas.height = Math.round(video.videoHeight * scale);
    this.canvas.getContext("2d")?.drawImage(video, 0, 0, this.canvas.width, this.canvas.height);
    const picture = await new Promise<Blob | null>(done =>
      this.canvas.toBlob(done, "image/jpeg", JPEG_QUALITY),
    );
    if (!picture) return null;
    try {
      const answer = await fetch(this.address, {
        method: "POST",
        body: picture,
        headers: {"Content-Type": "image/jpeg", "X-CSRF": config.csrf, "X-Finer": (1 / scale).toFixed(3)},
        signal: AbortSignal.timeout(5000),
      });
      return answer.ok ? ((await answer.json()) as Preview) : null;
    } catch {
      return null; // the line is away: the button works without advice
    }
  }
}
