// What a person types and what a scanner types: the same reference, told apart by speed.
export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32: no I, L, O, U
export const DIGITS = 20;

/** One typed character as the reference has it, or "" when it has no place in one. */
export function digit(key: string): string {
  const upper = key.toUpperCase();
  const meant = upper === "O" ? "0" : upper === "I" || upper === "L" ? "1" : upper;
  return meant.length === 1 && ALPHABET.includes(meant) ? meant : "";
}

/** What a text holds of a reference's digits. */
export function digits(text: string): string {
  return [...text].map(digit).join("");
}

/**
 * What Enter means: what a scanner typed if it is whole; else what stands in the field if that is
 * whole (a busy machine tears a scanner's burst); else whatever was scanned.
 */
export function meant(scanned: string | null, typed: string): string | null {
  if (scanned && digits(scanned).length >= DIGITS) return scanned;
  return typed.length === DIGITS ? typed : scanned;
}

/** In groups of five, as it is printed. */
export function groups(typed: string): string[] {
  return [0, 5, 10, 15].map(from => typed.slice(from, from + 5));
}

const SCANNER_MS = 80; // no hand is that fast, and every scanner is
const SCANNED_LENGTH = 8;

/** Keys in, a scanned text out: a burst of at least 8 characters that ends with Enter. */
export class Wedge {
  private burst = "";
  private at = 0;

  /** Returns the scanned text when this key ends one, else null. */
  key(key: string, now: number): string | null {
    if (now - this.at > SCANNER_MS) this.burst = "";
    this.at = now;
    if (key === "Enter") {
      const text = this.burst;
      this.burst = "";
      return text.length >= SCANNED_LENGTH ? text : null;
    }
    if (key.length === 1) this.burst += key;
    return null;
  }
}
