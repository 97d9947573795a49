// Written by `python -m counter.protocol.export` from counter/protocol; do not edit.
/* eslint-disable */

export interface AgreementCard {
  /** In the language of the screen, to be shown as it is. */
  sentence: string;
  /** Of the sentence, UTF-8. */
  sha256: string;
}

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

export interface ArrivingCard {
  state: "captured" | "uploading";
  /** Fetched as a page is. */
  thumb_sha256: string | null;
  /** The page as the terminal flattened it, to read while the photograph is still coming. */
  preview_sha256: string | null;
  /** Of its bytes that are here, 0 to 4. */
  quarters: number;
}

export interface AskedCard {
  party_id: string;
  name: string;
  department: string;
  purpose: "colleague" | "interpreter" | "consult" | "transfer";
  deadline: string;
}

export interface BedReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  /** Whose papers were laid there; empty: nobody sits there. */
  sitting?: string;
  seen: "empty" | "paper" | "unknown";
}

export interface CallCard {
  call_id: string;
  agent_name: string;
  department: string;
  since: string;
  task: "talk" | "fill" | "scan" | "read" | "sign" | "sealing";
  other_side: "present" | "away";
  /** Own first; whose line is good is not among them. */
  lines?: LineCard[];
  /** False: by agreement it goes on by voice alone. */
  picture?: boolean;
  /** What would help now: to go on by voice, or to have the picture again. */
  advice?: "voice" | "picture" | null;
  /** The citizen waits, and neither hears nor is heard. */
  held_since?: string | null;
  /** All the others, but for the terminal only those whom the citizen may hear or see. */
  parties?: PartyCard[];
  /** The agent lets nobody hear this side. */
  muted?: boolean;
  /** The agent lets nobody see this side. */
  hidden?: boolean;
}

export interface CallHide {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  owner: string;
  hidden: boolean;
}

export interface CallHold {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  on: boolean;
}

export interface CallMute {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  owner: string;
  muted: boolean;
}

export interface CallRow {
  call_id: string;
  number: string;
  service: string;
  agent_name: string;
  since: string;
  /** Who take part beside citizen and agent. */
  others: number;
}

export interface CandidateCard {
  agent_id: string;
  name: string;
  department: string;
  languages: ("zh-Hant" | "zh-Hans" | "pt" | "en")[];
  /** Serves the department of the case, so may take it over. */
  serves: boolean;
  /** Serves in the citizen's language. */
  speaks: boolean;
}

export interface CaseClose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  outcome: "completed" | "accepted" | "papers_missing" | "referred" | "no_show" | "abandoned";
  /** For the citizen, in words. */
  next_step?: string;
  /** For colleagues; never shown to the citizen. */
  note?: string;
  /** Of each paper that is missing, until when it is handed in. */
  papers?: PaperDue[];
  /** The agent knows that an original still lies at the terminal. */
  originals?: boolean;
}

export interface CasePage {
  page_id: string;
  item: string;
  /** What paper it is, in the screen's language. */
  label: string;
  state: "stored" | "accepted" | "rejected" | "superseded";
  /** Of the flattened page; both screens fetch `/pages/{sha256}`. */
  sha256: string;
  thumb_sha256: string;
  width_px: number;
  height_px: number;
  /** An agent has been given it to look at. */
  shown?: boolean;
  /** Told by size where the mat gave the scale, else by proportion. */
  format?: "a-series" | "a4" | "a5" | "id-1" | "td3" | "td3-open" | "free";
  /** What the agent should know before deciding. */
  notes?: ("resolution_low" | "slightly_blurred" | "whole_frame" | "glare_spot" | "seen_before" | "same_side" | "turned_by_counter")[];
  /** With `seen_before`: the page of this case that shows the same sheet. */
  same_as?: string | null;
  /** On the agent's screen. */
  codes?: PageCode[];
}

export interface CeremonyAloud {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  /** Who does: the agent, where the machine has no voice for the language. */
  by: "machine" | "agent";
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
}

