// Pieces that the terminal and the console draw alike.
import {type ReadonlySignal, signal} from "@preact/signals";
import type {ComponentChildren} from "preact";
import {useEffect, useLayoutEffect, useRef} from "preact/hooks";
import type {Leg} from "./leg.ts";

/** One line for screen readers: what just changed, at most one every two seconds. */
const spoken = signal("");
let saidAt = 0;
let waiting = 0;

export function say(text: string): void {
  window.clearTimeout(waiting);
  const wait = Math.max(0, saidAt + 2000 - performance.now());
  waiting = window.setTimeout(() => {
    saidAt = performance.now();
    spoken.value = text;
  }, wait);
}

export function LiveRegion() {
  return (
    <p class="only-spoken" role="status" aria-live="polite">
      {spoken.value}
    </p>
  );
}

/** How loud the others are played here, from 0 to 1. */
export const loudness = signal(1);

/** A stream in a <video>; it is set once per stream, and a refused start is told to the leg. */
export function Picture(props: {
  stream: ReadonlySignal<MediaStream | null>;
  label: string;
  muted?: boolean;
  mirrored?: boolean;
  leg?: Leg;
  class?: string;
}) {
  const element = useRef<HTMLVideoElement>(null);
  const stream = props.stream.value;
  useEffect(() => {
    const video = element.current;
    if (!video || video.srcObject === stream) return;
    video.srcObject = stream;
    if (!stream) return;
    video.play().then(
      () => props.leg && (props.leg.blocked.value = false),
      (error: unknown) => {
        const refused = error instanceof DOMException && error.name === "NotAllowedError";
        if (refused && props.leg) props.leg.blocked.value = true;
      },
    );
  }, [stream]);
  const loud = loudness.value;
  useEffect(() => {
    if (element.current && !props.muted) element.current.volume = loud;
  }, [loud, props.muted]);
  return (
    <video
      ref={element}
      class={`${props.class ?? ""}${props.mirrored ? " mirrored" : ""}`}
      aria-label={props.label}
      muted={props.muted ?? false}
      autoplay
      playsInline
      disablePictureInPicture
      onLoadedData={() => {
        if (props.leg) props.leg.arrived.value = true;
      }}
    />
  );
}

/** After `NotAllowedError`: a touch lets every picture of the page play. */
export function startPictures(leg: Leg): void {
  leg.blocked.value = false;
  for (const video of document.querySelectorAll("video")) void video.play().catch(() => undefined);
}

/** A dialog that keeps the focus until it is answered. */
export function Dialog(props: {
  label: string;
  onClose?: () => void;
  class?: string;
  children: ComponentChildren;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = element.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={props.class}
      aria-label={props.label}
      onCancel={event => {
        event.preventDefault();
        props.onClose?.();
      }}
    >
      {props.children}
    </dialog>
  );
}
