"""Numbers of identity papers: their forms, when two name one person, how they are shown in lists.

Public forms only.  A BIR is seven digits and a check digit in brackets, whose rule is not public.
A Mainland Travel Permit is a letter and eight digits, or HA or MA and seven; the old ones end with
how often they were renewed, so persons are matched on the first nine.
"""

import re
from typing import Final, Literal

Form = Literal["bir", "home_permit", "exit_entry", "mainland_id", "other"]

_FORMS: Final[dict[Form, re.Pattern[str]]] = {
    "bir": re.compile(r"[0-9]{8}"),
    "home_permit": re.compile(r"([HM][0-9]{8}|[HM]A[0-9]{7})([0-9]{2})?"),
    "exit_entry": re.compile(r"C[0-9A-Z][0-9]{7}"),
    "mainland_id": re.compile(r"[0-9]{17}[0-9X]"),
}
SHOWN: Final = 3
"Characters of a number that a list shows."
HOME_PERMIT_PERSON: Final = 9


def plain(number: str) -> str:
    """Without brackets, spaces and hyphens, in capitals."""
    return re.sub(r"[\s()（）\-/<]", "", number).upper()


def form_of(number: str) -> Form:
    """Which paper's number it looks like."""
    found = plain(number)
    for form, pattern in _FORMS.items():
        if pattern.fullmatch(found) and (form != "mainland_id" or mainland_id_holds(found)):
            return form
    return "other"


def mainland_id_holds(number: str) -> bool:
    """Whether the last character of the 18 is the one that the others ask for.

    Source: GB 11643, which takes ISO 7064 MOD 11-2.
    """
    found = plain(number)
    if not _FORMS["mainland_id"].fullmatch(found):
        return False
    weighted = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(found[:17]))
    return found[17] == "0123456789X"[(12 - weighted % 11) % 11]


def one_person(number: str, other: str) -> bool:
    """Whether both are the number of one person."""
    one, two = plain(number), plain(other)
    if not one or not two:
        return False
    if form_of(one) == form_of(two) == "home_permit":
        return one[:HOME_PERMIT_PERSON] == two[:HOME_PERMIT_PERSON]
    return one == two


def masked(number: str) -> str:
    """As lists show it: the last three, and dots for the others."""
    found = plain(number)
    hidden = max(0, len(found) - SHOWN)
    return "•" * hidden + found[hidden:]
