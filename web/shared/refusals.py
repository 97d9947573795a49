"""Refusals in words: a stable code -> what happened, and the next thing to do.

Promise: nobody is shown a code without a sentence.  A code that is not in this table is shown with
a general sentence and the code itself, so that staff can look it up.
"""

from web.shared.i18n import N_, texts_for

# fmt: off
SENTENCES: dict[str, tuple[str, str]] = {
    # Anything
    "page_not_found": (
        N_("This page does not exist"),
        N_("Check the address, or start again from the first page.")),
    "not_found": (
        N_("We cannot find this"),
        N_("It may have been closed. Go back and choose again.")),
    "not_signed_in": (
        N_("Please sign in first"),
        N_("Your session may have ended. Sign in and try again.")),
    "not_allowed": (
        N_("You cannot open this"),
        N_("It belongs to somebody else. If you need it, ask a member of staff.")),
    "not_allowed_now": (
        N_("This step is not possible right now"),
        N_("Something has changed in the meantime. Reload the page to see where you are.")),
    "bad_input": (
        N_("We could not read what was sent"),
        N_("Go back, check what you entered and send it again.")),
    "too_large": (
        N_("What was sent is too large"),
        N_("Choose a smaller file and send it again.")),
    "too_many_requests": (
        N_("Too many tries in a short time"),
        N_("Wait one minute, then try again.")),
    "foreign_form": (
        N_("This page was open for too long"),
        N_("Nothing was changed. Go back, reload the page and send it again.")),
    "wrong_passphrase": (
        N_("Name and passphrase do not belong together"),
        N_("Check both and try again. After several tries you have to wait.")),
    "too_many_tries": (
        N_("Too many tries with this name"),
        N_("Wait 15 minutes, then try again, or ask a supervisor.")),
    "enrolment_used": (
        N_("This set-up link was already used or is too old"),
        N_("Ask the technical staff for a new link.")),
    "used_elsewhere": (
        N_("This desk is open in another window"),
        N_("Go on there, or reload this page to take it over here.")),
    "busy": (
        N_("Very many people are using the service right now"),
        N_("Nothing was changed. Wait a few seconds, then try again.")),
    "store_unavailable": (
        N_("The service is not available for a moment"),
        N_("Nothing was changed. Wait a few seconds, then try again.")),
    "server_fault": (
        N_("Something went wrong on our side"),
        N_("Nothing was lost that you had already sent. Try again in a minute.")),
    # Programs
    "api_key_unknown": (
        N_("The key of this program is missing, unknown or revoked"),
        N_("Send it as Authorization: Bearer. Whoever runs the counter makes keys.")),
    "api_key_scope": (
        N_("The key of this program may not do this"),
        N_("Whoever runs the counter can make a key that may.")),
    "idempotency_key_missing": (
        N_("This request has no key of its own"),
        N_("Send an Idempotency-Key of 8 to 64 letters and digits, new for each request.")),
    "idempotency_key_used": (
        N_("The key of this request was already used for another one"),
        N_("Send a new Idempotency-Key with a new request, and the same one when repeating it.")),
    "no_such_call": (
        N_("There is no such call"),
        N_("See what there is in /api/v1/openapi.json.")),
    # Bundles and prints
    "binding_failed": (
        N_("The PDF could not be made just now"),
        N_("Nothing was lost. Try again in a minute.")),
    "nothing_to_bind": (
        N_("No page of this paper was accepted"),
        N_("Accept a page first; what was sent back is in no PDF.")),
    "too_much_to_print": (
        N_("This is more than may be printed in one visit"),
        N_("Hand the rest over as a file, or send the citizen to a counter.")),
    # More than two in a call
    "agent_not_free": (
        N_("This colleague is not free any more"),
        N_("Choose somebody else from the list; it shows who is free now.")),
    "hands_stopped": (
        N_("The citizen has stopped your hands"),
        N_("Say what you would like to do, then ask again.")),
    "call_is_full": (
        N_("Nobody more can join this call"),
        N_("Two others can take part at once. Let one of them leave first.")),
    "cannot_take_over": (
        N_("This colleague does not serve this department"),
        N_("Choose one who does, or ask this one to join instead.")),
    "invite_over": (
        N_("This request to join is over"),
        N_("It was taken back or rang for too long. You need not do anything.")),
    # Identification
    "step_not_now": (
        N_("This step cannot be answered yet"),
        N_("An earlier step is open, or the paper is not there. The list shows what comes next.")),
    "steps_missing": (
        N_("It cannot be confirmed like this"),
        N_("A step is open or was not passed. Repeat it, refuse, or end the identification.")),
    "not_second": (
        N_("You cannot be the second officer here"),
        N_("It must be somebody else who is on duty for this department. Leave it to them.")),
    "proofing_over": (
        N_("This identification is over"),
        N_("It was decided or ended in the meantime. Begin a new one if it is needed.")),
    # Booking
    "slot_taken": (
        N_("Somebody else has just taken this time"),
        N_("Choose another time. We show what is still free.")),
    "not_to_be_moved": (
        N_("This appointment can stay where it is"),
        N_("It was moved already, or its time is given again. Look at the list once more.")),
    "closed_day": (
        N_("The counter is closed on this day"),
        N_("Choose another day.")),
    "not_released": (
        N_("This day cannot be booked yet"),
        N_("Choose an earlier day, or come back later.")),
    "not_offered_here": (
        N_("This place does not offer this service"),
        N_("Choose one of the places listed for this service.")),
    "not_in_catalogue": (
        N_("This service is not in the list"),
        N_("Choose a department and a service from the first page.")),
    "hold_expired": (
        N_("We could not keep your time any longer"),
        N_("Times are kept for 10 minutes. Choose a time again; nothing was booked.")),
    "bad_change": (
        N_("This change cannot be made as it is"),
        N_("Go back, correct the marked fields and look at it once more.")),
    "changed_meanwhile": (
        N_("Somebody else changed this while you were writing"),
        N_("What you wrote is kept. Compare it with what is there now, then go on.")),
    "cannot_take_back": (
        N_("This change cannot be taken back"),
        N_("It was changed again since, or its day is over. Make a new change instead.")),
    "unknown_reference": (
        N_("We do not know this appointment number"),
        N_("Check it against your confirmation: 20 letters and digits in four groups.")),
    "reference_used": (
        N_("This appointment number was already used"),
        N_("You are already checked in. If you were not, ask a member of staff.")),
    "appointment_cancelled": (
        N_("This appointment was cancelled"),
        N_("Book a new time if you still need the service.")),
    "wrong_site": (
        N_("Your appointment is at another place"),
        N_("Go to the place named in your confirmation, or ask a member of staff here.")),
    "too_early": (
        N_("You are early"),
        N_("You can check in from 30 minutes before your appointment.")),
    "too_late": (
        N_("The time of your appointment has passed"),
        N_("Take a ticket for today, or book a new time.")),
    "person_overlap": (
        N_("You already have an appointment at this time"),
        N_("Choose another time, or cancel the other appointment first.")),
    "too_many_appointments": (
        N_("You already have three open appointments"),
        N_("Cancel one that you no longer need, then book again.")),
    "weekly_limit": (
        N_("You already have as many appointments for this service as one may have in a week"),
        N_("Choose a day in another week, or cancel one that you no longer need.")),
    "too_many_of_entity": (
        N_("This company or association has no appointment left to book"),
        N_("Cancel one that it no longer needs, or choose a time at which fewer of you come.")),
    "slot_is_free": (
        N_("You need not wait: a time that suits you is free"),
        N_("Choose it from the list and book it now.")),
    "too_many_waiting": (
        N_("You are already on the waiting list three times"),
        N_("Leave one of these places, then join again.")),
    "only_same_day": (
        N_("You missed several appointments lately, so you can book for today only"),
        N_("Choose a time today, or take a ticket at the terminal.")),
    "too_late_to_change": (
        N_("Your appointment begins too soon to be changed here"),
        N_("Come as booked, or call the department.")),
    "not_in_this_language": (
        N_("This service is not given in the language you chose"),
        N_("Choose another language, or bring somebody who can interpret for you.")),
    "not_for_others": (
        N_("This service is given only to the person it is for"),
        N_("The person it is for has to come in person.")),
    "bad_details": (
        N_("Something is missing in your details"),
        N_("Go back and complete the marked fields.")),
    # The queue and the call
    "offer_over": (
        N_("This call was already taken back"),
        N_("Take the next one from the list.")),
    "media_gone": (
        N_("The picture and sound were interrupted"),
        N_("Please wait: the connection is being made again.")),
    "draining": (
        N_("The picture and sound are being moved"),
        N_("Please wait: the connection is being made again.")),
    "other_side_silent": (
        N_("Nothing comes from the other side right now"),
        N_("Your own connection is in order. Please wait a moment.")),
    "media_elsewhere": (
        N_("Picture and sound cannot be connected here"),
        N_("Ask the technical staff: the other side is connected to a different server.")),
    "media_library_changed": (
        N_("Video is not available right now"),
        N_("Call the technical staff: the software of this server does not fit.")),
    "no_still": (
        N_("The picture could not be held"),
        N_("The conversation goes on. Try again in a moment.")),
    "camera_refused": (
        N_("The camera or microphone is not allowed"),
        N_("Allow both in the browser's address bar, then reload the page.")),
    "camera_missing": (
        N_("No camera or microphone was found"),
        N_("Ask a member of staff. You can also go on with voice only.")),
    # Papers
    "photograph_refused": (
        N_("The photograph cannot be used"),
        N_("Lay the paper flat under the camera and scan again.")),
    "no_page_found": (
        N_("We could not find a page in the picture"),
        N_("Lay the paper flat on the dark mat, under the camera, and scan again.")),
    "page_cut_off": (
        N_("Part of the page is outside the picture"),
        N_("Move the page fully inside the frame and scan again.")),
    "page_too_small": (
        N_("The page is too far away to read"),
        N_("Move the page closer to the camera and scan again.")),
    "page_blurred": (
        N_("The picture is not sharp"),
        N_("Lay the page down, take your hands away and scan again.")),
    "page_glare": (
        N_("A reflection hides part of the page"),
        N_("Tilt the page a little or move it away from the lamp, then scan again.")),
    "page_finger": (
        N_("Something lies across the edge of the page"),
        N_("Take your fingers off the page and scan again.")),
    "page_blank": (
        N_("This side of the page is empty"),
        N_("Turn the paper over and scan again.")),
    "not_an_image": (
        N_("This file is not a photograph"),
        N_("Send a JPEG or PNG picture.")),
    "link_over": (
        N_("This link takes nothing any more"),
        N_("Look for a newer letter, or bring the paper to the counter.")),
    "issue_over": (
        N_("Nothing can be taken over this link"),
        N_("Open your appointment, or ask the department.")),
    "nothing_to_send": (
        N_("No page was uploaded yet"),
        N_("Take a photograph or choose a file, then hand it in.")),
    "file_not_taken": (
        N_("This is no picture or PDF that we can read"),
        N_("Send a JPEG, PNG, HEIC or WebP picture, or a PDF.")),
    "file_too_large": (
        N_("This PDF is too large"),
        N_("Send one of at most 20 MB, or photograph the paper.")),
    "pdf_encrypted": (
        N_("This PDF is locked with a password"),
        N_("Save it without one, for instance by printing it into a new PDF, and send that.")),
    "pdf_active": (
        N_("This PDF holds more than pages, such as a script or another file"),
        N_("Print it into a new PDF and send that, or photograph the paper.")),
    "pdf_damaged": (
        N_("This PDF cannot be opened"),
        N_("Save it again and send that, or photograph the paper.")),
    "pdf_too_long": (
        N_("This PDF has too many pages"),
        N_("Send one with only what was asked for.")),
    "file_infected": (
        N_("This file was refused by the virus scanner"),
        N_("Photograph the paper instead, and have your device checked.")),
    "check_unavailable": (
        N_("Files cannot be checked for viruses at the moment"),
        N_("Nothing was kept. Try again in some minutes.")),
    "image_too_large": (
        N_("This picture is too large"),
        N_("Send a picture of at most 10 MB.")),
    "image_damaged": (
        N_("This picture is damaged"),
        N_("Take the picture again.")),
    "digest_mismatch": (
        N_("What arrived is not what was sent"),
        N_("Try again. Nothing was kept.")),
    "scan_failed": (
        N_("The page could not be read this time"),
        N_("Scan the page again.")),
    "scan_not_asked": (
        N_("Nobody has asked for a page right now"),
        N_("Wait until the member of staff asks for it.")),
    "too_many_previews": (
        N_("The page is looked at already"),
        N_("Wait a moment.")),
    "page_unknown": (
        N_("We cannot find this page"),
        N_("Reload, and scan the page again if it is missing.")),
    "blob_missing": (
        N_("This document cannot be shown right now"),
        N_("Try again in a minute, or ask a member of staff.")),
    "blob_damaged": (
        N_("This document is damaged"),
        N_("Call the technical staff. If it is a page, scan it again.")),
    "capture_unknown": (
        N_("We do not know this photograph"),
        N_("Take the picture again.")),
    "capture_offset": (
        N_("A part of the picture came twice or too early"),
        N_("You need not do anything: it is sent on from the right place.")),
    "capture_expired": (
        N_("The picture did not arrive in time"),
        N_("Take the picture again.")),
    "chunk_damaged": (
        N_("A part of the picture was damaged on its way"),
        N_("You need not do anything: it is sent again.")),
    "camera_dark": (
        N_("The document camera sees nothing"),
        N_("Take away what covers it, and take the picture again.")),
    "paper_jam": (
        N_("The paper is stuck in the scanner"),
        N_("Pull it out gently, lay it in again, and take the picture again.")),
    "scanner_empty": (
        N_("There is no paper in the scanner, or its lid is open"),
        N_("Lay the paper in, close the lid, and take the picture again.")),
    "device_failed": (
        N_("The document camera does not answer"),
        N_("Try again. If it happens again, tell the agent.")),
    "terminal_out_of_order": (
        N_("This terminal cannot serve you right now"),
        N_("Something of it is broken and has been reported. Please take another terminal.")),
    # Papers before the trip
    "too_dark": (
        N_("The picture is too dark"),
        N_("Switch a lamp on and take the picture again.")),
    "paper_ready": (
        N_("This paper is ready"),
        N_("A member of staff has looked at it. You need not send it again.")),
    "too_many_photographs": (
        N_("This paper was photographed very often"),
        N_("Use the last photograph, or bring the paper as it is.")),
    "not_before_visit": (
        N_("No papers are taken for this appointment any more"),
        N_("Open your appointment to see how it stands.")),
    "other_photograph": (
        N_("The citizen has sent another photograph meanwhile"),
        N_("Look at the new one, then decide.")),
    "papers_undecided": (
        N_("Papers are still missing"),
        N_("Say of each until when it is handed in, or that it is not needed.")),
    "originals_lying": (
        N_("An original still lies at the terminal"),
        N_("Ask the citizen to take it, or say that you finish all the same.")),
    "due_day_wrong": (
        N_("This day cannot be chosen"),
        N_("Choose a day from tomorrow until a year from now.")),
    "paper_sealed": (
        N_("This picture cannot be opened"),
        N_("Call the technical staff. The paper can be photographed again.")),
    # Forms and signatures
    "form_unknown": (
        N_("This form does not exist"),
        N_("Choose a form from the list.")),
    "data_missing": (
        N_("The form is not complete"),
        N_("Fill in the marked fields, then present the form again.")),
    "data_too_long": (
        N_("A field has too much text"),
        N_("Shorten the marked field.")),
    "data_wrong": (
        N_("A field holds something that cannot be right"),
        N_("Correct the marked field; it says what is wrong.")),
    "field_not_yours": (
        N_("Somebody else fills in this field"),
        N_("Its colour shows who. Ask the other person to write it.")),
    "draft_changed": (
        N_("A field was changed in the meantime"),
        N_("Look at the form again, then go on.")),
    "draft_over": (
        N_("This form is not being filled in any more"),
        N_("Open it again from the list of forms; what was written is kept.")),
    "field_missing": (
        N_("Please fill this in."),
        N_("The form cannot be signed without it.")),
    "field_too_long": (
        N_("This is too long."),
        N_("Shorten it.")),
    "field_glyph": (
        N_("One character cannot be printed."),
        N_("Write it as it is on the identity document, or leave it out.")),
    "field_date": (
        N_("There is no such day."),
        N_("Write year, month and day, such as 2026-11-30.")),
    "field_choice": (
        N_("This is not one of the answers."),
        N_("Choose one of those shown.")),
    "field_number": (
        N_("This is not a number."),
        N_("Use digits only, with a point before cents.")),
    "field_phone": (
        N_("This is not a telephone number."),
        N_("Use digits, and + in front of the country's.")),
    "field_id_shape": (
        N_("No such number looks like this."),
        N_("Copy it from the document, with letters and brackets.")),
    "field_id_check": (
        N_("One digit of this number is wrong."),
        N_("Compare it with the document, digit by digit.")),
    "physical_presence": (
        N_("This form has to be signed in person"),
        N_("The law wants the signer there. Book an appointment at the department's counter.")),
    "form_undrawable": (
        N_("The texts do not fit on the form"),
        N_("Shorten the longest text, then present the form again.")),
    "description_wrong": (
        N_("The description of the form breaks a rule"),
        N_("See where, correct it and look at the form again.")),
    "template_wrong": (
        N_("The template cannot be drawn"),
        N_("See the line that is named, correct it and look at the form again.")),
    "template_unfit": (
        N_("The form could not be signed, or not be read by everybody"),
        N_("Correct the template as it says and look at the form again.")),
    "template_too_heavy": (
        N_("Drawing the form took too much time or memory"),
        N_("Make the template simpler and look at the form again.")),
    "form_id_taken": (
        N_("The id of this form belongs to another one"),
        N_("Write another id into the description.")),
    "form_changed": (
        N_("A colleague published another version of this form"),
        N_("Look at it in the list, then look at yours and publish it again.")),
    "preview_first": (
        N_("This is not what was looked at"),
        N_("Look at the form, then publish it.")),
    "field_unknown": (
        N_("The form does not have this field"),
        N_("Reload the page and fill in the form again.")),
    "glyph_missing": (
        N_("One character cannot be printed"),
        N_("Write the name as it is on the document, or ask a supervisor.")),
    "ceremony_unknown": (
        N_("This document is no longer open for signing"),
        N_("Ask for the document to be shown again.")),
    "ceremony_open": (
        N_("Another document is waiting to be signed"),
        N_("Finish or put away that document first.")),
    "document_unknown": (
        N_("We cannot find this document"),
        N_("Reload the page, or ask for the document to be shown again.")),
    "pages_unseen": (
        N_("You have not seen every page yet"),
        N_("Turn to the last page, then go on.")),
    "page_too_short": (
        N_("This page was on the screen for a blink only"),
        N_("Look at it a little longer, then go on.")),
    "ceremony_paused": (
        N_("The document waits, because the call was interrupted"),
        N_("The agent confirms who sits there; then it goes on where it was.")),
    "identity_first": (
        N_("It is not confirmed yet who sits there"),
        N_("Identify the citizen in this call as before, then go on with the document.")),
    "consent_words_changed": (
        N_("The language of the screen was changed just now"),
        N_("Read the sentence again in this language, then agree.")),
    "ink_missing": (
        N_("There is no signature yet"),
        N_("Sign with your finger or the pen inside the box.")),
    "ink_too_much": (
        N_("The signature is too long"),
        N_("Clear the box and sign once more, a little shorter.")),
    "not_confirmed": (
        N_("This booking was not finished"),
        N_("Go back to the booking page and confirm it, or take a ticket here without it.")),
    "timestamp_unavailable": (
        N_("The time stamp service does not answer"),
        N_("Your signature is kept. Wait a moment: it is tried again.")),
    "token_too_long": (
        N_("The time stamp does not fit into the document"),
        N_("Withdraw the form and present it again. Tell the technical staff.")),
    "signer_unavailable": (
        N_("The signing service does not answer"),
        N_("Wait a moment and try again, or ask a member of staff.")),
    "signature_invalid": (
        N_("The signature could not be confirmed"),
        N_("Nothing was issued. Present the document again.")),
    "not_pdf": (
        N_("This file is not a PDF"),
        N_("Choose the PDF that you were given, as it is.")),
    "damaged": (
        N_("This PDF is damaged"),
        N_("Ask for it again; a file that was repaired proves nothing.")),
    "encrypted": (
        N_("This PDF is locked"),
        N_("Choose one that opens without a password.")),
    "hybrid_xref": (
        N_("This PDF is read in two ways"),
        N_("Ask whoever made it for one of today's kind.")),
    "xfa": (
        N_("This PDF holds a second form"),
        N_("Some programs show it and others do not. Print it into a new PDF.")),
    "active_content": (
        N_("This PDF holds something that runs"),
        N_("Nobody signs that. Print it into a new PDF.")),
    "hidden_content": (
        N_("This PDF holds something that not everybody sees"),
        N_("Take notes, layers and files out of it, or print it into a new PDF.")),
    "font": (
        N_("This PDF does not bring its letters along"),
        N_("Save it again with its fonts embedded.")),
    "field_filled": (
        N_("This place is signed already"),
        N_("Reload the page to see how the document stands.")),
    "no_field": (
        N_("This document has no such place to sign"),
        N_("Present the form again. Tell the technical staff.")),
    "certified_final": (
        N_("Who made this document forbids further signatures"),
        N_("Ask for one that may be signed.")),
    "already_signed": (
        N_("Somebody else has signed this document already"),
        N_("Present the form again.")),
    "check_busy": (
        N_("Many documents are being checked right now"),
        N_("Send yours again in a minute.")),
    "clock_wrong": (
        N_("The clock of this machine is wrong"),
        N_("Nothing can be signed now. Call the technical staff.")),
    "key_unusable": (
        N_("The key for signing cannot be used"),
        N_("Nothing can be signed now. Call the technical staff.")),
    "pin_refused": (
        N_("The PIN of the signing key was refused or is locked"),
        N_("Nothing can be signed now. Call the technical staff.")),
    "identity_too_low": (
        N_("It is not known surely enough who signs"),
        N_("Identify the citizen first, then present the form again.")),
    "class_out_of_reach": (
        N_("This form needs a stronger signature than this counter can give"),
        N_("Book an appointment at the department.")),
    "key_unavailable": (
        N_("Whoever keeps the key does not answer"),
        N_("What was signed is kept and will be sealed by itself. Wait a moment.")),
    "key_mismatch": (
        N_("The signature does not belong to its certificate"),
        N_("Withdraw the form and present it again. Tell the technical staff.")),
    "certificate_revoked": (
        N_("The certificate for signing was revoked"),
        N_("Nothing can be signed with it. Call the technical staff.")),
    "revocation_unknown": (
        N_("Nobody says whether the certificate for signing still holds"),
        N_("Nothing was changed. Wait a minute, then try again, or call the technical staff.")),
    "certificate_expired": (
        N_("The certificate for signing is not valid today"),
        N_("Nothing can be signed now. Call the technical staff.")),
    "activation_refused": (
        N_("The code was not accepted"),
        N_("Ask for a new code and type it once more.")),
    "activation_lapsed": (
        N_("The code was too old"),
        N_("Ask for a new code and type it once more.")),
    "credential_unknown": (
        N_("There is no certificate under this name"),
        N_("Type it again, or sign in another way.")),
    "credential_unfit": (
        N_("Your certificate cannot sign here"),
        N_("Sign in another way, or ask where you got it.")),
    "means_not_open": (
        N_("This document is not signed in this way here"),
        N_("Choose the other way.")),
    "activation_locked": (
        N_("The code was wrong three times"),
        N_("Sign in another way, or unlock your key where you got it.")),
}
# fmt: on

_GENERAL = (
    N_("This was not possible"),
    N_("Try again. If it happens again, tell a member of staff the code %(code)s."),
)


def explain(code: str, language: str) -> tuple[str, str]:
    """(what happened, what to do next) for a refusal's stable code, in one of `LANGUAGES`."""
    texts = texts_for(language)
    title, what_to_do = SENTENCES.get(code, _GENERAL)
    return texts.gettext(title), texts.gettext(what_to_do).replace("%(code)s", code)


def advice(code: str, language: str) -> str:
    """Both as one text, as it stands beside a field or in an error summary."""
    title, what_to_do = explain(code, language)
    return in_one(title, what_to_do, language)


def in_one(title: str, what_to_do: str, language: str) -> str:
    """Two sentences as the language writes them one after the other."""
    joined = texts_for(language).gettext(N_("%(what)s. %(next)s"))
    return joined.replace("%(what)s", title).replace("%(next)s", what_to_do)


def all_sentences(language: str) -> dict[str, tuple[str, str]]:
    """Every known code's sentences, for pages whose scripts hear codes over the socket."""
    return {code: explain(code, language) for code in SENTENCES}
