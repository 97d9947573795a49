// Written by `python -m counter.protocol.export` from counter/protocol; do not edit.
/* eslint-disable */

export interface AppointmentFind {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  reference: string;
}

export interface ArrivalCard {
  department: string;
  service: string;
  starts_at: string;
  /** Papers, in words. */
  bring: string[];
}

export interface ArrivalConfirm {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface CallCard {
  call_id: string;
  agent_name: string;
  department: string;
  since: string;
  task: "talk" | "scan" | "read" | "sign" | "sealing";
  other_side: "present" | "away";
}

export interface CaseClose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  outcome: "completed" | "accepted" | "papers_missing" | "referred" | "no_show" | "abandoned";
  /** For the citizen, in words. */
  next_step?: string;
  /** For colleagues; never shown to the citizen. */
  note?: string;
}

export interface CasePage {
  page_id: string;
  item: string;
  /** What paper it is, in the screen's language. */
  label: string;
  state: "stored" | "accepted" | "rejected";
  /** Of the flattened page; both screens fetch `/pages/{sha256}`. */
  sha256: string;
  thumb_sha256: string;
  width_px: number;
  height_px: number;
}

export interface CeremonyCard {
  ceremony_id: string;
  title: string;
  state: "presented" | "consented" | "signing" | "sealed" | "declined" | "withdrawn";
  /** Of the document as presented; its first six digits stand on both screens. */
  sha256: string;
  sheets: SheetCard[];
  /** Of the sealed PDF; fetched as `/documents/{sha256}`. */
  signed_sha256: string | null;
}

export interface CeremonyConsent {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  /** Of the document that was on the screen. */
  sha256: string;
}

