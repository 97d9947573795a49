// The two sounds of the counter, made here so that no sound file has to be fetched.
let context: AudioContext | null = null;
let ringing = 0;

function tone(at: number, hz: number, seconds: number, loud = 0.16): void {
  if (!context) return;
  const [wave, gain] = [context.createOscillator(), context.createGain()];
  wave.frequency.value = hz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(loud, at + 0.02); // without a ramp it clicks
  gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  wave.connect(gain).connect(context.destination);
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
