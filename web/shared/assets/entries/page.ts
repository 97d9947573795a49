// Every page: the error summary takes the focus, its links lead into the field, and a form is
// sent once however often its button is pressed.  All of it works without this script as well.

const summary = document.querySelector<HTMLElement>('.govuk-error-summary');
if (summary) {
  summary.tabIndex = -1;
  summary.focus();
  summary.addEventListener('click', event => {
    const link = (event.target as HTMLElement).closest('a');
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    const label = document.querySelector<HTMLElement>(`label[for="${CSS.escape(field.id)}"]`);
    (field.closest('fieldset')?.querySelector('legend') ?? label ?? field).scrollIntoView();
    field.focus({preventScroll: true});
  });
}

const sent = new WeakSet<HTMLFormElement>();
document.addEventListener('submit', event => {
  const form = event.target as HTMLFormElement;
  if (form.method !== 'post') return;
  if (sent.has(form)) event.preventDefault();
  else sent.add(form);
});
// A page that comes back from the browser's memory may be sent again.
addEventListener('pageshow', event => {
  if (event.persisted) location.reload();
});
