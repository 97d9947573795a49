"""What is done with papers afterwards needs this from outside: jobs, bundles, hand-overs."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from counter.documents.bundle import Book, Leaf
from counter.documents.folder import CaseFacts
from counter.documents.handover import Frozen
from counter.documents.job import Job, JobKind, JobOutcome
from counter.ids import CaseId, PageId


class Binder(Protocol):
    """Binds pages and copies them, away from the event loop.  Both raise `BindingFailed`."""

    async def bind(self, book: Book) -> bytes:
        """The PDF; equal books are equal bytes."""
        ...

    async def bitonal(self, page_jpeg: bytes, dpi: float) -> bytes | None:
        """A copy in black and white as TIFF; None: there is more on the page than text."""
        ...


class WordReader(Protocol):
    """Reads what is written on a page, away from the event loop."""

    async def words(self, page_jpeg: bytes, dpi: float) -> bytes:
        """A PDF of one page with the words and no picture.  Raises `WordsUnread`."""
        ...


class CaseSource(Protocol):
    """Knows what belongs to a case, other parts' documents among it."""

    async def facts(self, case_id: CaseId) -> CaseFacts:
        """All of one moment.  Raises `NotFound`."""
        ...


class Jobs(Protocol):
    """What is to be done with papers afterwards, as durable rows."""

    async def take(self, kinds: Iterable[JobKind], now: datetime) -> Job | None:
        """One that is due; it comes again after its lease unless it is ended."""
        ...

    async def end(self, job: Job, outcome: JobOutcome, now: datetime) -> None:
        """It is over."""
        ...

    async def again(self, job: Job, now: datetime) -> None:
        """It came to nothing: after a pause again, or given up."""
        ...

    async def later(self, job: Job, pause: timedelta, now: datetime) -> None:
        """It was not its turn yet."""
        ...

    async def pages_open(self, case_id: CaseId, kinds: Iterable[JobKind]) -> int:
        """How many jobs of these kinds the case waits for."""
        ...


class Leaves(Protocol):
    """Pages as bundles see them."""

    async def leaf(self, page_id: PageId) -> Leaf:
        """Raises `PageUnknown`."""
        ...

    async def keep(
        self, page_id: PageId, form: Literal["words", "bitonal"], sha256: str, now: datetime
    ) -> None:
        """Note what was made of a page."""
        ...


class HandOvers(Protocol):
    """Hand-overs as durable rows."""

    async def frozen(self, case_id: CaseId) -> tuple[Frozen, ...]:
        """What was written down to be handed over: the folder, then its supplements."""
        ...

    async def freeze(self, facts: CaseFacts, frozen: Frozen, now: datetime) -> Frozen | None:
        """Write down what is handed over; what was written down first holds.

        None: something was decided about the case since its facts were read; nothing is written.
        """
        ...

    async def thaw(self, frozen: Frozen, facts: CaseFacts) -> None:
        """What was written down has not left and does not leave: it is written down anew."""
        ...

    async def done(
        self, frozen: Frozen, facts: CaseFacts, now: datetime, voided: Sequence[str] = ()
    ) -> bool:
        """It is there: the journal and who is told hear of it, once.

        voided: ceremonies in it whose documents were taken back while it left; told too.
        False: something was decided about the case since its facts were read; nothing is written.
        """
        ...


class Shelf(Protocol):
    """A directory of another department."""

    async def has(self, frozen: Frozen, read: Callable[[str], Awaitable[bytes]]) -> bool:
        """Whether the folder is there.  Raises as `put`, also when the directory is away."""
        ...

    async def put(self, frozen: Frozen, read: Callable[[str], Awaitable[bytes]]) -> None:
        """The whole folder or none, durable when this returns.

        Putting it again is free.  Raises `OSError`, and `FolderDiffers` when another is there.
        read: the bytes of a digest.
        """
        ...
