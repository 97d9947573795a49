// A still of a paper: taken at the camera's full size, sent once, its digest announced.
import {config} from "./counter.ts";

const TAKE_MS = 4000;
const JPEG_QUALITY = 0.92;

interface StillCamera {
  takePhoto(): Promise<Blob>;
}
declare const ImageCapture: {new (track: MediaStreamTrack): StillCamera} | undefined;

/** takePhoto() gives the camera's full size; the canvas is for cameras that cannot. */
export async function takeStill(track: MediaStreamTrack, video: HTMLVideoElement): Promise<Blob> {
  if (typeof ImageCapture !== "undefined") {
    const late = new Promise<null>(done => setTimeout(() => done(null), TAKE_MS));
    const photo = await Promise.race([new ImageCapture(track).takePhoto(), late]).catch(() => null);
    if (photo && photo.size > 0) return photo;
  }
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((done, fail) =>
    canvas.toBlob(
      blob => (blob ? done(blob) : fail(new Error("the camera gave no picture"))),
      "image/jpeg",
      JPEG_QUALITY,
    ),
  );
}

/** Send it.  Returns null, or the code of the refusal.  progress: from 0 to 1. */
export async function sendStill(
  requestId: string,
  still: Blob,
  progress: (share: number) => void,
): Promise<string | null> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await still.arrayBuffer()));
  const hex = Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
  // XMLHttpRequest, because fetch does not tell how much has been sent.
  return new Promise(done => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/terminal/pages/${encodeURIComponent(requestId)}`);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", still.type || "image/jpeg");
    request.setRequestHeader("X-Digest-SHA256", hex);
    request.setRequestHeader("X-CSRF", config.csrf);
    request.upload.onprogress = event => progress(event.loaded / Math.max(1, event.total));
    request.onload = () => {
      const answer = request.response as {ok?: boolean; code?: string} | null;
      done(answer?.ok ? null : (answer?.code ?? "server_fault"));
    };
    request.onerror = request.ontimeout = () => done("line_lost");
    request.timeout = 60_000;
    request.send(still);
  });
}