export interface CeremonyDecline {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface CeremonySign {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  sha256: string;
  strokes: InkPoint[][];
}

export interface CeremonyWithdraw {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface ChecklistRow {
  item: string;
  label: string;
  kind: "original" | "copy" | "photo";
  state: "missing" | "asked" | "stored" | "accepted" | "rejected" | "declined";
}

export interface Choice {
  id: string;
  name: string;
  hint?: string;
  /** Code of the reason why it cannot be chosen now. */
  unavailable?: string | null;
}

export interface DeskBeat {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface DeskCase {
  case_id: string;
  number: string;
  service: string;
  department: string;
  /** Name as booked; empty for a walk-in. */
  citizen: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  needs: string[];
  site: string;
  terminal: string;
  booked: boolean;
  call: CallCard | null;
  checklist: ChecklistRow[];
  pages: CasePage[];
  scan: ScanCard | null;
  forms: FormCard[];
  /** Newest first. */
  ceremonies: CeremonyCard[];
  outcomes: Choice[];
}

export interface DeskScreen {
  agent_id: string;
  agent_name: string;
  department: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  presence: "offline" | "ready" | "paused" | "offered" | "busy" | "wrapup";
  epoch: number;
  now: string;
  queue: QueueRow[];
  offer: OfferCard | null;
  case: DeskCase | null;
  served_today: number;
}

export interface DeskScreenChanged {
  seq: number;
  screen: DeskScreen;
}

export interface DeviceReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  camera: "good" | "refused" | "missing";
  microphone: "good" | "refused" | "missing";
}

export interface Displaced {
}

export interface FormCard {
  form: string;
  title: string;
  fields: FormField[];
}

export interface FormField {
  name: string;
  label: string;
  required: boolean;
  /** What the case already knows, or empty. */
  value: string;
  max_length: number;
}

export interface FormPresent {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  form: string;
  fields: Record<string, string>;
}

export interface Happened {
  audience: string;
  seq: number;
  /** Such as `offer.rung`, `page.added`, `document.signed`. */
  kind: string;
  body: Record<string, string | number | boolean | null>;
}

export interface InkPoint {
  /** In pixels of the pad, from its left. */
  x: number;
  /** In pixels of the pad, from its top. */
  y: number;
  /** Since the first point. */
  t_ms: number;
  pressure?: number;
}

export interface LanguageChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
}

export interface LegAnswer {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  leg_id: string;
  sdp: string;
}

export interface LegJoin {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface LegOffered {
  leg_id: string;
  sdp: string;
}

export interface OfferAccept {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  pairing_id: string;
}

export interface OfferCard {
  pairing_id: string;
  number: string;
  service: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  deadline: string;
  waiting_since: string;
}

export interface OfferDecline {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  pairing_id: string;
}

export interface PageDecide {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  page_id: string;
  accept: boolean;
}

export interface PagesShown {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  number: number;
}

export interface PresenceChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  presence: "ready" | "paused";
}

export interface QueueRow {
  ticket_id: string;
  number: string;
  service: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  booked: boolean;
  starts_at: string | null;
  waiting_since: string;
  site: string;
  state: "waiting" | "offered" | "active";
}

export interface ReceiptCard {
  number: string;
  department: string;
  service: string;
  outcome: string;
  next_step: string;
  handed_in: string[];
  signed: CeremonyCard[];
  rated: boolean;
}

export interface ScanCancel {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  request_id: string;
}

export interface ScanCard {
  request_id: string;
  item: string;
  label: string;
  /** Code of the last photograph that would not do; gone with the next one. */
  refusal: string | null;
}

export interface ScanDecline {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  request_id: string;
}

export interface ScanRequest {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  /** Which item of the checklist, or `other`. */
  item: string;
}

export interface ScreenOpen {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  stage: "attract" | "start" | "reference" | "departments" | "services";
  /** Whose services, with stage `services`. */
  department?: string | null;
}

export interface SheetCard {
  number: number;
  /** Fetched as `/sheets/{sha256}`. */
  sha256: string;
  width_px: number;
  height_px: number;
  seen: boolean;
}

export interface TerminalBeat {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface TerminalScreen {
  stage: "attract" | "start" | "reference" | "departments" | "services" | "confirm" | "waiting" | "call" | "receipt";
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  text_size: "A" | "A+" | "A++";
  terminal: string;
  site: string;
  now: string;
  /** Rises with each change of the stage before arrival. */
  version: number;
  /** Departments or services, by stage. */
  choices?: Choice[];
  chosen_department?: string | null;
  arrival?: ArrivalCard | null;
  ticket?: TicketCard | null;
  call?: CallCard | null;
  scan?: ScanCard | null;
  ceremony?: CeremonyCard | null;
  pages?: CasePage[];
  receipt?: ReceiptCard | null;
}

export interface TerminalScreenChanged {
  /** Of this audience's session log, up to which the screen speaks. */
  seq: number;
  screen: TerminalScreen;
}

export interface TextSizeChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  text_size: "A" | "A+" | "A++";
}

export interface TicketCard {
  number: string;
  department: string;
  service: string;
  /** How many are before this one; 0 means next. */
  ahead: number;
  wait_from_min: number;
  /** A range in minutes; both 0 while ringing. */
  wait_to_min: number;
  ringing: boolean;
  /** The agent was lost; this ticket stands first in line. */
  reconnecting: boolean;
  agents_on_duty: number;
  bring: string[];
}

export interface TicketLeave {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface TicketTake {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  service: string;
}

export interface VisitLeave {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface VisitRate {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  stars: number;
}

export interface TerminalAsks {
  "appointment.find": AppointmentFind;
  "arrival.confirm": ArrivalConfirm;
  "ceremony.consent": CeremonyConsent;
  "ceremony.decline": CeremonyDecline;
  "ceremony.sign": CeremonySign;
  "device.report": DeviceReport;
  "language.choose": LanguageChoose;
  "leg.answer": LegAnswer;
  "leg.join": LegJoin;
  "page.seen": PagesShown;
  "scan.decline": ScanDecline;
  "screen.open": ScreenOpen;
  "terminal.beat": TerminalBeat;
  "text_size.choose": TextSizeChoose;
  "ticket.leave": TicketLeave;
  "ticket.take": TicketTake;
  "visit.leave": VisitLeave;
  "visit.rate": VisitRate;
}

export interface AgentAsks {
  "case.close": CaseClose;
  "ceremony.withdraw": CeremonyWithdraw;
  "desk.beat": DeskBeat;
  "form.present": FormPresent;
  "leg.answer": LegAnswer;
  "leg.join": LegJoin;
  "offer.accept": OfferAccept;
  "offer.decline": OfferDecline;
  "page.decide": PageDecide;
  "presence.choose": PresenceChoose;
  "scan.cancel": ScanCancel;
  "scan.request": ScanRequest;
}
