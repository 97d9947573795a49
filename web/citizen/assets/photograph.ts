// A photograph of a paper is made smaller before it is sent: a tenth of the bytes, as easy to read,
// without the place where it was taken.  Without this script it is sent as it is.
import {t} from '../../shared/assets/texts.ts';

const LONG_SIDE_PX = 3200;
const QUALITY = 0.88;

async function smaller(file: File): Promise<File> {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONG_SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise<Blob | null>(done => canvas.toBlob(done, 'image/jpeg', QUALITY));
  return blob === null ? file : new File([blob], 'photograph.jpg', {type: 'image/jpeg'});
}

async function replace(input: HTMLInputElement): Promise<void> {
  const file = input.files?.[0];
  if (!file) return;
  try {
    const kept = new DataTransfer();
    kept.items.add(await smaller(file));
    input.files = kept.files;
  } catch {
    // A file that this browser cannot read goes as it is, and the counter says what is wrong.
  }
}

const form = document.querySelector<HTMLFormElement>('form[data-photograph]');
if (form) {
  const said = form.querySelector<HTMLElement>('[data-said]');
  let working: Promise<void> | null = null;

  form.addEventListener('change', event => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.type !== 'file') return;
    const begun = replace(input).finally(() => {
      if (working === begun) working = null;
    });
    working = begun;
  });

  form.addEventListener('submit', event => {
    if (said) said.textContent = t('One moment: the photograph is being sent and looked at.');
    if (working === null) return;
    // Not seen by the page's own script, which lets a form go once.
    event.preventDefault();
    event.stopPropagation();
    void working.then(() => form.requestSubmit());
  });
}
