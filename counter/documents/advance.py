"""A paper photographed at home before the visit: its life, and the advice about its photograph.

Advice is no refusal: who sees that a paper can be read all the same may send it so.  The agent has
the last word, and what was found to be ready is not replaced any more.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from counter.documents.page import Findings, Limits, Note, Refused, verdict
from counter.ids import AppointmentId, Digest, PageId

AGAIN_OWED = "paper.again"
"What is owed to the citizen when a paper is to be photographed again."
PHOTOGRAPHS_MAX = 20
"Of one paper, one after the other."
LIGHT_MIN = 80.0
"White paper under a lamp is photographed at 150 and more; below this, letters drown in noise."


class AdvanceState(StrEnum):
    """Where a paper is that was photographed before the visit."""

    ADVISED = "advised"
    "It could be better, and was not sent all the same: only the citizen sees it."
    SENT = "sent"
    READY = "ready"
    "The agent looked: it will do."
    AGAIN = "again"
    "The agent looked: it will not do; `reason` says why."


class Reason(StrEnum):
    """Why an agent asks for another photograph."""

    UNREADABLE = "unreadable"
    INCOMPLETE = "incomplete"
    WRONG_PAPER = "wrong_paper"
    OUT_OF_DATE = "out_of_date"


SHOWN = frozenset({AdvanceState.SENT, AdvanceState.READY, AdvanceState.AGAIN})
"What the department sees, and may decide about; a decision may be changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A photograph taken at home, drawn as a page whatever it is worth."""

    page_jpeg: bytes
    thumb_jpeg: bytes
    width_px: int
    height_px: int
    light: float
    "Grey level that a tenth of the page exceeds, 0 to 255."
    findings: Findings | None
    "`None`: no page was made out; the whole picture stands for it."
    notes: tuple[Note, ...]
    advice: str | None
    "Code of what would make it better; `None`: it is good."

    @property
    def found(self) -> dict[str, Any]:
        """For the row of the paper."""
        free = {"format": "free", "light": round(self.light, 1), "notes": list(self.notes)}
        return free | (asdict(self.findings) if self.findings is not None else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSheet:
    """One page whose sealed bytes are durable already."""

    page_blob: Digest
    thumb_blob: Digest
    "Digests of sealed bytes."
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAdvance:
    """A paper whose sealed bytes are durable already, on its way to become a row."""

    paper_id: PageId
    appointment_id: AppointmentId
    item: str
    original_sha256: Digest
    "Of the photograph as it came up; its bytes are not kept."
    sheets: tuple[SealedSheet, ...]
    "In order; a photograph is one."
    wrapped_key: bytes
    look: Look
    "At the page that could be better, else at the first."

    @property
    def blobs(self) -> tuple[Digest, ...]:
        return tuple(blob for sheet in self.sheets for blob in (sheet.page_blob, sheet.thumb_blob))


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvancePaper:
    """A paper as screens need it: no bytes."""

    paper_id: PageId
    "Another one with each photograph, so that a decision is about what was seen."
    appointment_id: AppointmentId
    item: str
    state: AdvanceState
    advice: str | None
    reason: Reason | None
    width_px: int
    height_px: int
    "Of its first page."
    taken_at: datetime
    pages: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Where one picture lies, and what opens it."""

    paper_id: PageId
    blob: Digest
    wrapped_key: bytes


def advice(found: Findings | None, light: float, limits: Limits) -> str | None:
    """Say by a code what would make a better photograph; `None`: nothing need be better.

    Darkness comes first: it is why pages are not found and letters are not sharp.
    """
    if light < LIGHT_MIN:
        return "too_dark"
    if found is None:
        return "no_page_found"
    decision = verdict(found, limits)
    return decision.code if isinstance(decision, Refused) else None


def purpose_of(picture: str, number: int) -> str:
    """What a picture is sealed as.  picture: `page` or `thumb`; number: of the page, from 1."""
    return picture if number == 1 else f"{picture}-{number}"


def state_of_new(advised: str | None) -> AdvanceState:
    """A good photograph is sent at once; another one waits for the citizen's word."""
    return AdvanceState.SENT if advised is None else AdvanceState.ADVISED
