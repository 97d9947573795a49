"""Why papers were not bound, handed on or printed."""

from typing import ClassVar

from counter.errors import NotAllowedNow, Refusal


class BindingFailed(Refusal):
    """The bindery did not finish; nothing was changed, and it may be tried again."""

    code: ClassVar[str] = "binding_failed"
    status: ClassVar[int] = 503


class NothingToBind(NotAllowedNow):
    """No page of this paper was accepted."""

    code: ClassVar[str] = "nothing_to_bind"


class TooMuchToPrint(NotAllowedNow):
    """More sheets than a visit may take from the printer."""

    code: ClassVar[str] = "too_much_to_print"
