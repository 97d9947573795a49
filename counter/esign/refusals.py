"""Why a form was not shown, not signed or not given out.

After any of these nothing has changed, except where the class says that the ink is kept.
"""

from collections.abc import Mapping, Sequence

from counter.errors import BadInput, NotAllowed, NotAllowedNow, NotFound, Refusal


class FormUnknown(NotFound):
    """There is no such form."""

    code = "form_unknown"


class DataMissing(BadInput):
    """Required fields are empty.  Advice: fill them in and present the form again."""

    code = "data_missing"
    status = 422

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"required and empty: {', '.join(names)}")
        self.names = tuple(names)


class DataTooLong(BadInput):
    """Fields hold more than their box on the paper.  Advice: shorten them."""

    code = "data_too_long"
    status = 422

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"longer than the form allows: {', '.join(names)}")
        self.names = tuple(names)


class DataWrong(BadInput):
    """Fields hold what they cannot mean: no such day, no such number.  Advice: correct them."""

    code = "data_wrong"
    status = 422

    def __init__(self, by_field: Mapping[str, str]) -> None:
        named = ", ".join(f"{name} ({why})" for name, why in by_field.items())
        super().__init__(f"not what the form asks for: {named}")
        self.by_field = dict(by_field)
        "What is wrong, as `counter.esign.typed.Problem`, by name of the field."

    def __reduce__(self) -> tuple[type["DataWrong"], tuple[dict[str, str]]]:
        return type(self), (self.by_field,)


class FieldUnknown(BadInput):
    """A field was sent that the form does not have."""

    code = "field_unknown"
    status = 422


class GlyphMissing(BadInput):
    """The font cannot draw a character.  Better no form than a form with a box in a name."""

    code = "glyph_missing"
    status = 422

    def __init__(self, by_field: Mapping[str, str]) -> None:
        # Which character is part of somebody's name: it goes to the page, never into the text.
        super().__init__(f"characters that cannot be drawn in: {', '.join(by_field)}")
        self.by_field = dict(by_field)
        "The characters that cannot be drawn, by name of the field."


class FormUndrawable(BadInput):
    """The texts do not fit on the form: a name without room in its seal.  Advice: shorten them."""

    code = "form_undrawable"
    status = 422


class DescriptionWrong(BadInput):
    """The description of a department's own form breaks a rule.  Advice: see where."""

    code = "description_wrong"
    status = 422

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__(f"{len(problems)} places of the description are wrong")
        self.problems = tuple(problems)
        "Where, and what: json, missing, extra, value, id, service."

    def __reduce__(self) -> tuple[type["DescriptionWrong"], tuple[tuple[tuple[str, str], ...]]]:
        return type(self), (self.problems,)


class TemplateWrong(BadInput):
    """Typst does not take the template of a department's own form."""

    code = "template_wrong"
    status = 422

    def __init__(self, diagnostic: str) -> None:
        super().__init__("the compiler refuses it")
        self.diagnostic = diagnostic
        "What the compiler says, with the line; in English."


class TemplateUnfit(BadInput):
    """It is drawn, but nobody could sign it, or not everybody could read it."""

    code = "template_unfit"
    status = 422

    def __init__(self, why: str, about: str = "") -> None:
        super().__init__(f"{why} {about}".strip())
        self.why, self.about = why, about
        "why: as `counter.esign.own_forms.Unfit`; about: which field."

    def __reduce__(self) -> tuple[type["TemplateUnfit"], tuple[str, str]]:
        return type(self), (self.why, self.about)


class TemplateTooHeavy(BadInput):
    """It took more time or memory than a form has; its process was ended."""

    code = "template_too_heavy"
    status = 422


class FormIdTaken(NotAllowedNow):
    """The id belongs to the product or to another department.  Advice: choose another."""

    code = "form_id_taken"


class FormChanged(NotAllowedNow):
    """Somebody published another version meanwhile.  Advice: look at it, then again."""

    code = "form_changed"


class PreviewFirst(NotAllowedNow):
    """What is to be published is not what was looked at.  Advice: look at it first."""

    code = "preview_first"


