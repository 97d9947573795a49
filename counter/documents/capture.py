"""A capture: a photograph on its way from a terminal's program, and how far it has come.

A page that was asked for is captured, comes up, is stored, is shown, and is accepted or rejected.
The first three steps are a capture's; from `stored` on there is a page (`counter.documents.page`).
Whatever goes wrong before it is stored costs time and no page: the terminal keeps the photograph
until it hears of an end, and sends on from where the bytes here end.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from counter.ids import CaseId, Digest, PageId, RequestId

CHUNK_MAX_BYTES: Final = 1024 * 1024
"One `PATCH`; the terminal's program sends 256 KiB, so that a cut line repeats no more than that."
THUMB_MAX_BYTES: Final = 64 * 1024
PREVIEW_MAX_BYTES: Final = 1024 * 1024
EXPIRES_AFTER: Final = timedelta(hours=24)
"The terminal forgets a photograph at the same age."
PICTURES_FOR: Final = timedelta(minutes=10)
"How long thumbnail and preview outlive the end: a screen may be fetching them."
STEPS_SHOWN: Final = 4
"A screen hears of each quarter that has come up, not of each chunk."


class CaptureState(StrEnum):
    """Where a photograph is."""

    CAPTURED = "captured"
    "In the terminal's journal; here is nothing but its thumbnail."
    UPLOADING = "uploading"
    STORED = "stored"
    "It is a page: the terminal may forget it."
    REFUSED = "refused"
    "It came up and could not be read: the terminal may forget it and take another."
    DROPPED = "dropped"
    "Nobody asks for it any more, or it never came: the terminal may forget it."


STEPS: Final = frozenset(
    {
        (CaptureState.CAPTURED, CaptureState.UPLOADING),
        (CaptureState.CAPTURED, CaptureState.STORED),
        (CaptureState.CAPTURED, CaptureState.REFUSED),
        (CaptureState.CAPTURED, CaptureState.DROPPED),
        (CaptureState.UPLOADING, CaptureState.CAPTURED),
        (CaptureState.UPLOADING, CaptureState.STORED),
        (CaptureState.UPLOADING, CaptureState.REFUSED),
        (CaptureState.UPLOADING, CaptureState.DROPPED),
    }
)
"Allowed steps.  Back to captured: its bytes were not those that were announced, and come again."

ON_ITS_WAY: Final = frozenset({CaptureState.CAPTURED, CaptureState.UPLOADING})
"After any other state the terminal need not keep it."


def before(state: CaptureState) -> frozenset[CaptureState]:
    """From which states one may come to this one."""
    return frozenset(old for old, new in STEPS if new is state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a terminal says of a photograph before it sends it."""

    request_id: RequestId
    sha256: Digest
    length: int
    "Bytes."
    seq: int
    "The terminal's own count, for the order of what it took while the line was away."


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A photograph that was announced."""

    capture_id: str
    case_id: CaseId
    request_id: RequestId
    terminal_id: str
    sha256: Digest
    length: int
    state: CaptureState
    received: int
    "Bytes, as a screen was told last; how many there are, the file says."
    page_id: PageId | None
    "Once it is stored."
    code: str | None
    "Why it was refused or dropped."


def quarters(received: int, length: int) -> int:
    """How many quarters of the bytes are here, 0 to `STEPS_SHOWN`."""
    return STEPS_SHOWN * received // length if length else 0
