"""Departments' own forms: what their description and their paper must have before anybody signs.

A department names its forms `<department>_...`; what a form says of departments, side and version
is overruled, so that it is offered there and nowhere else.
"""

import hashlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal
from unicodedata import normalize

from pydantic import ValidationError

from counter.esign.form_refusals import DescriptionWrong, FormIdTaken, TemplateUnfit
from counter.esign.forms import FormField, FormTemplate, OwnForm
from counter.esign.ticket import AGENT, CITIZEN, SEAL
from counter.esign.typed import YES, NumberRule
from counter.ids import Digest

State = Literal["published", "replaced", "retired"]

DESCRIPTION_MAX: Final = 100_000
TEMPLATE_MAX: Final = 200_000
"Characters."
PAGES_MAX: Final = 12
PROBLEMS_MAX: Final = 20
SETTLING: Final = timedelta(seconds=5)
"So long a version is known to every node before one offers it."
WIDTH_LEAST_PT: Final = 140.0
HEIGHT_LEAST_PT: Final = 56.0
"A signature has to have room."
PIECE_LEAST: Final = 8
"Letters of a text that goes on over the page, on either: lines are not left alone there."
SIGNED: Final = (CITIZEN, AGENT, SEAL)
"Fields that are seen on the paper; the one of the origin is not."


class Unfit(StrEnum):
    """Why nobody could sign it, or not everybody read it; faces have a sentence for each."""

    BOX_MISSING = "box_missing"
    BOX_TWICE = "box_twice"
    BOX_UNKNOWN = "box_unknown"
    BOX_SMALL = "box_small"
    BOX_OUTSIDE = "box_outside"
    BOX_OVERLAP = "box_overlap"
    UNTAGGED = "untagged"
    PICTURE = "picture"
    PAGES = "pages"
    UNSEEN = "unseen"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A box for a signature; points, from the top left corner of its page (from 1)."""

    name: str
    page: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The department whose forms are meant."""

    id: str
    side: Literal["macau", "hengqin"]
    services: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormVersion:
    """One version of a department's own form, as it is kept for ever."""

    form: str
    version: int
    department: str
    description: str
    typst: str
    sha256: Digest
    state: State
    by: str
    at: datetime


def digest_of(description: str, typst: str) -> Digest:
    """By which exactly these two texts are known."""
    parts = (hashlib.sha256(one.encode()).digest() for one in (description, typst))
    return Digest(hashlib.sha256(b"".join(parts)).hexdigest())


def own_form(
    owner: Owner, description: str, typst: str, version: int, shipped: frozenset[str] = frozenset()
) -> OwnForm:
    """The form that two texts make.  Raises `DescriptionWrong`, `FormIdTaken`."""
    try:
        said = FormTemplate.model_validate_json(description)
    except ValidationError as error:
        raise DescriptionWrong(_problems(error)) from error
    if not said.id.startswith(f"{owner.id}_"):
        raise DescriptionWrong([("id", "id")])
    if foreign := sorted(set(said.services) - owner.services):
        raise DescriptionWrong([(f"services: {one}", "service") for one in foreign[:PROBLEMS_MAX]])
    if said.id in shipped:
        raise FormIdTaken(f"{said.id} is a form of the product")
    return _owned(said, owner.id, owner.side, typst, version)


def kept_form(kept: FormVersion) -> OwnForm:
    """The form of a version that was published.

    Raises `DescriptionWrong`: what an older counter published, a newer one may not accept.
    """
    try:
        said = FormTemplate.model_validate_json(kept.description)
        return _owned(said, kept.department, None, kept.typst, kept.version)
    except ValidationError as error:
        raise DescriptionWrong(_problems(error)) from error


def _owned(
    said: FormTemplate, department: str, side: str | None, typst: str, version: int
) -> OwnForm:
    fields: dict[str, Any] = said.model_dump(by_alias=True)
    fields |= {
        "departments": (department,),
        "version": version,
        "typst": typst,
        "department": department,
    }
    if side is not None:
        fields["jurisdictions"] = (side,)
    return OwnForm.model_validate(fields)


def _problems(error: ValidationError) -> list[tuple[str, str]]:
    found = []
    for one in error.errors(include_url=False, include_input=False)[:PROBLEMS_MAX]:
        kind = {"json_invalid": "json", "missing": "missing", "extra_forbidden": "extra"}.get(
            one["type"], "value"
        )
        where = ".".join(str(part) for part in one["loc"])
        said = str(one["msg"]) if kind in ("json", "value") else ""
        found.append((f"{where}: {said}".strip(": ") or "JSON", kind))
    return found


def in_use(versions: Iterable[FormVersion], now: datetime) -> Mapping[str, int]:
    """Which version of each form is offered: the published one, once every node knows it."""
    offered: dict[str, int] = {}
    for one in sorted(versions, key=lambda one: one.version):
        if one.state == "replaced" or (one.state == "published" and now - one.at >= SETTLING):
            offered[one.form] = one.version
        elif one.state == "retired":
            offered.pop(one.form, None)
    return offered


