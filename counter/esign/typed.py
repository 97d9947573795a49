"""What may stand in a field, by its kind: checked while somebody types, and before it is printed.

The check rules of numbers: a mainland identity number by GB 11643 (ISO 7064, mod 11-2), a
mainland unified social credit code by GB 32100 (mod 31).  Macau publishes none for its cards, so
of those only the shape is checked.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from counter.esign.glyphs import GlyphTable

Kind = Literal["text", "date", "choice", "yes_no", "number", "phone", "id_number"]
NumberRule = Literal["any", "paper", "bir", "mainland_id", "home_permit", "credit_code"]

YES, NO = "yes", "no"


class Problem(StrEnum):
    """What is wrong with a text; faces have a sentence for each."""

    MISSING = "field_missing"
    TOO_LONG = "field_too_long"
    GLYPH = "field_glyph"
    DATE = "field_date"
    CHOICE = "field_choice"
    NUMBER = "field_number"
    WHOLE = "field_whole"
    SMALL = "field_small"
    PHONE = "field_phone"
    ID_SHAPE = "field_id_shape"
    ID_CHECK = "field_id_check"


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedField:
    """What is asked of the text of one field."""

    kind: Kind
    required: bool
    max_length: int
    choices: tuple[str, ...] = ()
    number: NumberRule = "any"
    whole: bool = False
    "Of a number: it counts something, and has no cents."
    minimum: int = 0
    "Of a number: the least that is right."


BIR = r"[1-9][0-9]{6}\([0-9A]\)"
MAINLAND_ID = r"[1-9][0-9]{16}[0-9X]"
HOME_PERMIT = r"[HM][0-9]{8}([0-9]{2})?"
CREDIT_CODE = r"[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}"
OTHER_PAPER = r"[A-Z]{0,3}[0-9][A-Z0-9()/-]{3,22}"

NUMBERS: dict[NumberRule, str] = {
    "any": OTHER_PAPER,
    "paper": f"({BIR}|{MAINLAND_ID}|{HOME_PERMIT}|[A-Z]{{1,3}}[0-9]{{6,9}})",
    "bir": BIR,
    "mainland_id": MAINLAND_ID,
    "home_permit": HOME_PERMIT,
    "credit_code": CREDIT_CODE,
}
"Shapes, as regular expressions for the whole text (ECMA-262 and Python alike)."

DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
NUMBER = r"[0-9]{1,12}(\.[0-9]{1,2})?"
PHONE = r"(\+[0-9]{1,3} ?)?[0-9]([0-9 -]{4,18})[0-9]"

PATTERNS: dict[Kind, str] = {
    "date": DATE,
    "phone": PHONE,
    "yes_no": f"({YES}|{NO})",
}
"Shapes by kind, where the kind alone decides."

COMPATIBILITY = re.compile("([\uf900-\ufaff\U0002f800-\U0002fa1f]+)")
"Han characters that NFC would replace by another shape: names are left as they are written."

CREDIT_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def tidy(text: str, *, lines: bool) -> str:
    """As it will be printed: composed (NFC), without spaces around; line breaks only with lines."""
    text = _composed(text).replace("\r\n", "\n").strip()
    return text if lines else " ".join(text.split())


def pattern_of(rule: TypedField) -> str | None:
    """The shape that the whole text has when there is one; None: any."""
    if rule.kind == "number":
        return _number_pattern(rule.whole, rule.minimum)
    return NUMBERS[rule.number] if rule.kind == "id_number" else PATTERNS.get(rule.kind)


def _number_pattern(whole: bool, minimum: int) -> str:
    cents = "" if whole else r"(\.[0-9]{1,2})?"
    if minimum == 0:
        return f"[0-9]{{1,12}}{cents}"
    least = str(minimum)
    more = [f"[1-9][0-9]{{{len(least)},}}", least]  # longer, or just it
    for at, digit in enumerate(least):
        if digit != "9":
            left = len(least) - at - 1
            more.append(f"{least[:at]}[{int(digit) + 1}-9][0-9]{{{left}}}")
    return f"(?![0-9]{{13}})0*({'|'.join(more)}){cents}"


def problem_of(rule: TypedField, text: str, glyphs: GlyphTable) -> Problem | None:
    """What is wrong with a text that was tidied; None: nothing."""
    if not text:
        return Problem.MISSING if rule.required else None
    if len(text) > rule.max_length:
        return Problem.TOO_LONG
    if glyphs.missing(text):
        return Problem.GLYPH
    match rule.kind:
        case "choice":
            return None if text in rule.choices else Problem.CHOICE
        case "yes_no":
            return None if text in (YES, NO) else Problem.CHOICE
        case "date":
            return None if is_date(text) else Problem.DATE
        case "number":
            return _problem_of_number(rule, text)
        case "phone":
            return None if re.fullmatch(PHONE, text) else Problem.PHONE
        case "id_number":
            if not re.fullmatch(NUMBERS[rule.number], text):
                return Problem.ID_SHAPE
            return None if digits_hold(text) else Problem.ID_CHECK
    return None


def _problem_of_number(rule: TypedField, text: str) -> Problem | None:
    if not re.fullmatch(NUMBER, text):
        return Problem.NUMBER
    if rule.whole and "." in text:
        return Problem.WHOLE
    return Problem.SMALL if Decimal(text) < rule.minimum else None


def is_date(text: str) -> bool:
    """Whether it is a day of the calendar, as YYYY-MM-DD."""
    if not re.fullmatch(DATE, text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def digits_hold(number: str) -> bool:
    """Whether the check digit fits, of numbers whose rule is public; of others, True."""
    if re.fullmatch(MAINLAND_ID, number):
        total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(number[:17]))
        return "10X98765432"[total % 11] == number[17]
    if re.fullmatch(CREDIT_CODE, number):
        total = sum(
            CREDIT_LETTERS.index(one) * pow(3, at, 31) for at, one in enumerate(number[:17])
        )
        return CREDIT_LETTERS[-total % 31] == number[17]
    return True


def _composed(text: str) -> str:
    parts = COMPATIBILITY.split(text)
    return "".join(
        part if COMPATIBILITY.match(part) else unicodedata.normalize("NFC", part) for part in parts
    )
