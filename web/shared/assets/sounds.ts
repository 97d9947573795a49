// The sounds of the counter, made here so that no sound file has to be fetched.
let context: AudioContext | null = null;
let ringing = 0;

function tone(at: number, hz: number, seconds: number, loud = 0.16, through?: AudioNode): void {
  if (!context) return;
  const [wave, gain] = [context.createOscillator(), context.createGain()];
  wave.frequency.value = hz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loud, at + 0.02); // without a ramp it clicks
  gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  wave.connect(gain).connect(through ?? context.destination);
  wave.start(at);
  wave.stop(at + seconds);
}

/** Sound needs one touch of the page first; call it from any touch or key. */
export function unlock(): void {
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume().catch(() => undefined);
}

/** Two soft notes: something arrived. */
export function chime(): void {
  unlock();
  const now = context?.currentTime ?? 0;
  tone(now, 659, 0.5);
  tone(now + 0.16, 880, 0.8);
}

/** Ring until told to stop.  Harmless when repeated. */
export function ring(on: boolean): void {
  if (!on) {
    window.clearInterval(ringing);
    ringing = 0;
  } else if (!ringing) {
    const once = (): void => {
      unlock();
      const now = context?.currentTime ?? 0;
      for (const beat of [0, 0.25, 0.5]) {
        tone(now + beat, 587, 0.22, 0.2);
        tone(now + beat, 740, 0.22, 0.14);
      }
    };
    once();
    ringing = window.setInterval(once, 2000);
  }
}

const CHORDS = [
  [392, 523, 659],
  [349, 440, 587],
  [330, 440, 523],
  [392, 494, 587],
] as const;
const CHORD_S = 4;
let quietly: GainNode | null = null;
let lulling = 0;

/** Soft broken chords while somebody waits in a call.  Silent at once when it ends. */
export function lull(on: boolean): void {
  if (!on) {
    window.clearInterval(lulling);
    lulling = 0;
    quietly?.disconnect(); // whatever still sounds goes through it
    quietly = null;
    return;
  }
  if (lulling) return;
  unlock();
  if (!context) return;
  quietly = context.createGain();
  quietly.connect(context.destination);
  let turn = 0;
  const chord = (): void => {
    if (!context || !quietly) return;
    const start = context.currentTime + 0.05;
    const notes = CHORDS[turn++ % CHORDS.length] ?? CHORDS[0];
    notes.forEach((hz, place) => tone(start + place * 0.6, hz, CHORD_S, 0.04, quietly ?? undefined));
  };
  chord();
  lulling = window.setInterval(chord, CHORD_S * 1000);
}
