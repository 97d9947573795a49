"""Why a PDF is not read, not signed or not checked."""

from counter.errors import BadInput, Refusal


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


class DocumentHeavy(DocumentDamaged):
    """Damaged, and its time of the processor or its memory was used up before that was found.

    Whoever sent it is to wait before sending the next one.
    """


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
