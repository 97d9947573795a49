// Finding the appointment: scanner, camera, keys on the screen or a keyboard.
import {signal} from "@preact/signals";
import {useEffect, useRef} from "preact/hooks";
import {t} from "../../../shared/assets/words.ts";
import {Advice, Press, Title} from "../parts/controls.tsx";
import {ask, busy, refused, screen} from "../parts/counter.ts";
import {readQr} from "../parts/qr.ts";
import {ALPHABET, DIGITS, Wedge, digit, groups, meant} from "../parts/reference.ts";
import {Back} from "./arrive.tsx";

const typed = signal("");
const camera = signal(false);
const wedge = new Wedge();

async function find(reference: string): Promise<void> {
  if (busy.value) return;
  if (await ask("appointment.find", {reference})) typed.value = "";
}

function add(key: string): void {
  refused.value = null;
  if (typed.value.length < DIGITS) typed.value += digit(key);
}

function pressed(event: KeyboardEvent, scanned: string | null): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === "Enter") {
    const reference = meant(scanned, typed.value);
    if (!reference) return;
    event.preventDefault();
    typed.value = "";
    void find(reference);
  } else if (event.key === "Backspace") typed.value = typed.value.slice(0, -1);
  else if (event.key.length === 1) add(event.key);
}

/**
 * Hears the scanner and the keyboard on every screen, so that no key is lost while one gives way to
 * the next.  A code held under the scanner on one of the first goes straight to its appointment.
 */
export function watchScanner(): void {
  window.addEventListener("keydown", event => {
    const scanned = wedge.key(event.key, event.timeStamp);
    const {stage} = screen.peek();
    if (stage === "reference") pressed(event, scanned);
    else if (scanned && (stage === "attract" || stage === "start")) {
      event.preventDefault();
      void ask("screen.open", {stage: "reference"}).then(open => (open ? find(scanned) : undefined));
    }
  });
}

export function Reference() {
  useEffect(
    () => () => {
      typed.value = "";
      camera.value = false;
    },
    [],
  );
  const full = typed.value.length === DIGITS;
  return (
    <section class="step reference">
      <div class="reference__scan">
        <Title of="reference" lead={t("Hold the QR code of your appointment under the scanner, or type the reference.")}>
          {t("Find your appointment")}
        </Title>
        {camera.value ? (
          <QrCamera />
        ) : (
          <Press look="quiet" icon="camera" onPress={() => (camera.value = true)}>
            {t("Read the QR code with the camera")}
          </Press>
        )}
      </div>
      <div class="reference__type">
        <div class="groups" role="img" aria-label={t("Typed so far: {typed}", {typed: groups(typed.value).join(" ")})}>
          {groups(typed.value).map((group, index) => (
            <span key={index} class="group">
              {[0, 1, 2, 3, 4].map(place => (
                <i key={place} class={group[place] ? "full" : ""}>
                  {group[place] ?? ""}
                </i>
              ))}
            </span>
          ))}
        </div>
        <Advice />
        <div class="keys" role="group" aria-label={t("Keys")}>
          {[...ALPHABET].map(key => (
            <button key={key} type="button" class="key" onClick={() => add(key)}>
              {key}
            </button>
          ))}
        </div>
        <div class="answers">
          <Press look="go" icon="check" disabled={!full} onPress={() => void find(typed.value)}>
            {t("Find my appointment")}
          </Press>
          <Press
            look="quiet"
            icon="erase"
            disabled={!typed.value}
            always
            onPress={() => (typed.value = typed.value.slice(0, -1))}
          >
            {t("Erase")}
          </Press>
        </div>
      </div>
      <Back to="start" />
    </section>
  );
}

function QrCamera() {
  const video = useRef<HTMLVideoElement>(null);
  const fault = useRef(signal(false)).current;
  useEffect(() => {
    const abort = new AbortController();
    if (video.current) {
      readQr(video.current, abort.signal).then(
        text => {
          if (!text) return;
          camera.value = false;
          void find(text);
        },
        () => (fault.value = true),
      );
    }
    return () => abort.abort();
  }, []);
  if (fault.value) {
    return <p class="note">{t("The camera does not work here. Use the scanner, or type the reference.")}</p>;
  }
  return (
    <figure class="qr">
      <video ref={video} muted playsInline aria-label={t("What the camera sees")} />
      <figcaption>{t("Hold the QR code in front of the camera.")}</figcaption>
    </figure>
  );
}
