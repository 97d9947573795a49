"""What the program of a terminal needs: a journal, a line to the counter, and its devices."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from counter.errors import Refusal
from counter.protocol.device import Fault, ScanSource
from counter.terminal.journal import Entry, Shot
from counter.terminal.printing import JobState, Note
from counter.terminal.upload import Denial, Progress


class LineLost(Exception):
    """The counter did not answer."""


class Refused(Refusal):
    """The counter refused an ask; `reason` is its code."""

    code = "refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Denied(Exception):
    """The counter answered with a no."""

    def __init__(self, denial: Denial) -> None:
        super().__init__(denial.code)
        self.denial = denial


class DeviceFailed(Refusal):
    """A device did not do what it was asked."""

    code = "device_failed"

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault: Fault = fault


class Journal(Protocol):
    """Photographs that the counter may not have yet; see `counter.terminal.journal`."""

    async def keep(self, sitting: str, shot: Shot) -> Entry:
        """Durable when this returns."""
        ...

    async def entries(self) -> list[Entry]:
        """In the order in which they were taken."""
        ...

    async def read(self, entry: Entry) -> tuple[bytes, bytes]:
        """The photograph and its thumbnail.  Raises `EntryDamaged`."""
        ...

    async def forget(self, entry: Entry) -> None: ...

    async def wipe(self, sitting: str) -> int:
        """Destroy the key of a sitting that has nothing left; how many entries it still has."""
        ...

    async def sittings(self) -> list[str]:
        """Of which there is anything."""
        ...

    async def expire(self, now: datetime) -> int:
        """Forget what is too old; how many that were."""
        ...


class Uplink(Protocol):
    """Captures as the counter takes them.  Each raises `LineLost`, `Denied`."""

    async def announce(self, entry: Entry, thumbnail: bytes) -> Progress: ...

    async def where(self, location: str) -> Progress: ...

    async def append(self, location: str, offset: int, chunk: bytes) -> Progress: ...

    async def preview(self, location: str, page: bytes) -> None: ...


class PrintNotes(Protocol):
    """What this machine knows of its prints; see `counter.terminal.printing`."""

    async def of(self, print_id: str) -> Note | None: ...

    async def keep(self, print_id: str, note: Note) -> None:
        """Durable when this returns."""
        ...

    async def forget(self, print_id: str) -> None: ...

    async def ids(self) -> list[str]:
        """Of which there is a note."""
        ...


class BedPicture(Protocol):
    """The picture of the empty place for papers."""

    async def get(self) -> bytes | None: ...

    async def put(self, still: bytes) -> None: ...


class DocumentCamera(Protocol):
    """A camera above a mat."""

    async def still(self) -> bytes:
        """A JPEG as large as the camera gives.  Raises `DeviceFailed`."""
        ...

    async def close(self) -> None: ...


class Lamp(Protocol):
    """The lamp over the mat."""

    @property
    def can(self) -> Literal["on_off", "level"]: ...

    async def set(self, percent: int) -> None:
        """0 is off; one that is only switched is on for all others.  Raises `DeviceFailed`."""
        ...


class SheetScanner(Protocol):
    """A scanner that papers are laid into."""

    async def scan(self, source: ScanSource = "flatbed") -> bytes:
        """One sheet as a JPEG or PNG, of the feeder the next one.  Raises `DeviceFailed`."""
        ...

    async def sources(self) -> list[Literal["flatbed", "feeder"]]:
        """What it can take papers from.  Raises `DeviceFailed`."""
        ...

    async def look(self) -> None:
        """Whether it is there and answers.  Raises `DeviceFailed`."""
        ...


class Printer(Protocol):
    """A printer for what citizens take home."""

    async def print(self, document: bytes, title: str) -> str:
        """Hand a PDF over; the printer's own name of the job.  Raises `DeviceFailed`.

        `silent`: the printer may have taken it all the same.
        """
        ...

    async def job(self, job: str) -> JobState:
        """How it stands; `lost`: cancelled, given up or forgotten.  Raises `DeviceFailed`."""
        ...

    async def find(self, title: str) -> str | None:
        """The job of this title that may still come out.  Raises `DeviceFailed`."""
        ...

    async def cancel(self, job: str) -> None:
        """Take it from the queue; harmless when it is out.  Raises `DeviceFailed`."""
        ...

    async def look(self) -> None:
        """Whether it is there and takes jobs.  Raises `DeviceFailed`."""
        ...


class CardReader(Protocol):
    """A reader of chip cards.  What is on a card, a later part reads."""

    async def look(self) -> Literal["empty", "card"]:
        """Whether a card lies in it.  Raises `DeviceFailed`."""
        ...


class SoundLoop(Protocol):
    """Loudspeaker and microphone of the terminal."""

    async def play_and_hear(self, tone: Sequence[float], rate_hz: int) -> Sequence[float]:
        """What the microphone hears while the loudspeaker plays; samples from -1 to 1.

        Raises `DeviceFailed`.
        """
        ...


class ClockOffset(Protocol):
    """This machine's clock beside the counter's."""

    async def offset(self) -> timedelta:
        """How far this clock is ahead, and not known better than the way there and back allows.

        Raises `LineLost`.
        """
        ...


class LineProbe(Protocol):
    """How much the line to the counter carries."""

    async def round_trip(self) -> timedelta:
        """The median of a few.  Raises `LineLost`."""
        ...
