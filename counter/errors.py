"""One class per refusal, each with a stable code that pages translate.

A refusal is an answer, not a fault: the command changed nothing and the code says why.  The message
is for the log: what it was about, what happened, what would have worked.  It never holds a
citizen's data.  Parts add their own classes beside their rules.
"""

from typing import ClassVar


class Refusal(Exception):
    """A command that was understood and not carried out."""

    code: ClassVar[str] = "refused"
    "Stable; pages look their sentence up by it."
    status: ClassVar[int] = 409
    "The HTTP status that fits when the refusal answers a plain request (RFC 9110)."


class NotFound(Refusal):
    """There is none, or it is not yours: both are answered alike."""

    code = "not_found"
    status = 404


class NotAllowed(Refusal):
    """This principal may not do this."""

    code = "not_allowed"
    status = 403


class NotSignedIn(Refusal):
    """Nobody is known to be speaking."""

    code = "not_signed_in"
    status = 401


class NotAllowedNow(Refusal):
    """The thing exists, but its state does not allow this step."""

    code = "not_allowed_now"
    status = 409


class BadInput(Refusal):
    """A message that does not follow its model."""

    code = "bad_input"
    status = 400


class UsedElsewhere(Refusal):
    """A newer tab or device has taken this desk over (its epoch is higher)."""

    code = "used_elsewhere"
    status = 409


class Busy(Refusal):
    """More work is waiting than may wait; try again shortly."""

    code = "busy"
    status = 503


class Crowded(Busy):
    """So many are before this one that it is better to come back; `retry_after_s` says when."""

    status = 429

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class StoreUnavailable(Refusal):
    """The store did not take the command; nothing was changed."""

    code = "store_unavailable"
    status = 503