export interface CeremonyCard {
  ceremony_id: string;
  title: string;
  state: "presented" | "consented" | "signing" | "sealed" | "declined" | "withdrawn" | "abandoned" | "expired" | "voided";
  /** Of the document as presented; its first six digits stand on both screens. */
  sha256: string;
  /** When the citizen signed. */
  signed_at?: string | null;
  /** The citizen's signature is in the document; the department's follow by themselves. */
  citizen_signed?: boolean;
  sheets: SheetCard[];
  /** Of the sealed PDF; fetched as `/documents/{sha256}`. */
  signed_sha256: string | null;
  /** Why it was declined, abandoned, voided or never made ready. */
  reason?: string | null;
  /** Rises with each correction. */
  revision?: number;
  /** What the last correction changed, in words; nothing after the consent. */
  corrected?: string[];
  /** The citizen asked to have it read out, by whom. */
  read_aloud?: "machine" | "agent" | null;
  /** When the terminal asks whether somebody is there. */
  asks_at?: string | null;
  /** When it is taken off the screen, if nothing happens. */
  ends_at?: string | null;
  /** The call was interrupted; it goes on when the agent says so. */
  paused?: boolean;
  /** The citizen is identified again, as far as he ever was. */
  may_resume?: boolean;
  /** On the terminal, while it is read: what it says, for reading out and for screen readers. */
  said?: SaidLine[];
  /** On the console, while it can be corrected: what the agent filled in. */
  fields?: FormField[];
  /** On the terminal, while it is read. */
  agreement?: AgreementCard | null;
  /** Once agreed to, where the citizen's own certificate is enough. */
  certificate?: CertificateCard | null;
  /** Of PAdES; for the agent, once something is signed. */
  level?: "B_B" | "B_T" | "B_LT" | "B_LTA" | null;
  /** The same in words, with what is still to come. */
  lasting?: string;
  /** Of the newest revision of the archive, fetched likewise. */
  archived_sha256?: string | null;
}

export interface CeremonyConsent {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  /** Of the document that was on the screen. */
  sha256: string;
  /** Of the sentence agreed to, as it stood there. */
  text_sha256: string;
}

export interface CeremonyDecline {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  reason?: "think" | "data_wrong" | "not_understood" | "cannot_write" | "other";
}

