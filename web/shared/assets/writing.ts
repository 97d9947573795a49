// Writing into the fields of a draft: what is typed stays on the page until the counter has it.
//
// Promise: a field's texts go one after the other, each on the version before it; what the counter
// acknowledged is in its store; a text that it refuses does not stay on the page as if it were.
import {signal} from "@preact/signals";
import type {Answer} from "./live.ts";
import type {FillField} from "./protocol.ts";

const PAUSE_MS = 400; // of the fingers

type Send = (field: string, text: string, version: number) => Promise<Answer>;

interface Pending {
  text: string;
  /** Answered by the counter; the screen that shows it may still be on its way. */
  version: number | null;
}

export class Writing {
  private readonly pending = signal<Record<string, Pending>>({});
  private readonly versions = new Map<string, number>();
  private readonly timers = new Map<string, number>();
  private readonly sending = new Map<string, Promise<void>>();

  private readonly send: Send;
  private readonly refuse: (code: string) => void;

  constructor(send: Send, refuse: (code: string) => void) {
    this.send = send;
    this.refuse = refuse;
  }

  /** What stands in the field on this page. */
  text(field: FillField): string {
    const own = this.pending.value[field.name];
    if (!own || (own.version !== null && field.version >= own.version)) return field.text;
    return own.text;
  }

  /** Typed, and not yet with the counter. */
  waits(field: FillField): boolean {
    const own = this.pending.value[field.name];
    return own !== undefined && own.version === null;
  }

  /** Whether these fields, as a screen has them, hold everything that was typed here. */
  shownIn(fields: readonly FillField[]): boolean {
    return fields.every(field => {
      const own = this.pending.peek()[field.name];
      return !own || (own.version !== null && field.version >= own.version);
    });
  }

  /** Somebody types: it goes when the fingers pause. */
  write(field: FillField, text: string): void {
    this.note(field, text);
    window.clearTimeout(this.timers.get(field.name));
    this.timers.set(field.name, window.setTimeout(() => void this.flush(field.name), PAUSE_MS));
  }

  /** Chosen or finished: it goes now. */
  set(field: FillField, text: string): void {
    this.note(field, text);
    void this.flush(field.name);
  }

  /** Resolves when the counter has everything that was typed here. */
  async settled(): Promise<void> {
    await Promise.all(Object.keys(this.pending.peek()).map(name => this.flush(name)));
  }

  async flush(name: string): Promise<void> {
    window.clearTimeout(this.timers.get(name));
    let under = this.sending.get(name);
    if (!under) {
      // Begun only when it is noted: with nothing to send it ends at once, and is to be forgotten.
      under = Promise.resolve().then(() => this.sendAll(name));
      this.sending.set(name, under);
    }
    await under;
  }

  private note(field: FillField, text: string): void {
    if (!this.sending.has(field.name)) {
      this.versions.set(field.name, Math.max(field.version, this.versions.get(field.name) ?? 0));
    }
    this.pending.value = {...this.pending.value, [field.name]: {text, version: null}};
  }

  private async sendAll(name: string): Promise<void> {
    try {
      for (;;) {
        const own = this.pending.peek()[name];
        if (!own || own.version !== null) return;
        const answer = await this.send(name, own.text, this.versions.get(name) ?? 0);
        if (!answer.ok) {
          this.forget(name);
          this.refuse(answer.code ?? "refused");
          return;
        }
        const version = Number(answer["version"]);
        this.versions.set(name, version);
        if (this.pending.peek()[name] === own) {
          this.pending.value = {...this.pending.peek(), [name]: {text: own.text, version}};
        }
      }
    } finally {
      this.sending.delete(name);
    }
  }

  private forget(name: string): void {
    const {[name]: _, ...others} = this.pending.peek();
    this.pending.value = others;
    this.versions.delete(name);
  }
}

/** A day as it is typed: hyphens come by themselves. */
export function dayTyped(text: string): string {
  const digits = text.replace(/\D/g, "").slice(0, 8);
  return [digits.slice(0, 4), digits.slice(4, 6), digits.slice(6)].filter(part => part).join("-");
}
