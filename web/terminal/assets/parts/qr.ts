// Reading a QR code with a camera; the reader (1 MB of WebAssembly) is fetched when first needed.
import {cameraCalled} from "../../../shared/assets/cameras.ts";
import {config} from "./counter.ts";

const EVERY_MS = 250;

/** Looks until a code was read or `abort`; the text, or null.  Throws when no camera opens. */
export async function readQr(video: HTMLVideoElement, abort: AbortSignal): Promise<string | null> {
  const paper = await cameraCalled(config.document_camera);
  const stream = await navigator.mediaDevices.getUserMedia({
    video: {
      width: {ideal: 1280},
      height: {ideal: 720},
      ...(paper ? {deviceId: {exact: paper.deviceId}} : {}),
    },
  });
  try {
    video.srcObject = stream;
    await video.play();
    const {prepareZXingModule, readBarcodes} = await import("zxing-wasm/reader");
    prepareZXingModule({overrides: {locateFile: () => config.qr_wasm}});
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", {willReadFrequently: true});
    while (!abort.aborted && pen) {
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      if (canvas.width) {
        pen.drawImage(video, 0, 0);
        const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
        const found = await readBarcodes(pixels, {formats: ["QRCode"], maxNumberOfSymbols: 1});
        if (found[0]?.text) return found[0].text;
      }
      await new Promise(done => setTimeout(done, EVERY_MS));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  }
}
