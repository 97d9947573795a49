"""The machine-readable zone of identity papers: layouts as a table, check digits, fields.

Characters come from outside (`scan_opencv.mrz_reader`); here is arithmetic on them only.  A check
digit is weak evidence: two wrong letters can cancel.  So a reading is `accepted` only when every
digit holds, nothing was repaired and every character was seen clearly; or when two photographs gave
the same characters.  Everything else is shown to the agent with what is doubtful marked.
Source: ICAO Doc 9303, parts 3 to 6.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import cycle
from typing import Final, Literal

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
FILLER: Final = "<"
CORRELATION_MIN: Final = 0.75
"Mean likeness of the characters to their patterns, 0 to 1."

Kind = Literal["letters", "digits", "any"]
"What may stand there; a filler may stand everywhere."
Span = tuple[int, int, int]
"Line from 0, first column from 0, column after the last."
Place = tuple[int, int]
"Line and column, from 0."

_VALUES: Final = {
    letter: index for index, letter in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
} | {FILLER: 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a layout."""

    span: Span
    kind: Kind = "any"
    check: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where what stands."""

    id: str
    lines: int
    columns: int
    width_mm: float
    "Of the whole paper, along the lines."
    fields: Mapping[str, Field]
    composite: Place
    composed: tuple[Span, ...]
    "What the composite digit is over, in order."
    confirmed: bool = True
    "False: from memory, never compared with a specimen; such a reading is never accepted alone."


def _two_lines(layout_id: str, columns: int, width_mm: float) -> Layout:
    last = columns - 1
    fields = {
        "code": Field(span=(0, 0, 2), kind="letters"),
        "issuer": Field(span=(0, 2, 5), kind="letters"),
        "names": Field(span=(0, 5, columns), kind="letters"),
        "number": Field(span=(1, 0, 9), check=(1, 9)),
        "nationality": Field(span=(1, 10, 13), kind="letters"),
        "birth": Field(span=(1, 13, 19), kind="digits", check=(1, 19)),
        "sex": Field(span=(1, 20, 21), kind="letters"),
        "expiry": Field(span=(1, 21, 27), kind="digits", check=(1, 27)),
    }
    if columns == 44:
        fields["personal"] = Field(span=(1, 28, 42), check=(1, 42))
    else:
        fields["optional"] = Field(span=(1, 28, last))
    return Layout(
        id=layout_id,
        lines=2,
        columns=columns,
        width_mm=width_mm,
        fields=fields,
        composite=(1, last),
        composed=((1, 0, 10), (1, 13, 20), (1, 21, last)),
    )


TD1: Final = Layout(
    id="TD1",
    lines=3,
    columns=30,
    width_mm=85.60,
    fields={
        "code": Field(span=(0, 0, 2), kind="letters"),
        "issuer": Field(span=(0, 2, 5), kind="letters"),
        "number": Field(span=(0, 5, 14), check=(0, 14)),
        "optional": Field(span=(0, 15, 30)),
        "birth": Field(span=(1, 0, 6), kind="digits", check=(1, 6)),
        "sex": Field(span=(1, 7, 8), kind="letters"),
        "expiry": Field(span=(1, 8, 14), kind="digits", check=(1, 14)),
        "nationality": Field(span=(1, 15, 18), kind="letters"),
        "more": Field(span=(1, 18, 29)),
        "names": Field(span=(2, 0, 30), kind="letters"),
    },
    composite=(1, 29),
    composed=((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)),
)
"Cards: BIR, and the Mainland Travel Permit (回鄉證), whose lines read like these."
TD2: Final = _two_lines("TD2", 36, 105.0)
TD3: Final = _two_lines("TD3", 44, 125.0)
"Passports."
EXIT_ENTRY: Final = Layout(
    id="exit-entry",
    lines=1,
    columns=30,
    width_mm=85.60,
    fields={
        "code": Field(span=(0, 0, 2), kind="letters"),
        "number": Field(span=(0, 2, 11), check=(0, 11)),
        "expiry": Field(span=(0, 13, 19), kind="digits", check=(0, 19)),
        "birth": Field(span=(0, 21, 27), kind="digits", check=(0, 27)),
    },
    composite=(0, 29),
    composed=((0, 2, 12), (0, 13, 20), (0, 21, 28)),
    confirmed=False,
)
"Exit-Entry Permit for Hong Kong and Macao (往來港澳通行證), one line, from memory."

LAYOUTS: Final = {layout.id: layout for layout in (TD1, TD3, TD2, EXIT_ENTRY)}


def check_digit(characters: str) -> int:
    """Weights 7, 3, 1; A is 10, Z is 35, a filler 0.  Raises `KeyError` for what is none."""
    weighted = (
        _VALUES[one] * weight for one, weight in zip(characters, cycle((7, 3, 1)), strict=False)
    )
    return sum(weighted) % 10


def allowed(layout: Layout) -> list[list[str]]:
    """The characters that may stand at each place, line by line."""
    letters, digits = ALPHABET[:26] + FILLER, ALPHABET[26:36] + FILLER
    kinds = {"letters": letters, "digits": digits, "any": ALPHABET}
    places = [[ALPHABET] * layout.columns for _ in range(layout.lines)]
    for field in layout.fields.values():
        line, start, end = field.span
        for column in range(start, end):
            places[line][column] = kinds[field.kind]
        if field.check:
            places[field.check[0]][field.check[1]] = digits
    places[layout.composite[0]][layout.composite[1]] = digits
    return places


def text_of(lines: Sequence[str], span: Span) -> str:
    line, start, end = span
    return lines[line][start:end]


def checks(layout: Layout, lines: Sequence[str]) -> dict[str, bool]:
    """Whether each check digit holds, by field; `composite` is the one over all."""
    held: dict[str, bool] = {}
    for name, field in layout.fields.items():
        if field.check is None:
            continue
        characters, digit = text_of(lines, field.span), lines[field.check[0]][field.check[1]]
        if name == "number" and digit == FILLER:
            held[name] = _long_number(layout, lines) is not None
        elif digit == FILLER:
            # No digit is printed over an empty field, nor over a date that there is none of.
            held[name] = not characters.strip(FILLER)
        else:
            held[name] = digit == str(check_digit(characters))
    composed = "".join(text_of(lines, span) for span in layout.composed)
    at = lines[layout.composite[0]][layout.composite[1]]
    held["composite"] = at == str(check_digit(composed))
    return held


def _long_number(layout: Layout, lines: Sequence[str]) -> str | None:
    """A number of more than nine characters goes on in the optional field, then its check digit."""
    optional = layout.fields.get("optional") if layout.lines == 3 else None
    if optional is None:
        return None
    rest = text_of(lines, optional.span).split(FILLER, 1)[0]
    number = text_of(lines, layout.fields["number"].span) + rest[:-1]
    return number if len(rest) > 1 and rest[-1] == str(check_digit(number)) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was seen on one photograph."""

    layout: str
    lines: tuple[str, ...]
    correlation: float
    "Mean over all characters."
    doubtful: tuple[Place, ...] = ()
    "Characters that look nearly as much like another one."
    repaired: tuple[Place, ...] = ()
    "Characters that were changed so that a check digit holds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """The fields, in words."""

    code: str
    issuer: str
    number: str
    surname: str
    given: str
    nationality: str
    birth: date | None
    sex: str
    expiry: date | None
    permanent: bool
    "It says that it does not expire."


def holds(reading: Reading) -> bool:
    """Every check digit holds."""
    return all(checks(LAYOUTS[reading.layout], reading.lines).values())


def accepted(readings: Sequence[Reading]) -> bool:
    """Whether the newest of `readings` (oldest first) may be taken without the agent's eye."""
    if not readings:
        return False
    newest = readings[-1]
    if newest.repaired or not LAYOUTS[newest.layout].confirmed or not holds(newest):
        return False
    twice = any(
        (one.layout, one.lines) == (newest.layout, newest.lines) and not one.repaired
        for one in readings[:-1]
    )
    return twice or (newest.correlation >= CORRELATION_MIN and not newest.doubtful)


