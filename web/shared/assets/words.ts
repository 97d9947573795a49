// Texts, refusals, times and numbers of the live faces.
//
// A live page changes its language without being loaded again (a call must survive it), so the
// page carries every language's texts in one JSON block, and `t` reads the language as a signal:
// whatever was drawn with it is drawn again when the language changes.
import {signal} from "@preact/signals";
import {t as fill, useTexts} from "./texts.ts";

export type Language = "zh-Hant" | "zh-Hans" | "pt" | "en";

export const LANGUAGE_NAMES: readonly (readonly [Language, string])[] = [
  ["zh-Hant", "繁體中文"],
  ["zh-Hans", "简体中文"],
  ["pt", "Português"],
  ["en", "English"],
];

interface Words {
  /** English source -> text. */
  texts: Record<string, string | string[]>;
  /** Refusal code -> what happened, and what to do. */
  refusals: Record<string, [string, string]>;
}

const ZONE = "Asia/Macau"; // both sides of the border keep the same time

/** The JSON that the server put into the page under this id. */
export function block<T>(id: string): T {
  const found = document.getElementById(id);
  if (!found?.textContent) throw new Error(`the page lacks the block "${id}"`);
  return JSON.parse(found.textContent) as T;
}

const words = block<Record<Language, Words>>("words");
export const language = signal<Language>("zh-Hant");

/** The page speaks this language from now on. */
export function speak(tag: Language): void {
  useTexts(words[tag].texts);
  language.value = tag;
  document.documentElement.lang = tag;
}

/** The text in the page's language; `{name}` stands for `values.name`. */
export function t(source: string, values: Record<string, string | number> = {}): string {
  void language.value; // read as a signal: drawn again when the language changes
  return fill(source, values);
}

/** What happened and what to do, for a stable code; an unknown code shows itself. */
export function refusal(code: string): [string, string] {
  return (
    words[language.value].refusals[code] ?? [
      t("This was not possible"),
      t("Try again. If it happens again, tell a member of staff the code {code}.", {code}),
    ]
  );
}

/** "15:04", 24 hours in every language. */
export function clock(instant: string | Date): string {
  return new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", timeZone: ZONE}).format(
    new Date(instant),
  );
}

/** "11月23日 星期一" or "segunda-feira, 23 de novembro". */
export function day(instant: string | Date): string {
  const locales = {"zh-Hant": "zh-Hant-MO", "zh-Hans": "zh-Hans-CN", pt: "pt-PT", en: "en-GB"};
  return new Intl.DateTimeFormat(locales[language.value], {
    weekday: "long",
    day: "numeric",
    month: "long",
    timeZone: ZONE,
  }).format(new Date(instant));
}

/** Seconds as "3:07" or "1:02:03". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
