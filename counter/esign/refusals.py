"""Why a form is not read or signed now, or not given out.

After any of these nothing has changed.
"""

from counter.errors import BadInput, NotAllowedNow, NotFound, Refusal


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


class IdentityTooLow(NotAllowedNow):
    """It is not known surely enough who signs.  Advice: identify the citizen, present it again."""

    code = "identity_too_low"


class ClassOutOfReach(NotAllowedNow):
    """The form demands a class of signature that nothing here gives.

    Advice: an appointment at the department.
    """

    code = "class_out_of_reach"