export interface CeremonyHere {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface CeremonyResume {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface CeremonySign {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  sha256: string;
  /** More than a signature has is refused with a sentence of its own. */
  strokes: InkPoint[][];
}

export interface CeremonyVoid {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  reason: "data_wrong" | "wrong_person" | "citizen_asked" | "signed_twice" | "other";
}

export interface CeremonyWithdraw {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface CertificateAnother {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface CertificateCard {
  /** As citizens know it. */
  provider: string;
  /** Asked: the agent, whether it is the citizen's. Coded: a code was sent, if it wants one, and the citizen is confirming. Another: number is to be typed. Locked: three PINs, codes or numbers were wrong. */
  stage: "offered" | "chosen" | "asked" | "coded" | "another" | "locked";
  /** What the citizen types, in this order, while coded. Code: was sent. Own code: his own device shows it. */
  wants?: ("pin" | "code" | "own_code")[];
  /** Of the certificate, while asked and coded; empty: it has none. */
  name?: string;
  /** Digest of the one that is meant. */
  certificate?: string | null;
  /** How many tries are left. */
  left: number;
  /** Ink is enough as well. */
  by_hand: boolean;
}

export interface CertificateChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  sha256: string;
  /** The number under which the provider knows me. */
  user: string;
}

export interface CertificateCode {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  sha256: string;
  /** That was sent to me, or that my own device shows; empty: none is wanted. */
  code?: string;
  /** That I chose at the provider; empty: none is wanted. */
  pin?: string;
}

export interface CertificateConfirm {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  certificate: string;
  same: boolean;
}

export interface CertificateLeave {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface CertificateSend {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface ChecklistRow {
  item: string;
  label: string;
  kind: "original" | "copy" | "photo";
  state: "missing" | "asked" | "stored" | "accepted" | "rejected" | "declined";
  /** What became of the photograph that was sent before the visit. */
  before?: "sent" | "ready" | "again" | null;
  /** When the agent looked at the original. */
  original_seen?: string | null;
  /** This matter does without. */
  not_needed?: boolean;
  /** Nothing more is to be done about it. */
  green?: boolean;
  /** The case does not close before something is said of it. */
  missing?: boolean;
}

export interface Choice {
  id: string;
  name: string;
  hint?: string;
  /** Code of the reason why it cannot be chosen now. */
  unavailable?: string | null;
}

export interface Crop {
  x: number;
  y: number;
  width: number;
  height: number;
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
  /** Where the photographs sent before the visit are looked at. */
  papers_before?: string | null;
  /** Where a paper is asked for that comes after the visit. */
  papers_later?: string;
  call: CallCard | null;
  checklist: ChecklistRow[];
  pages: CasePage[];
  scan: ScanCard | null;
  forms: FormCard[];
  /** The form that is on both screens to be filled in. */
  filling?: DraftCard | null;
  /** Newest first. */
  ceremonies: CeremonyCard[];
  outcomes: Choice[];
  recording?: RecordingCard | null;
  /** With a call. */
  hands?: HandsCard | null;
  marks?: MarkCard[];
  /** Newest first. */
  prints?: PrintRow[];
  identity?: IdentityCard | null;
  /** Papers, in words, that may still lie under the terminal's camera. */
  lying?: string[];
  /** A camera sees it lying there. */
  lying_seen?: boolean;
}

export interface DeskScreen {
  agent_id: string;
  agent_name: string;
  department: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  presence: "offline" | "ready" | "paused" | "offered" | "busy" | "wrapup";
  epoch: number;
  now: string;
  /** None: hang up. */
  leg?: LegCard | null;
  queue: QueueRow[];
  offer: OfferCard | null;
  case: DeskCase | null;
  served_today: number;
  invite?: InviteCard | null;
  guest?: GuestCard | null;
  /** Whom this desk is ringing to join its call. */
  asked?: AskedCard[];
  /** For a supervisor: the calls of her departments. */
  calls?: CallRow[];
  /** Colleagues' identifications that wait for a second officer. */
  seconds?: SecondCard[];
}

export interface DeskScreenChanged {
  seq: number;
  screen: DeskScreen;
}

export interface DeviceBeat {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface DeviceHealth {
  device: "camera" | "scanner" | "printer" | "reader" | "lamp" | "sound" | "clock" | "uplink";
  state: "good" | "weak" | "broken" | "none";
  fault?: "" | "missing" | "silent" | "dark" | "blurred" | "jam" | "cover_open" | "paper_out" | "stopped" | "no_sound" | "wrong_clock" | "slow" | "failed";
  can?: ("flatbed" | "feeder" | "on_off" | "level")[];
}

export interface DeviceLight {
  percent: number;
  rev: number;
}

export interface DevicePrint {
  print_id: string;
  /** `printing`: the program has said that it takes it, in this life or in one before. */
  state: "asked" | "printing";
  /** How many it takes, so that a long one is given its time. */
  sheets?: number;
}

export interface DeviceReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  camera: "good" | "refused" | "missing";
  microphone: "good" | "refused" | "missing";
}

export interface DeviceScan {
  request_id: string;
  item: string;
  /** Photograph it now. */
  wanted: boolean;
  /** Which photograph of this request that is; each is taken once. */
  shot: number;
  source?: "camera" | "flatbed" | "feeder";
}

export interface DeviceScreen {
  terminal: string;
  now: string;
  /** Who is here now, without saying who; None: nobody. When it changes, forget. */
  sitting: string | null;
  scan?: DeviceScan | null;
  print?: DevicePrint | null;
  /** None: as it is usually. */
  light?: DeviceLight | null;
  /** Look whether a paper lies under the camera, and say so, until this is over. */
  watch_bed?: boolean;
}

export interface DeviceScreenChanged {
  seq: number;
  screen: DeviceScreen;
}

export interface Displaced {
}

export interface DraftCard {
  draft_id: string;
  form: string;
  title: string;
  fields: FillField[];
  /** Of all texts; the agent presents exactly these. */
  digest: string;
  /** Nothing is wrong any more. */
  complete: boolean;
}

export interface FillChoice {
  id: string;
  name: string;
}

export interface FillField {
  name: string;
  label: string;
  owner: "agent" | "citizen" | "counter";
  kind: "text" | "date" | "choice" | "yes_no" | "number" | "phone" | "id_number";
  lines: boolean;
  required: boolean;
  max_length: number;
  choices: FillChoice[];
  text: string;
  /** The text as people read it: a choice by its name. */
  shown: string;
  /** Of a number: without cents. */
  whole: boolean;
  /** Of a number: the least that is right. */
  minimum: number;
  /** 0: nobody has written it; what stands there is known from elsewhere. */
  version: number;
  source: "identity" | "booking" | "counter" | "typed" | "none";
  /** Code of what is wrong with it. */
  problem: string | null;
  /** The characters that cannot be printed. */
  lost?: string;
}

export interface FormBegin {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  form: string;
}

export interface FormCard {
  form: string;
  title: string;
  fields?: FormField[];
  /** The citizen has fields as well. */
  together?: boolean;
  /** There is a draft, to be opened again. */
  begun?: boolean;
  /** Code of why it can never be presented here. */
  refusal?: string | null;
}

export interface FormCorrect {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  fields: Record<string, string>;
}

export interface FormField {
  name: string;
  label: string;
  required: boolean;
  /** What the case already knows, or empty. */
  value: string;
  max_length: number;
  /** What may be chosen; empty where it is written freely. */
  choices?: FillChoice[];
}

export interface FormFill {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  draft_id: string;
  field: string;
  text: string;
  /** Of the field as the writer has seen it; answered with the new one. */
  version: number;
}

export interface FormLeave {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  draft_id: string;
}

export interface FormPresent {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  form: string;
  /** With no draft: what the agent writes; a field of the citizen is refused. */
  fields?: Record<string, string>;
  /** What both filled in; `fields` is empty then. */
  draft_id?: string | null;
  /** With a draft: of what the agent looked at, form, version and texts; another is refused. */
  digest?: string | null;
}

export interface GuestCard {
  party_id: string;
  role: "citizen" | "agent" | "colleague" | "interpreter" | "consult" | "transfer" | "supervisor";
  mode: "full" | "whisper" | "listen";
  aside: boolean;
  number: string;
  service: string;
  /** Of the citizen. */
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  site: string;
  call: CallCard;
}

export interface HandCamera {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  camera: "face" | "document";
}

export interface HandCrop {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  crop: Crop | null;
}

export interface HandGain {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  percent: number;
}

export interface HandLanguage {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
}

export interface HandLight {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  percent: number;
}

export interface HandPage {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  number: number;
}

export interface HandReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  hand: "camera" | "crop" | "gain" | "volume";
  /** Of the wish that this answers. */
  rev: number;
  cannot: "no_document_camera" | "no_camera" | "no_microphone" | "failed" | null;
}

export interface HandShow {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  sha256: string | null;
}

export interface HandState {
  hand: "camera" | "crop" | "gain" | "volume" | "text_size" | "language" | "page" | "show" | "light";
  rev: number;
  state: "asked" | "done" | "cannot";
  cannot: string | null;
}

export interface HandTextSize {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  text_size: "A" | "A+" | "A++";
}

export interface HandUsed {
  seq: number;
  text: string;
  at: string;
}

export interface HandVolume {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  percent: number;
}

export interface HandsAnswer {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  allow: boolean;
}

export interface HandsAsk {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface HandsCard {
  permission: "allowed" | "stopped" | "asked";
  camera: "face" | "document";
  crop: Crop | null;
  gain: number;
  volume: number;
  text_size: "A" | "A+" | "A++";
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  page: PageTurned | null;
  /** Of the stored page that lies before both. */
  show: string | null;
  /** Per cent of the lamp over the papers; null: there is none. */
  light?: number | null;
  /** It can be more than on and off. */
  light_level?: boolean;
  states: HandState[];
  /** Newest first. */
  did: HandUsed[];
}

export interface HandsStop {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface Happened {
  audience: string;
  seq: number;
  /** Such as `offer.rung`, `page.added`, `document.signed`. */
  kind: string;
  body: Record<string, string | number | boolean | null>;
}

export interface HealthReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  devices: DeviceHealth[];
}

export interface IceServer {
  urls: string[];
  username: string;
  /** Good for minutes, and only to begin with. */
  credential: string;
}

export interface IdentityAbort {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  proofing_id: string;
  reason: "citizen_declined" | "not_alone" | "bad_light_or_sound" | "document_doubtful" | "not_the_holder" | "under_pressure" | "technical" | "other";
}

export interface IdentityAgree {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  proofing_id: string;
  agree: boolean;
}

export interface IdentityBegin {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  document: "bir" | "home_permit" | "exit_entry" | "mainland_id" | "passport" | "other";
}

export interface IdentityCard {
  /** By the service. */
  needed: "L0" | "L1" | "L2" | "L3";
  reached: "L0" | "L1" | "L2" | "L3";
  documents: ReasonChoice[];
  /** Of the service's papers. */
  usual: "bir" | "home_permit" | "exit_entry" | "mainland_id" | "passport" | "other";
  /** What to ask for: the service's first identity paper not accepted yet; else `other`. */
  item: string;
  /** Why it may be ended. */
  reasons: ReasonChoice[];
  proofing_id?: string | null;
  state?: "open" | "waiting" | "identified" | "refused" | "aborted" | null;
  target?: "L0" | "L1" | "L2" | "L3" | null;
  document?: "bir" | "home_permit" | "exit_entry" | "mainland_id" | "passport" | "other" | null;
  /** In words, when it was ended. */
  reason?: string | null;
  steps?: IdentityStepCard[];
  /** Where a positive decision leads; None: a step is open, or failed. */
  leads_to?: "identified" | "waiting" | null;
  /** A page came that was not read yet. */
  unread?: boolean;
  zone?: ZoneCard | null;
  name?: NameCard | null;
  pages?: PaperPage[];
}

export interface IdentityDecide {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  proofing_id: string;
  identified: boolean;
}

export interface IdentityGive {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  proofing_id: string;
  step: "consent" | "account" | "presence" | "document" | "feature1" | "feature2" | "feature3" | "finger_portrait" | "finger_zone" | "match" | "face" | "turn" | "number" | "questions";
  verdict: "ok" | "doubt" | "failed" | "skipped";
}

export interface IdentityPrompt {
  proofing_id: string;
  step: "consent" | "account" | "presence" | "document" | "feature1" | "feature2" | "feature3" | "finger_portrait" | "finger_zone" | "match" | "face" | "turn" | "number" | "questions" | "wait" | "done";
  title: string;
  text: string;
  /** A number to be said aloud, or nothing. */
  shown?: string;
  turn?: "left" | "right" | null;
}

export interface IdentityRead {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface IdentitySecond {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  proofing_id: string;
  agree: boolean;
}

export interface IdentityStepCard {
  step: "consent" | "account" | "presence" | "document" | "feature1" | "feature2" | "feature3" | "finger_portrait" | "finger_zone" | "match" | "face" | "turn" | "number" | "questions";
  title: string;
  /** What the agent does and looks at. */
  todo: string;
  state: "done" | "now" | "later";
  verdict: "ok" | "doubt" | "failed" | "skipped" | null;
  optional: boolean;
  by: "agent" | "citizen";
}

export interface InkPoint {
  /** In pixels of the pad, from its left. */
  x: number;
  /** In pixels of the pad, from its top. */
  y: number;
  /** Of pages of before: taken and dropped, since when each point was drawn is nobody's. */
  t_ms?: number;
  /** As the device feels it; 0.5 for one that does not. */
  pressure?: number;
}

export interface InviteCard {
  party_id: string;
  purpose: "colleague" | "interpreter" | "consult" | "transfer";
  /** Name of the colleague. */
  asked_by: string;
  /** Of the colleague. */
  department: string;
  number: string;
  service: string;
  /** Of the citizen. */
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
  deadline: string;
}

export interface LampReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  /** Of the wish that this answers. */
  rev: number;
  made: boolean;
}

export interface LanguageChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  language: "zh-Hant" | "zh-Hans" | "pt" | "en";
}

export interface LaterCard {
  label: string;
  /** The last day, in words. */
  until: string;
  /** The link as a QR code: an image as a `data:` address. */
  qr: string;
}

export interface LegAnswer {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  leg_id: string;
  sdp: string;
}

export interface LegCard {
  /** Rises whenever a new one is to be made. */
  tag: number;
  /** Camera and microphone are sent; who only waits sends nothing. */
  sending: boolean;
  /** Something of the others should be arriving: silence is a fault. */
  expects: boolean;
}

export interface LegJoin {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface LegOffered {
  leg_id: string;
  sdp: string;
  /** Of the screen's `leg` that this satisfies, and of all before it. */
  tag: number;
  /** Empty: the page reaches media by itself; it never asks a server of somebody else. */
  ice_servers: IceServer[];
  /** Media goes through these relays and in no other way. */
  relay_only: boolean;
}

export interface LegReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  call_id: string;
  window_ms: number;
  connected: boolean;
  /** A picture is meant to be sent. */
  camera: boolean;
  /** Sound is meant to be sent; muted, it sends silence. */
  microphone: boolean;
  /** RTP packets of sound and picture. */
  received: number;
  lost: number;
  /** How long the other side's picture stood still. */
  frozen_ms: number;
  jitter_buffer_ms: number | null;
  rtt_ms: number | null;
  /** What the browser estimates that it may send; null when it does not say. */
  available_kbps: number | null;
  /** What keeps the picture that is sent from being better. */
  limited_by: "none" | "bandwidth" | "cpu" | "other";
}

export interface LegRestart {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  leg_id: string;
  /** It stands, but nothing of the other side arrives; that may be the other side's fault. */
  silent: boolean;
}

export interface LineCard {
  whose: "own" | "citizen" | "agent" | "colleague";
  verdict: "weak" | "bad";
  cause: "gone" | "no_sound" | "no_picture" | "upload_loss" | "download_loss" | "low_bandwidth" | "delay" | "cpu" | "frozen";
}

export interface LyingMark {
  mark_id: string;
  /** Two for a line, four for a frame. */
  points: Spot[];
}

export interface MarkCard {
  mark_id: string;
  surface: string;
  kind: "rect" | "arrow" | "underline";
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  /** Why it is not seen; only the agent is told of such marks. */
  hidden?: "left" | "lost" | null;
}

export interface MarkClear {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  surface: string;
  /** Only those that are hidden. */
  hidden_only?: boolean;
}

export interface MarkDraw {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  surface: string;
  kind: "rect" | "arrow" | "underline";
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface MarkShow {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  surface: string;
}

export interface MarksLie {
  surface: string;
  marks: LyingMark[];
}

export interface MissingPaper {
  label: string;
  /** The last day, in words. */
  until: string;
}

export interface NameCard {
  booked: NameWordCard[];
  zone: NameWordCard[];
  /** False: two scripts; it is for the agent to compare. */
  comparable: boolean;
}

export interface NameWordCard {
  text: string;
  differs: boolean;
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

export interface OriginalsTaken {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface PageCode {
  kind: string;
  text: string;
}

export interface PageDecide {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  page_id: string;
  accept: boolean;
}

export interface PageHidden {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
}

export interface PageRotate {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  page_id: string;
  /** The picture that is to be turned; where another is shown by now, nothing changes. */
  sha256: string;
  /** Clockwise. */
  quarters: 1 | 2 | 3;
}

export interface PageShown {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  number: number;
  /** It was there before: said every 10 s, by itself. */
  still?: boolean;
}

export interface PageTurn {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  number: number;
}

export interface PageTurned {
  ceremony_id: string;
  number: number;
  by: "agent" | "citizen";
  rev: number;
}

export interface PagesShown {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  ceremony_id: string;
  number: number;
}

export interface PaperDue {
  item: string;
  /** Last day to hand it in; null: not needed in this matter. */
  until: string | null;
}

export interface PaperNeed {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  item: string;
  needed: boolean;
}

export interface PaperOriginal {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  item: string;
  seen: boolean;
}

export interface PaperPage {
  sha256: string;
  width_px: number;
  height_px: number;
}

export interface PartyAccept {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  party_id: string;
}

export interface PartyBringIn {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  party_id: string;
}

export interface PartyCandidates {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  purpose: "colleague" | "interpreter" | "consult" | "transfer";
}

export interface PartyCard {
  /** Stays the same while this one takes part. */
  key: string;
  /** None for the citizen and the agent. */
  party_id: string | null;
  /** Whose leg; empty on the terminal, which asks nothing about others. */
  owner: string;
  /** Empty for the citizen of a walk-in. */
  name: string;
  department: string;
  role: "citizen" | "agent" | "colleague" | "interpreter" | "consult" | "transfer" | "supervisor";
  mode: "full" | "whisper" | "listen";
  /** In which of the leg's streams; null when nothing of this one is received. */
  slot: number | null;
  muted: boolean;
  hidden: boolean;
  /** Speaks with the agent only, while the citizen waits. */
  aside: boolean;
}

export interface PartyDecline {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  party_id: string;
}

export interface PartyHandOver {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  party_id: string;
  /** I stay in the call as a colleague. */
  stay?: boolean;
}

export interface PartyInvite {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  agent: string;
  purpose: "colleague" | "interpreter" | "consult" | "transfer";
  /** With a transfer: I stay in the call as a colleague. */
  stay?: boolean;
}

export interface PartyLeave {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface PartyRemove {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  party_id: string;
}

export interface PartyTakeBack {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  party_id: string;
}

export interface PictureChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  call_id: string;
  picture: boolean;
}

export interface PointerMove {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  surface: string;
  x: number | null;
  y: number | null;
}

export interface PointerMoved {
  surface: string;
  x: number | null;
  y: number | null;
}

export interface PresenceChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  presence: "ready" | "paused";
}

export interface PrintCard {
  print_id: string;
  what: "document" | "paper" | "receipt";
  label: string;
  state: "asked" | "printing";
  sheets: PrintSheet[];
  /** A receipt in words, in the citizen's language; else empty. */
  lines: string[];
  /** The terminal's program prints it: the page only says so, and is told no sheets. */
  by_device?: boolean;
}

export interface PrintFailed {
  print_id: string;
  label: string;
  /** In words. */
  reason: string;
}

export interface PrintReport {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  print_id: string;
  state: "printing" | "printed" | "failed";
  /** Why it failed. */
  reason?: "no_printer" | "no_answer" | "printer" | "picture" | "left" | "paper_out" | "jam" | "cover_open" | "unsure" | null;
}

export interface PrintRequest {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  what: "document" | "paper" | "receipt";
  /** Digest of the sealed document, or item of the paper; a receipt has none. */
  ref?: string;
}

export interface PrintRow {
  print_id: string;
  what: "document" | "paper" | "receipt";
  ref: string;
  label: string;
  state: "asked" | "printing" | "printed" | "failed";
  /** In words; empty unless it failed. */
  reason: string;
}

export interface PrintSheet {
  /** An image of this case, to be fetched from here. */
  src: string;
  width_mm: number;
  height_mm: number;
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

export interface ReasonChoice {
  id: string;
  name: string;
}

export interface ReceiptCard {
  number: string;
  department: string;
  service: string;
  outcome: string;
  next_step: string;
  handed_in: string[];
  /** What is still to be handed in, the most urgent first. */
  missing?: MissingPaper[];
  signed: CeremonyCard[];
  rated: boolean;
  later?: LaterCard[];
  take_along?: TakeAlongCard | null;
}

export interface RecordingAgree {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  recording_id: string;
}

export interface RecordingCard {
  recording_id: string;
  /** starting: agreed, and the media process was not heard to record yet. */
  state: "proposed" | "starting" | "recording" | "paused" | "declined" | "stopped";
  /** When it was asked for, or began. */
  since: string;
}

export interface RecordingDecline {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  recording_id: string;
}

export interface RecordingPause {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  recording_id: string;
}

export interface RecordingPropose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface RecordingResume {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  recording_id: string;
}

export interface RecordingStop {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  recording_id: string;
}

export interface SaidLine {
  /** Empty for a sentence of the form itself. */
  label: string;
  /** A field as it was filled in, or the sentence; empty for an empty field. */
  text: string;
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
  /** The terminal's program photographs it, when `shot.take` says so; else the page does. */
  by_device?: boolean;
  /** It has been told to, and has not begun to send. */
  taking?: boolean;
  /** In place of a page that there is. */
  retake?: boolean;
  /** With what it is taken, as the agent chose. */
  source?: "camera" | "flatbed" | "feeder";
  /** What the agent may choose from; empty: there is nothing to choose. */
  sources?: ("camera" | "flatbed" | "feeder")[];
  arriving?: ArrivingCard | null;
}

export interface ScanChoose {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  request_id: string;
  source: "camera" | "flatbed" | "feeder";
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
  /** The page that it shall stand in for; that one stays to be seen, and counts no more. */
  retake?: string | null;
}

export interface ScreenOpen {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  stage: "attract" | "start" | "reference" | "departments" | "services";
  /** Whose services, with stage `services`. */
  department?: string | null;
}

export interface SecondCard {
  proofing_id: string;
  /** Of the ticket. */
  number: string;
  service: string;
  agent_name: string;
  target: "L0" | "L1" | "L2" | "L3";
  since: string;
  /** Steps in doubt, in words. */
  doubts: string[];
}

export interface SheetCard {
  number: number;
  /** Fetched as `/sheets/{sha256}`. */
  sha256: string;
  width_px: number;
  height_px: number;
  seen: boolean;
  /** How long it was on the citizen's screen, in all. */
  seconds?: number;
  /** It is there now. */
  shown?: boolean;
}

export interface ShotFail {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  request_id: string;
  fault: "" | "missing" | "silent" | "dark" | "blurred" | "jam" | "cover_open" | "paper_out" | "stopped" | "no_sound" | "wrong_clock" | "slow" | "failed";
}

export interface ShotTake {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  request_id: string;
}

export interface SittingWipe {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  sitting: string;
  /** Photographs that are not stored yet, and stay for that. */
  kept: number;
}

export interface Spot {
  x: number;
  y: number;
}

export interface SuperviseMode {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  mode: "listen" | "whisper" | "full";
}

export interface SuperviseStart {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
  call_id: string;
  mode: "listen" | "whisper" | "full";
}

export interface SuperviseStop {
  /** Repeats of the same key are answered alike and carried out once. */
  key: string;
}

export interface TakeAlongCard {
  /** The last day, in words. */
  until: string;
  /** The link as a QR code: an image as a `data:` address. */
  qr: string;
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
  /** None: hang up. */
  leg?: LegCard | null;
  /** Departments or services, by stage. */
  choices?: Choice[];
  chosen_department?: string | null;
  arrival?: ArrivalCard | null;
  ticket?: TicketCard | null;
  call?: CallCard | null;
  scan?: ScanCard | null;
  ceremony?: CeremonyCard | null;
  /** With task `fill`: the form that citizen and agent fill in. */
  filling?: DraftCard | null;
  pages?: CasePage[];
  checklist?: ChecklistRow[];
  /** With a call. */
  hands?: HandsCard | null;
  marks?: MarkCard[];
  receipt?: ReceiptCard | null;
  recording?: RecordingCard | null;
  printing?: PrintCard | null;
  /** The print of this visit that was asked for last, when it did not come out. */
  print_failed?: PrintFailed | null;
  identity?: IdentityPrompt | null;
  /** Papers, in words, whose original may still lie under the camera. */
  take_back?: string[];
  /** A camera sees it lying there. */
  take_back_seen?: boolean;
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
  /** Of who had booked: until when he may check in again, should he leave; None: he cannot. */
  again_until?: string | null;
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

export interface ZoneCard {
  /** Every digit holds, nothing was repaired, every character was clear. */
  sure: boolean;
  lines: string[];
  /** Line and column, from 0. */
  doubtful: number[][];
  digits_hold: boolean;
  number: string;
  surname: string;
  given: string;
  nationality: string;
  /** As YYYY-MM-DD; empty when it cannot be told. */
  birth: string;
  sex: string;
  /** As above. */
  expiry: string;
  permanent: boolean;
  expired: boolean;
}

export interface TerminalAsks {
  "appointment.find": AppointmentFind;
  "arrival.confirm": ArrivalConfirm;
  "ceremony.aloud": CeremonyAloud;
  "ceremony.consent": CeremonyConsent;
  "ceremony.decline": CeremonyDecline;
  "ceremony.here": CeremonyHere;
  "ceremony.sign": CeremonySign;
  "certificate.another": CertificateAnother;
  "certificate.choose": CertificateChoose;
  "certificate.code": CertificateCode;
  "certificate.leave": CertificateLeave;
  "certificate.send": CertificateSend;
  "device.report": DeviceReport;
  "form.fill": FormFill;
  "hand.report": HandReport;
  "hands.answer": HandsAnswer;
  "hands.stop": HandsStop;
  "identity.agree": IdentityAgree;
  "language.choose": LanguageChoose;
  "leg.answer": LegAnswer;
  "leg.join": LegJoin;
  "leg.report": LegReport;
  "leg.restart": LegRestart;
  "originals.taken": OriginalsTaken;
  "page.hidden": PageHidden;
  "page.seen": PagesShown;
  "page.shown": PageShown;
  "page.turn": PageTurn;
  "picture.choose": PictureChoose;
  "pointer.move": PointerMove;
  "print.report": PrintReport;
  "recording.agree": RecordingAgree;
  "recording.decline": RecordingDecline;
  "recording.stop": RecordingStop;
  "scan.decline": ScanDecline;
  "screen.open": ScreenOpen;
  "shot.take": ShotTake;
  "terminal.beat": TerminalBeat;
  "text_size.choose": TextSizeChoose;
  "ticket.leave": TicketLeave;
  "ticket.take": TicketTake;
  "visit.leave": VisitLeave;
  "visit.rate": VisitRate;
}

export interface DeviceAsks {
  "bed.report": BedReport;
  "device.beat": DeviceBeat;
  "health.report": HealthReport;
  "lamp.report": LampReport;
  "print.report": PrintReport;
  "shot.fail": ShotFail;
  "sitting.wipe": SittingWipe;
}

export interface AgentAsks {
  "call.hide": CallHide;
  "call.hold": CallHold;
  "call.mute": CallMute;
  "case.close": CaseClose;
  "ceremony.resume": CeremonyResume;
  "ceremony.void": CeremonyVoid;
  "ceremony.withdraw": CeremonyWithdraw;
  "certificate.confirm": CertificateConfirm;
  "desk.beat": DeskBeat;
  "form.begin": FormBegin;
  "form.correct": FormCorrect;
  "form.fill": FormFill;
  "form.leave": FormLeave;
  "form.present": FormPresent;
  "hand.camera": HandCamera;
  "hand.crop": HandCrop;
  "hand.gain": HandGain;
  "hand.language": HandLanguage;
  "hand.light": HandLight;
  "hand.page": HandPage;
  "hand.show": HandShow;
  "hand.text_size": HandTextSize;
  "hand.volume": HandVolume;
  "hands.ask": HandsAsk;
  "identity.abort": IdentityAbort;
  "identity.begin": IdentityBegin;
  "identity.decide": IdentityDecide;
  "identity.give": IdentityGive;
  "identity.read": IdentityRead;
  "identity.second": IdentitySecond;
  "leg.answer": LegAnswer;
  "leg.join": LegJoin;
  "leg.report": LegReport;
  "leg.restart": LegRestart;
  "mark.clear": MarkClear;
  "mark.draw": MarkDraw;
  "mark.show": MarkShow;
  "offer.accept": OfferAccept;
  "offer.decline": OfferDecline;
  "page.decide": PageDecide;
  "page.rotate": PageRotate;
  "paper.need": PaperNeed;
  "paper.original": PaperOriginal;
  "party.accept": PartyAccept;
  "party.bring_in": PartyBringIn;
  "party.candidates": PartyCandidates;
  "party.decline": PartyDecline;
  "party.hand_over": PartyHandOver;
  "party.invite": PartyInvite;
  "party.leave": PartyLeave;
  "party.remove": PartyRemove;
  "party.take_back": PartyTakeBack;
  "picture.choose": PictureChoose;
  "pointer.move": PointerMove;
  "presence.choose": PresenceChoose;
  "print.request": PrintRequest;
  "recording.pause": RecordingPause;
  "recording.propose": RecordingPropose;
  "recording.resume": RecordingResume;
  "recording.stop": RecordingStop;
  "scan.cancel": ScanCancel;
  "scan.choose": ScanChoose;
  "scan.request": ScanRequest;
  "shot.take": ShotTake;
  "supervise.mode": SuperviseMode;
  "supervise.start": SuperviseStart;
  "supervise.stop": SuperviseStop;
}
