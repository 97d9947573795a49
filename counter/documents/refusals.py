"""Why a photograph or a scan step was not taken.

Each code has one sentence of advice on the citizen's screen, in the citizen's language.  After any
of these nothing is stored and the request for the scan is still open.
"""

from typing import ClassVar

from counter.errors import NotAllowedNow, NotFound, Refusal


class PhotographRefused(Refusal):
    """The still that came up cannot become a page."""

    code: ClassVar[str] = "photograph_refused"
    status: ClassVar[int] = 422


class NoPageFound(PhotographRefused):
    """No sheet or card could be made out.  Advice: lay the paper flat on the mat."""

    code = "no_page_found"


class PageCutOff(PhotographRefused):
    """A side lies outside the picture.  Advice: move the page fully inside."""

    code = "page_cut_off"


class PageTooSmall(PhotographRefused):
    """Too few pixels per millimetre.  Advice: move closer."""

    code = "page_too_small"


class PageBlurred(PhotographRefused):
    """Edges are too wide to read.  Advice: hold still and scan again."""

    code = "page_blurred"


class PageGlare(PhotographRefused):
    """A lamp's reflection hides text.  Advice: tilt the page or move the light."""

    code = "page_glare"


class PageFinger(PhotographRefused):
    """Something lies across the border of the page.  Advice: take your finger away."""

    code = "page_finger"


class PageBlank(PhotographRefused):
    """Nothing is written on it.  Advice: turn the paper over."""

    code = "page_blank"


class NotAnImage(PhotographRefused):
    """Neither JPEG nor PNG by its first bytes."""

    code = "not_an_image"
    status = 415


class ImageTooLarge(PhotographRefused):
    """More bytes or pixels than are taken; known from the header, before decoding."""

    code = "image_too_large"
    status = 413


class ImageDamaged(PhotographRefused):
    """It begins like an image and cannot be decoded."""

    code = "image_damaged"


class DigestMismatch(PhotographRefused):
    """The bytes that arrived are not those that were announced.  Advice: none, send again."""

    code = "digest_mismatch"


class ScanFailed(PhotographRefused):
    """The worker process died or ran out of its time or memory over this photograph."""

    code = "scan_failed"
    status = 503


class FileNotTaken(PhotographRefused):
    """By its first bytes neither JPEG, PNG, WebP, HEIC nor PDF, or one that moves."""

    code = "file_not_taken"
    status = 415


class FileTooLarge(PhotographRefused):
    """A PDF of more bytes than are taken."""

    code = "file_too_large"
    status = 413


class PdfEncrypted(PhotographRefused):
    """It asks for a password, or forbids something by one.  Advice: print it, or save it anew."""

    code = "pdf_encrypted"


class PdfActive(PhotographRefused):
    """It holds what runs: scripts, other files, forms of a program, what starts something."""

    code = "pdf_active"


class PdfDamaged(PhotographRefused):
    """It begins like a PDF and cannot be read."""

    code = "pdf_damaged"


class PdfTooLong(PhotographRefused):
    """More pages or parts than are taken."""

    code = "pdf_too_long"
    status = 413


class FileInfected(PhotographRefused):
    """The virus scanner knows it."""

    code = "file_infected"


class CheckUnavailable(PhotographRefused):
    """The virus scanner does not answer, and nothing is taken without it."""

    code = "check_unavailable"
    status = 503


class ScanNotAsked(NotAllowedNow):
    """Nobody is asking this case for a scan (any more)."""

    code = "scan_not_asked"


class CaptureUnknown(NotFound):
    """This terminal announced no such photograph."""

    code = "capture_unknown"


class CaptureOffset(NotAllowedNow):
    """The bytes that are here end elsewhere.  Advice: ask where, and send from there."""

    code = "capture_offset"


class ChunkDamaged(Refusal):
    """A part of a photograph is not what its checksum says; nothing of it was kept."""

    code: ClassVar[str] = "chunk_damaged"
    status: ClassVar[int] = 460  # as tus calls it


class PageUnknown(NotFound):
    """There is no such page in this case."""

    code = "page_unknown"


class PaperReady(NotAllowedNow):
    """The agent found this paper to be ready; it need not be photographed again."""

    code = "paper_ready"


class TooManyPhotographs(NotAllowedNow):
    """This paper was photographed as often as one may."""

    code = "too_many_photographs"
    status = 429


class TooManyPreviews(NotAllowedNow):
    """Previews of what lies under the camera come faster than they are looked at."""

    code = "too_many_previews"
    status = 429


class NotBeforeVisit(NotAllowedNow):
    """The appointment is over, cancelled, or not booked yet: no papers are taken for it."""

    code = "not_before_visit"


class LinkOver(Refusal):
    """The link was used, taken back, has expired, or never was: all answered alike."""

    code: ClassVar[str] = "link_over"
    status: ClassVar[int] = 410


class NothingToSend(NotAllowedNow):
    """No page was uploaded yet."""

    code = "nothing_to_send"


class OtherPhotograph(NotAllowedNow):
    """The citizen sent another photograph meanwhile; it is to be looked at first."""

    code = "other_photograph"


class PapersUndecided(NotAllowedNow):
    """Papers are missing, and nobody said until when they are handed in, or that none is needed."""

    code = "papers_undecided"


class OriginalsLying(NotAllowedNow):
    """An original was seen lying at the terminal, and the agent did not say that this is known."""

    code = "originals_lying"


class DueDayWrong(Refusal):
    """A paper cannot be due on this day.  Advice: choose a day from tomorrow until a year on."""

    code = "due_day_wrong"
    status = 422


class PaperSealed(Refusal):
    """It does not open with the key that it was sealed with: an alarm for whoever runs the node."""

    code = "paper_sealed"
    status = 500


BY_CODE: dict[str, type[PhotographRefused]] = {
    refusal.code: refusal
    for refusal in (
        NoPageFound,
        PageCutOff,
        PageTooSmall,
        PageBlurred,
        PageGlare,
        PageFinger,
        PageBlank,
        NotAnImage,
        ImageTooLarge,
        ImageDamaged,
        ScanFailed,
        FileNotTaken,
        FileTooLarge,
        PdfEncrypted,
        PdfActive,
        PdfDamaged,
        PdfTooLong,
    )
}
"What a worker process may answer with: it sends the code, the refusal is made here."


def refusal_of(code: str) -> type[PhotographRefused]:
    """What a worker process answered; `ScanFailed` for a code that none of them has."""
    return BY_CODE.get(code, ScanFailed)
