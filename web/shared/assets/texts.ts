/**
 * Texts for people, in the page's language.  The server embeds the catalogue of the face as a JSON
 * block with the id "texts"; a text that is missing there shows its English source.
 *
 *   t("Ticket {number} is called", {number})
 *   tn("{n} person is waiting", "{n} people are waiting", n)
 *
 * tools/texts.py finds these calls, so the source must be a plain string literal.
 */
type Values = Readonly<Record<string, string | number>>;
type Catalogue = Readonly<Record<string, string | readonly string[]>>;

let catalogue: Catalogue | undefined;

function texts(): Catalogue {
  catalogue ??= JSON.parse(globalThis.document?.getElementById('texts')?.textContent || '{}') as Catalogue;
  return catalogue;
}

/** Another catalogue: for tests, and after a change of language without a new page. */
export function useTexts(other: Catalogue): void {
  catalogue = other;
}

function fill(text: string, values: Values): string {
  return text.replace(/\{([a-z_]+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function t(source: string, values: Values = {}): string {
  const text = texts()[source];
  return fill(typeof text === 'string' ? text : source, values);
}

export function tn(one: string, many: string, n: number, values: Values = {}): string {
  const forms = texts()[one];
  const plural = n !== 1;
  const text = Array.isArray(forms) ? (forms[Math.min(Number(plural), forms.length - 1)] as string) : plural ? many : one;
  return fill(text, {n, ...values});
}

/** A refusal's stable code in words; codes are translated on the server into the block "refusals". */
export function refusal(code: string): {title: string; next: string} {
  const block = document.getElementById('refusals')?.textContent || '{}';
  const known = (JSON.parse(block) as Record<string, [string, string]>)[code];
  return known
    ? {title: known[0], next: known[1]}
    : {title: t('This was not possible'), next: t('Try again. If it happens again, tell a member of staff the code {code}.', {code})};
}

/** BCP 47 tag of the page, for Intl. */
export function language(): string {
  return document.documentElement.lang || 'zh-Hant';
}

/** 24-hour time in every language. */
export function time(moment: Date): string {
  return new Intl.DateTimeFormat(language(), {hour: '2-digit', minute: '2-digit', hourCycle: 'h23'}).format(moment);
}
