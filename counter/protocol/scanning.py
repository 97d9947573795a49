"""Papers under the camera: what was asked for, what is coming and what has come."""

from typing import Literal

from counter.protocol.device import ScanSource
from counter.protocol.message import Model

CasePageState = Literal["stored", "accepted", "rejected", "superseded"]
PaperFormat = Literal["a-series", "a4", "a5", "id-1", "td3", "td3-open", "free"]
PageNote = Literal[
    "resolution_low",
    "slightly_blurred",
    "whole_frame",
    "glare_spot",
    "seen_before",
    "same_side",
    "turned_by_counter",
]


class PageCode(Model):
    """What stands in a barcode on a page: a stranger's text, shown and never followed."""

    kind: str
    text: str


class CasePage(Model):
    """A scanned page, on either screen."""

    page_id: str
    item: str
    label: str
    """What paper it is, in the screen's language."""
    state: CasePageState
    sha256: str
    """Of the flattened page; both screens fetch `/pages/{sha256}`."""
    thumb_sha256: str
    width_px: int
    height_px: int
    shown: bool = False
    """An agent has been given it to look at."""
    format: PaperFormat = "free"
    """Told by size where the mat gave the scale, else by proportion."""
    notes: list[PageNote] = []
    """What the agent should know before deciding."""
    same_as: str | None = None
    """With `seen_before`: the page of this case that shows the same sheet."""
    codes: list[PageCode] = []
    """On the agent's screen."""


class ArrivingCard(Model):
    """A photograph on its way up from the terminal's program."""

    state: Literal["captured", "uploading"]
    thumb_sha256: str | None
    """Fetched as a page is."""
    preview_sha256: str | None
    """The page as the terminal flattened it, to read while the photograph is still coming."""
    quarters: int
    """Of its bytes that are here, 0 to 4."""


class ScanCard(Model):
    """A paper was asked for."""

    request_id: str
    item: str
    label: str
    refusal: str | None
    """Code of the last photograph that would not do; gone with the next one."""
    by_device: bool = False
    """The terminal's program photographs it, when `shot.take` says so; else the page does."""
    taking: bool = False
    """It has been told to, and has not begun to send."""
    retake: bool = False
    """In place of a page that there is."""
    source: ScanSource = "camera"
    """With what it is taken, as the agent chose."""
    sources: list[ScanSource] = []
    """What the agent may choose from; empty: there is nothing to choose."""
    arriving: ArrivingCard | None = None
