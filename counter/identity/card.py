"""What a card reader says of an identity card."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from counter.errors import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class CardContents:
    """The fields of a chip as its reader gives them; whether they are genuine is not said."""

    document: str
    number: str
    names: tuple[str, ...]
    "In each script that the chip holds."
    birth: date | None
    expiry: date | None


class CardUnreadable(Refusal):
    """There is a card, and it gives no answer.  Advice: take it out and put it in again."""

    code: ClassVar[str] = "card_unreadable"
    status: ClassVar[int] = 422
