"""Anybody's question whether a document is sound: looked at, held against the record, forgotten."""

from dataclasses import dataclass
from datetime import datetime

from counter.esign.check_ports import CheckRecords, Examiner
from counter.esign.judging import Judgement, judge
from counter.esign.validation import Found, Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The answer.  Nothing of the document is kept."""

    judgement: Judgement
    found: Found
    recorded: Recorded | None
    "What the record knows of the document that it should be."
    report: bytes
    "ETSI TS 119 102-2, XML; empty without a signature."


class CheckService:
    """See the module."""

    def __init__(self, examiner: Examiner, records: CheckRecords) -> None:
        self._examiner = examiner
        self._records = records

    async def recorded(self, reference: str) -> Recorded | None:
        """The finished document of a QR code; None when there is none."""
        return await self._records.by_reference(reference)

    async def check(self, pdf: bytes, reference: str, now: datetime) -> Checked:
        """Look at a document.

        reference: of the QR code that led here, so that another document is not taken for it;
        empty: whichever document of ours it is.
        Raises a `PdfRefused`, and `CheckBusy`.
        """
        found, report = await self._examiner.check(pdf, now)
        recorded = await (
            self._records.by_reference(reference) if reference else self._given_out(found)
        )
        manifest = recorded.manifest if recorded else None
        return Checked(
            judgement=judge(found, manifest, asked=True),
            found=found,
            recorded=recorded,
            report=report,
        )

    async def _given_out(self, found: Found) -> Recorded | None:
        """Of these very bytes, or else of a document that somebody has added to."""
        known = await self._records.by_bytes(found.sha256)
        return known or await self._records.by_beginning(found.covered)
