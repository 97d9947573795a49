// Camera and microphone, opened with plain outcomes: good, refused or missing.
//
// Promise: never throws; what can be opened is opened, so a refused camera leaves the voice.
export type Found = "good" | "refused" | "missing";

export interface Devices {
  camera: Found;
  microphone: Found;
  video: MediaStreamTrack | null;
  audio: MediaStreamTrack | null;
}

const AUDIO: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** Full HD when the same camera also photographs papers: the call is scaled down on its way. */
const VIDEO: MediaTrackConstraints = {
  width: {ideal: 1920},
  height: {ideal: 1080},
  frameRate: {ideal: 30, max: 30},
};
const VIDEO_OF_CALL: MediaTrackConstraints = {
  width: {ideal: 1280},
  height: {ideal: 720},
  frameRate: {ideal: 30, max: 30},
};

function why(error: unknown): Found {
  const name = error instanceof DOMException ? error.name : "";
  return name === "NotAllowedError" || name === "SecurityError" ? "refused" : "missing";
}

async function open(constraints: MediaStreamConstraints): Promise<MediaStream | Found> {
  if (!navigator.mediaDevices) return "refused"; // not a secure origin
  try {
    return await navigator.mediaDevices.getUserMedia(constraints);
  } catch (error) {
    return why(error);
  }
}

const track = (from: MediaStream | Found, kind: "audio" | "video"): MediaStreamTrack | null =>
  from instanceof MediaStream
    ? ((kind === "audio" ? from.getAudioTracks() : from.getVideoTracks())[0] ?? null)
    : null;

/** The camera whose label holds `label`, if there is one beside others. */
export async function cameraCalled(label: string): Promise<MediaDeviceInfo | null> {
  if (!label || !navigator.mediaDevices) return null;
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(one => one.kind === "videoinput");
  const wanted = label.toLowerCase();
  return (cameras.length > 1 && cameras.find(one => one.label.toLowerCase().includes(wanted))) || null;
}

/**
 * The camera that shows the face, and the microphone.
 * documentLabel: part of the label of the document camera; null when no papers are photographed.
 */
export async function openFace(documentLabel: string | null): Promise<Devices> {
  const video = documentLabel === null ? VIDEO_OF_CALL : VIDEO;
  const both = await open({audio: AUDIO, video});
  if (!(both instanceof MediaStream)) {
    const [audio, picture] = [await open({audio: AUDIO}), await open({video})];
    return outcome(audio, picture);
  }
  const paper = documentLabel ? await cameraCalled(documentLabel) : null;
  const opened = track(both, "video");
  if (!paper || opened?.getSettings().deviceId !== paper.deviceId) return outcome(both, both);
  // The first camera found was the one over the mat: take another for the face.
  const others = (await navigator.mediaDevices.enumerateDevices()).filter(
    one => one.kind === "videoinput" && one.deviceId !== paper.deviceId,
  );
  opened.stop();
  return outcome(both, await open({video: {...VIDEO_OF_CALL, deviceId: {exact: others[0]?.deviceId ?? ""}}}));
}

function outcome(audio: MediaStream | Found, video: MediaStream | Found): Devices {
  return {
    audio: track(audio, "audio"),
    video: track(video, "video"),
    microphone: audio instanceof MediaStream ? "good" : audio,
    camera: video instanceof MediaStream ? "good" : video,
  };
}

/** The document camera at its full size; null when it is the face camera or does not open. */
export async function openPaper(documentLabel: string): Promise<MediaStreamTrack | null> {
  const paper = await cameraCalled(documentLabel);
  if (!paper) return null;
  const stream = await open({
    video: {
      deviceId: {exact: paper.deviceId},
      width: {ideal: 3840},
      height: {ideal: 2160},
      frameRate: {ideal: 10, max: 15},
    },
  });
  const found = track(stream, "video");
  if (found) found.contentHint = "detail";
  return found;
}
