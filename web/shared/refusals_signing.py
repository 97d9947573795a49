"""Sentences for forms and signatures.  See `web.shared.refusals`."""

from web.shared.i18n import N_

# fmt: off
SIGNING: dict[str, tuple[str, str]] = {
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
    "form_renewed": (
        N_("There is a newer version of this form"),
        N_("It is shown now, with what was written. Look at it, then go on.")),
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
    "field_whole": (
        N_("This is not a whole number."),
        N_("Use digits only, without a point.")),
    "field_small": (
        N_("This number is too small."),
        N_("Write at least the number beside the question.")),
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
        N_("Type it again, or take a new code.")),
    "activation_pin_refused": (
        N_("The PIN was not accepted"),
        N_("Type it again. If you do not know it, sign in another way.")),
    "activation_either_refused": (
        N_("The PIN or the code was not accepted"),
        N_("Type both again, or take a new code.")),
    "activation_lapsed": (
        N_("It took too long, or the code was used"),
        N_("Nothing is signed yet, and no try is lost. "
           "Type it again; a code has to be a new one.")),
    "activation_unanswered": (
        N_("Your certificate's service did not answer"),
        N_("Nothing is signed yet, and no try is lost. "
           "Type it again; a code has to be a new one.")),
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
        N_("Three tries were wrong"),
        N_("Sign in another way, or unlock your key where you got it.")),
}
# fmt: on
