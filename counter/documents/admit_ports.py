"""What files of strangers need from outside before they are kept."""

from typing import Protocol

from counter.documents.admit import Admitted, NotAdmitted
from counter.documents.advance import Look
from counter.documents.page import Limits, ScanRefused


class Looker(Protocol):
    """Draws one photograph taken at home as a page, away from the event loop."""

    async def look(self, photograph: bytes, limits: Limits) -> Look | ScanRefused:
        """As `Scanner.scan`; a code only for what is no picture."""
        ...

    async def look_at_drawn(self, page: bytes, limits: Limits) -> Look | ScanRefused:
        """The same for a page that was drawn from a PDF."""
        ...


class Decoder(Protocol):
    """Decodes one file of a stranger where it can do no harm."""

    async def decode(self, content: bytes) -> Admitted | NotAdmitted:
        """Never raises for what a file can do: a dead process is the code `scan_failed`."""
        ...


class VirusCheck(Protocol):
    """Asks a virus scanner."""

    async def check(self, content: bytes) -> None:
        """Raises `FileInfected`; `CheckUnavailable` when nobody answers and somebody must."""
        ...


class Reader(Protocol):
    """Makes pages of a file of a stranger."""

    def require_header(self, content: bytes) -> None:
        """Raises a `PhotographRefused` for what need not be looked at further."""
        ...

    async def read(self, content: bytes) -> tuple[Look, ...]:
        """The pages in order, at least one.  Raises a `PhotographRefused` by its code."""
        ...