class PhysicalPresence(NotAllowedNow):
    """The law wants the signer of this form there in person (Macau Law 5/2005, art. 1(2)(5)).

    Advice: an appointment at the department's own counter.
    """

    code = "physical_presence"


class FieldNotYours(NotAllowed):
    """Each field has one who writes it: the citizen at the terminal, or the agent."""

    code = "field_not_yours"


class DraftChanged(NotAllowedNow):
    """What was looked at is not what stands there now.  Advice: look again."""

    code = "draft_changed"


class DraftOver(NotAllowedNow):
    """This form is not being filled in any more: left, or its case has ended."""

    code = "draft_over"


class CeremonyUnknown(NotFound):
    """This case has no such signing."""

    code = "ceremony_unknown"


class DocumentUnknown(NotFound):
    """This case has no such document or page image."""

    code = "document_unknown"


class IssueOver(Refusal):
    """The link to signed documents was taken back, has expired, or never was: answered alike."""

    code = "issue_over"
    status = 410


class CeremonyOpen(NotAllowedNow):
    """Another form of this case is being read or signed.  Advice: finish or withdraw it first."""

    code = "ceremony_open"


class PagesUnseen(NotAllowedNow):
    """Pages have not been on the screen yet.  Advice: go through all pages."""

    code = "pages_unseen"


class PageTooShort(NotAllowedNow):
    """The page has not been on the screen for a moment.  Advice: look at it a little longer."""

    code = "page_too_short"


class CeremonyPaused(NotAllowedNow):
    """The call was interrupted.  Advice: the agent confirms who sits there, then it goes on."""

    code = "ceremony_paused"


class IdentityFirst(NotAllowedNow):
    """It goes on in a new call only after the citizen was identified anew in it."""

    code = "identity_first"


class ConsentWordsChanged(NotAllowedNow):
    """The sentence agreed to is in another language than the screen.  Advice: read it again."""

    code = "consent_words_changed"


class DigestMismatch(NotAllowedNow):
    """The document agreed to is not the one on the screen.  Advice: read it again."""

    code = "digest_mismatch"


class InkMissing(BadInput):
    """Nothing was drawn, or only dots.  Advice: sign in the box."""

    code = "ink_missing"
    status = 422


class InkTooMuch(BadInput):
    """More strokes or points than a signature has.  Advice: clear the box and sign again."""

    code = "ink_too_much"
    status = 422


class TimestampUnavailable(Refusal):
    """No time-stamping service answers.

    On presenting and consenting nothing has changed.  After the pen the ink is kept and the seal
    follows by itself: the citizen need not sign again.
    """

    code = "timestamp_unavailable"
    status = 503


class TokenTooLong(Refusal):
    """The timestamp does not fit into the hole that was written for it: the ink is kept.

    The hole is never written again.  Advice: withdraw the form and present it again.
    """

    code = "token_too_long"
    status = 500


class SignatureInvalid(Refusal):
    """What was just made does not pass our own verification; it was thrown away."""

    code = "signature_invalid"
    status = 500


class StampInvalid(SignatureInvalid):
    """The timestamp in it is what does not pass: another service may do better."""


class ClockWrong(Refusal):
    """Our clock and the time-stamping service's differ by more than a minute: an alarm."""

    code = "clock_wrong"
    status = 503


class SignerUnavailable(Refusal):
    """The worker process died or ran out of its time over this work; it is started again."""

    code = "signer_unavailable"
    status = 503


class KeyUnusable(Refusal):
    """The key cannot sign: not the certificate's key, wrong kind, wrong PIN, not there."""

    code = "key_unusable"
    status = 503


class KeyUnavailable(Refusal):
    """Whoever holds the key does not answer, or not with a signature.  Asked again later."""

    code = "key_unavailable"
    status = 503


class KeyMismatch(Refusal):
    """The value is no signature of the certificate that the document names: an alarm."""

    code = "key_mismatch"
    status = 500


class CertificateExpired(Refusal):
    """The certificate of this signature is not valid now: an alarm."""

    code = "certificate_expired"
    status = 503


