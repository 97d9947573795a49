// The socket of a live page: the screen as a signal, asks that are repeated until answered.
//
// Promise: what is drawn is the last screen the counter told; an ask keeps one key however often it
// has to be sent, so it is carried out once; nothing is sent while the socket is away and nothing
// stale is replayed by the socket's own buffer.
import {type Signal, signal} from "@preact/signals";
import {type Socket, io} from "socket.io-client";
import type {Happened, MarksLie, PointerMoved} from "./protocol.ts";

export interface Answer {
  ok: boolean;
  code?: string | null;
  [fact: string]: unknown;
}

export type Link = "connecting" | "up" | "down";

export interface AskOptions {
  /** Stops repeating; the answer is then `given_up`. */
  abort?: AbortSignal;
}

const ATTEMPT_MS = 6000;
const POINTER_MS = 6000;
const LYING_MS = 1500; // a sheet of which nothing is heard may lie anywhere
const BEAT_MS = 10_000; // a third of the shorter lease (30 s)
const SHORTLY = new Set(["busy", "store_unavailable"]);
const GIVEN_UP: Answer = {ok: false, code: "given_up"};

export const pause = (ms: number): Promise<void> => new Promise(done => setTimeout(done, ms));

export class Live<Asks extends object, Screen> {
  readonly screen: Signal<Screen>;
  readonly link = signal<Link>("connecting");
  /** This desk or terminal was opened in another page; this one is out of use. */
  readonly displaced = signal(false);
  /** Why the counter does not let this page in, such as `not_signed_in`. */
  readonly refused = signal<string | null>(null);

  /** Where the other side points; forgotten when it says nothing for a while. */
  readonly pointer = signal<PointerMoved | null>(null);

  /** Where marks lie on the sheet under the camera; forgotten when no picture of it comes. */
  readonly lying = signal<MarksLie | null>(null);

  private pointed = 0;
  private laid = 0;
  private readonly socket: Socket;
  private readonly last: Record<string, number> = {};
  private readonly listeners = new Set<(row: Happened) => void>();
  private beating = false;

  constructor(namespace: "/terminal" | "/agent", screen: Screen) {
    this.screen = signal(screen);
    this.socket = io(namespace, {
      transports: ["websocket"],
      reconnectionDelay: 300,
      reconnectionDelayMax: 2000,
      auth: tell => tell({last: this.last}),
    });
    this.socket.on("connect", () => {
      this.link.value = "up";
      this.displaced.value = false;
      this.refused.value = null;
    });
    this.socket.on("disconnect", reason => {
      this.link.value = "down";
      // Cut by the server: the library does not come back by itself.
      if (reason === "io server disconnect") setTimeout(() => this.comeBack(), 1000);
    });
    this.socket.on("connect_error", error => {
      this.link.value = "down";
      if (this.socket.active) return; // it tries again by itself
      this.refused.value = error.message || "not_allowed";
      setTimeout(() => this.comeBack(), 5000);
    });
    this.socket.on("displaced", () => {
      this.displaced.value = true;
    });
    this.socket.on("screen.changed", (told: {seq: number; screen: Screen}) => {
      this.screen.value = told.screen;
    });
    this.socket.on("pointer.moved", (told: PointerMoved) => {
      this.pointer.value = told;
      window.clearTimeout(this.pointed);
      this.pointed = window.setTimeout(() => (this.pointer.value = null), POINTER_MS);
    });
    this.socket.on("marks.lie", (told: MarksLie) => {
      this.lying.value = told;
      window.clearTimeout(this.laid);
      this.laid = window.setTimeout(() => (this.lying.value = null), LYING_MS);
    });
    this.socket.on("happened", (row: Happened) => {
      if (row.seq <= (this.last[row.audience] ?? 0)) return;
      this.last[row.audience] = row.seq;
      for (const listener of this.listeners) listener(row);
    });
  }

  /** Rows of the session log: for sounds and live regions, not for drawing. */
  onHappened(listener: (row: Happened) => void): void {
    this.listeners.add(listener);
  }

  /** Ask once, however often it has to be sent; resolves with the counter's answer. */
  async ask<E extends keyof Asks & string>(
    event: E,
    body: Omit<Asks[E], "key">,
    {abort}: AskOptions = {},
  ): Promise<Answer> {
    const message = {...body, key: crypto.randomUUID()};
    for (let busy = 0; ; ) {
      await this.connected(abort);
      if (abort?.aborted) return GIVEN_UP;
      let answer: Answer;
      try {
        answer = (await this.socket.timeout(ATTEMPT_MS).emitWithAck(event, message)) as Answer;
      } catch {
        await pause(200); // timed out, or the socket went: the same key again
        continue;
      }
      if (answer.ok || !SHORTLY.has(answer.code ?? "") || busy >= 4) return answer;
      await pause(300 * 2 ** busy++);
    }
  }

  /** Ask once, if the socket is there; null when it is not, or nothing came back. */
  async attempt<E extends keyof Asks & string>(event: E, body: Omit<Asks[E], "key">): Promise<Answer | null> {
    if (!this.socket.connected || this.displaced.value) return null;
    const message = {...body, key: crypto.randomUUID()};
    return (this.socket.timeout(ATTEMPT_MS).emitWithAck(event, message) as Promise<Answer>).catch(() => null);
  }

  /** Say what may be lost: not kept, not repeated, not answered. */
  cast<E extends keyof Asks & string>(event: E, body: Omit<Asks[E], "key">): void {
    if (this.socket.connected) this.socket.volatile.emit(event, {...body, key: crypto.randomUUID()});
  }

  /** Connect the socket anew at once: it may hang on a way that is no more. */
  revive(): void {
    if (!this.displaced.value) this.socket.io.engine?.close();
  }

  /** Take this desk or terminal back from the page that displaced this one. */
  takeOver(): void {
    this.displaced.value = false;
    this.link.value = "connecting";
    this.socket.connect();
  }

  /** Say regularly that this page is alive, until it is closed. */
  beat<E extends keyof Asks & string>(event: E): void {
    setInterval(() => {
      if (this.beating || !this.socket.connected || this.displaced.value) return;
      this.beating = true;
      this.socket
        .timeout(ATTEMPT_MS)
        .emitWithAck(event, {key: crypto.randomUUID()})
        .catch(() => undefined) // a missed beat needs nothing: the next one follows
        .finally(() => (this.beating = false));
    }, BEAT_MS);
  }

  private comeBack(): void {
    if (!this.displaced.value && !this.socket.connected) this.socket.connect();
  }

  private connected(abort?: AbortSignal): Promise<void> {
    if (this.socket.connected || abort?.aborted) return Promise.resolve();
    return new Promise(done => {
      const stop = (): void => {
        this.socket.off("connect", stop);
        abort?.removeEventListener("abort", stop);
        done();
      };
      this.socket.on("connect", stop);
      abort?.addEventListener("abort", stop);
    });
  }
}
