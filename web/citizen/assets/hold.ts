// The minutes that a time is kept.  Without this script the page says until when; with it the
// minutes run, two minutes before the end it is said once, and at the end the page says so.
import {t} from '../../shared/assets/texts.ts';

const SAY_AT_S = 120;

const box = document.querySelector<HTMLElement>('.vc-hold');
if (box) {
  const left = box.querySelector<HTMLElement>('[data-left]');
  const said = box.querySelector<HTMLElement>('[data-said]');
  // The page's own clock may be wrong; only the time since it was loaded is counted.
  const endsAt = performance.now() + Number(box.dataset['secondsLeft']) * 1000;
  let spoken = false;

  const tick = (): void => {
    const seconds = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    const minutes = Math.floor(seconds / 60);
    if (left) left.textContent = t('{minutes}:{seconds} left', {minutes, seconds: String(seconds % 60).padStart(2, '0')});
    box.classList.toggle('is-short', seconds <= SAY_AT_S);
    if (seconds <= SAY_AT_S && seconds > 0 && !spoken && said) {
      spoken = true;
      said.textContent = t('Less than two minutes left to finish your booking.');
    }
    if (seconds === 0) {
      clearInterval(timer);
      // The server says what has expired and leads back to the times; what was typed is kept there.
      const form = document.querySelector<HTMLFormElement>('form[action="/booking/details"]');
      if (form) form.requestSubmit();
      else location.reload();
    }
  };
  const timer = setInterval(tick, 1000);
  tick();
}
