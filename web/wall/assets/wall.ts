/**
 * Keeps the wall fresh: asks for the figures and writes those that changed.  The rows stay, so a
 * screen reader keeps its place.  When the counter does not answer, the page says that it is old.
 */
const PAUSE_MS = 3000;

const stale = document.querySelector<HTMLElement>('[data-stale]');

function show(cells: Readonly<Record<string, string>>): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-cell]')) {
    const text = cells[place.dataset['cell'] ?? ''] ?? '';
    if (place.textContent !== text) place.textContent = text;
  }
  for (const link of document.querySelectorAll<HTMLAnchorElement>('[data-call]')) {
    const call = cells[link.dataset['call'] ?? ''] ?? '';
    if (call) link.setAttribute('href', `/wall/calls/${encodeURIComponent(call)}`);
    else link.removeAttribute('href');
  }
  for (const row of document.querySelectorAll<HTMLElement>('[data-row]')) {
    const of = row.dataset['row'] ?? '';
    row.classList.toggle('vc-wall__alarm', Boolean(cells[`${of}.alarm`]));
    row.classList.toggle('vc-wall__some', Boolean(cells[`${of}.some`]));
  }
}

async function refresh(): Promise<void> {
  try {
    const answer = await fetch('/wall/state', {headers: {Accept: 'application/json'}});
    if (answer.status === 401 || answer.status === 403) location.assign('/console/sign-in');
    if (!answer.ok) throw new Error(String(answer.status));
    show((await answer.json()) as Record<string, string>);
    if (stale) stale.hidden = true;
  } catch {
    if (stale) stale.hidden = false;
  }
  setTimeout(() => void refresh(), PAUSE_MS);
}

setTimeout(() => void refresh(), PAUSE_MS);