NUMBERS: Final[Mapping[NumberRule, str]] = {
    "any": "A1234567",
    "paper": "1234567(8)",
    "bir": "1234567(8)",
    "mainland_id": "11010519491231002X",
    "home_permit": "H12345678",
    "credit_code": "91440400MA4W1X2T3G",
}
KINDS: Final = {"date": "2026-11-30", "number": "12", "phone": "66123456", "yes_no": YES}


def specimen(form: FormTemplate) -> dict[str, str]:
    """A text for every field, told apart from all others where it is free."""
    return {field.name: _specimen(field, at) for at, field in enumerate(form.fields, 1)}


def _specimen(field: FormField, at: int) -> str:
    if field.choices:
        return field.choices[0].id
    if field.kind == "number":
        return str(max(int(KINDS["number"]), field.minimum))
    if field.kind == "id_number":
        return NUMBERS[field.number]
    return KINDS.get(field.kind, f"XQ{at:02d}")[: field.max_length]


def require_seen(form: FormTemplate, data: Mapping[str, str], paper: str) -> None:
    """Every text stands on the paper.  paper: all that it says.  Raises `TemplateUnfit`.

    Case, spaces, punctuation and hyphens may be the template's.
    """
    whole = _letters(paper)
    for field in form.fields:
        worded = field.kind in ("choice", "yes_no")  # printed as words, not as they are kept
        if not worded and not _stands(_letters(data.get(field.name, "")), whole):
            raise TemplateUnfit(Unfit.UNSEEN, field.name)


def require_worded(form: FormTemplate, data: Mapping[str, str], paper: str) -> None:
    """Of each choice the paper says what it is about and what was chosen, in one language.

    Raises `TemplateUnfit`.
    """
    whole = _letters(paper)
    for field in form.fields:
        if field.kind not in ("choice", "yes_no"):
            continue
        chosen = [one.label for one in field.choices if one.id == data.get(field.name)]
        for said in (field.label, *chosen):
            if not any(_letters(text) in whole for text in said.model_dump().values()):
                raise TemplateUnfit(Unfit.UNSEEN, field.name)


def _letters(text: str) -> str:
    return "".join(one for one in normalize("NFKC", text).casefold() if one.isalnum())


def _stands(text: str, whole: str) -> bool:
    """A long one may go on over the page, behind what stands at its foot and head."""
    if text in whole:
        return True
    for _ in range(PAGES_MAX):
        sizes = range(1, len(text) + 1)
        length = bisect_right(sizes, False, key=lambda size: text[:size] not in whole)
        if length < PIECE_LEAST:
            return False
        text = text[length:]
        if not text:
            return True
    return False


def places_of(found: Sequence[Any]) -> list[Place]:
    """What a template left at `<signature-box>`.  Raises `TemplateUnfit` for anything else."""
    places = []
    for one in found:
        match one:
            case {
                "name": str(name),
                "page": int(page),
                "x_pt": int() | float() as x,
                "y_pt": int() | float() as y,
                "width_pt": int() | float() as width,
                "height_pt": int() | float() as height,
            } if len(one) == 6 and all(math.isfinite(edge) for edge in (x, y, width, height)):
                places.append(Place(name=name, page=page, x=x, y=y, width=width, height=height))
            case _:
                raise TemplateUnfit(Unfit.BOX_UNKNOWN)
    return places


def require_places(places: Sequence[Place], pages: Sequence[tuple[float, float]]) -> None:
    """Each signature has its one box, with room, on its page.  pages: widths and heights, points.

    Raises `TemplateUnfit`.
    """
    if len(pages) > PAGES_MAX:
        raise TemplateUnfit(Unfit.PAGES)
    names = [one.name for one in places]
    for name in SIGNED:
        if name not in names:
            raise TemplateUnfit(Unfit.BOX_MISSING, name)
        if names.count(name) > 1:
            raise TemplateUnfit(Unfit.BOX_TWICE, name)
    for at, one in enumerate(places):
        if one.name not in SIGNED:
            raise TemplateUnfit(Unfit.BOX_UNKNOWN, one.name[:40])
        if one.width < WIDTH_LEAST_PT or one.height < HEIGHT_LEAST_PT:
            raise TemplateUnfit(Unfit.BOX_SMALL, one.name)
        if not 1 <= one.page <= len(pages) or not _inside(one, *pages[one.page - 1]):
            raise TemplateUnfit(Unfit.BOX_OUTSIDE, one.name)
        if any(_meet(one, other) for other in places[:at]):
            raise TemplateUnfit(Unfit.BOX_OVERLAP, one.name)


def _inside(one: Place, width: float, height: float) -> bool:
    return one.x >= 0 and one.x + one.width <= width and one.y >= 0 and one.y + one.height <= height


def _meet(one: Place, other: Place) -> bool:
    return (
        one.page == other.page
        and one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