class PinRefused(KeyUnusable):
    """The token refused its PIN, or has locked it.  It is never tried again by itself."""

    code = "pin_refused"


class IdentityTooLow(NotAllowedNow):
    """It is not known surely enough who signs.  Advice: identify the citizen, present it again."""

    code = "identity_too_low"


class ClassOutOfReach(NotAllowedNow):
    """The form demands a class of signature that nothing here gives.

    Advice: an appointment at the department.
    """

    code = "class_out_of_reach"


class CertificateRevoked(Refusal):
    """The certificate of this signature was revoked: nothing is signed with it any more."""

    code = "certificate_revoked"
    status = 503


class RevocationUnknown(Refusal):
    """Whether a certificate was revoked cannot be found out now.  Advice: wait and try again."""

    code = "revocation_unknown"
    status = 503


class EvidenceUnavailable(Exception):
    """An OCSP service or a CRL could not be had; another way is tried.  Shown to nobody."""


class ActivationRefused(Refusal):
    """The remote service does not take the code that was typed.  Advice: type a new one."""

    code = "activation_refused"
    status = 422


class ActivationLapsed(ActivationRefused):
    """The code is too old, or used up, and was no wrong one.  Advice: a new one."""

    code = "activation_lapsed"


class ActivationUnanswered(KeyUnavailable):
    """The remote service was given the code and did not answer: it may have used it up.

    Nothing is signed yet, and no try was lost.  Advice: a new code.
    """

    code = "activation_unanswered"


class CredentialUnknown(Refusal):
    """The remote service knows nobody of this name.  Advice: type it again, or sign by hand."""

    code = "credential_unknown"
    status = 422


class CredentialUnfit(Refusal):
    """The citizen's key cannot sign here: off, not bound to the hash (SCAL1), over, not trusted.

    Advice: sign in another way, or ask where the key was got.
    """

    code = "credential_unfit"
    status = 422


class MeansNotOpen(NotAllowedNow):
    """This form is not signed by these means here.  Advice: choose the other."""

    code = "means_not_open"


class ActivationLocked(Refusal):
    """Three wrong codes.  Advice: sign in another way, or unlock the key at its provider."""

    code = "activation_locked"
    status = 409


class PdfRefused(BadInput):
    """A PDF that is not read, or not signed.  Nothing of it is kept."""

    code = "damaged"
    status = 422


class NotPdf(PdfRefused):
    """It does not begin like a PDF."""

    code = "not_pdf"
    status = 415


class DocumentDamaged(PdfRefused):
    """It begins like a PDF and breaks the rules of one; it is never repaired in silence."""

    code = "damaged"


class DocumentEncrypted(PdfRefused):
    """It is encrypted, if only with an empty password."""

    code = "encrypted"


class HybridXref(PdfRefused):
    """It has two tables of contents, and readers choose differently between them."""

    code = "hybrid_xref"


class HasXfa(PdfRefused):
    """It brings a second form (XFA) that some readers show instead of the pages."""

    code = "xfa"


class ActiveContent(PdfRefused):
    """It holds scripts or actions that run."""

    code = "active_content"


class HiddenContent(PdfRefused):
    """It holds what some readers show and others do not: files, layers, notes."""

    code = "hidden_content"


class FontMissing(PdfRefused):
    """It names letters that it does not bring along, so that each reader draws others."""

    code = "font"


class FieldFilled(PdfRefused):
    """The signature field is signed already."""

    code = "field_filled"


class NoField(PdfRefused):
    """It has no such signature field."""

    code = "no_field"


class CertifiedFinal(PdfRefused):
    """Who certified it forbids every change, also signatures (DocMDP P=1)."""

    code = "certified_final"


class AlreadySigned(PdfRefused):
    """Somebody signed it already whom the form does not expect."""

    code = "already_signed"


class DocumentTooLarge(PdfRefused):
    """More bytes, pages or parts than are taken, or they grow too much when unpacked."""

    code = "too_large"
    status = 413


class CheckBusy(Refusal):
    """Too many documents wait to be looked at, or the machine is busy.

    Advice: send it again in a minute.
    """

    code = "check_busy"
    status = 503
    retry_after_s = 60
