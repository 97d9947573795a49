"""What checking a document needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from counter.esign.validation import Found, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What verification found about one signature."""

    field: str
    signer: str
    "Subject of the certificate, human readable."
    sound: bool
    "Intact, valid, trusted, timestamped, and nothing unexpected was done afterwards."
    timestamp: datetime | None
    "Time in the timestamp token, UTC; None when there is no token."
    stamped: bool
    "Whether its timestamp holds, and we trust who made it."
    covers_file: bool
    "Whether it covers every byte; true of the last signature only."
    why: str
    "Empty when sound; else what was wrong, for the log."


class Examiner(Protocol):
    """Looks at PDFs of strangers, in a process that holds no key."""

    async def check(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        """What is found, and the report of ETSI TS 119 102-2 as XML; empty without a signature.

        Raises a `PdfRefused` for what is not looked at, and `CheckBusy`.
        """
        ...


class CheckRecords(Protocol):
    """What the record says about finished documents."""

    async def by_reference(self, reference: str) -> Recorded | None: ...

    async def by_bytes(self, sha256: str) -> Recorded | None:
        """Of a document that was given out with exactly these bytes."""
        ...

    async def by_beginning(self, sha256s: Sequence[str]) -> Recorded | None:
        """Of a finished document one of whose files, half-signed ones too, is one of these."""
        ...