def zone_of(reading: Reading, today: date) -> Zone:
    """The fields of a reading, whether its digits hold or not."""
    layout, lines = LAYOUTS[reading.layout], reading.lines

    def text(name: str) -> str:
        field = layout.fields.get(name)
        return text_of(lines, field.span) if field else ""

    surname, _, given = text("names").partition(FILLER * 2)
    expiry = text("expiry")
    return Zone(
        code=_words(text("code")),
        issuer=_words(text("issuer")),
        number=(_long_number(layout, lines) or text("number")).replace(FILLER, ""),
        surname=_words(surname),
        given=_words(given),
        nationality=_words(text("nationality")),
        birth=past(text("birth"), today),
        sex=text("sex").strip(FILLER),
        expiry=future(expiry, today),
        permanent=expiry == FILLER * 6,
    )


def past(yymmdd: str, today: date) -> date | None:
    """The last such day not after `today`; `None` when it is none, or partly unknown."""
    return _day(yymmdd, lambda day: day <= today, (today.year // 100 * 100, -100))


def future(yymmdd: str, today: date) -> date | None:
    """The day nearest to `today`: papers are valid for decades at most."""
    half = 50 * 366
    return _day(
        yymmdd, lambda day: abs((day - today).days) <= half, (today.year // 100 * 100, 100, -200)
    )


def _day(yymmdd: str, fits: Callable[[date], bool], steps: tuple[int, ...]) -> date | None:
    if len(yymmdd) != 6 or not yymmdd.isascii() or not yymmdd.isdigit():
        return None
    year, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:])
    for step in steps:
        year += step
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if fits(found):
            return found
    return None


def _words(characters: str) -> str:
    return " ".join(characters.replace(FILLER, " ").split())
