"""What follows the citizen's signature and needs nobody: it goes in, the agent witnesses, the seal.

The citizen's own comes first, and ends the citizen's part; see `Records.keep_revision`.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from weakref import WeakValueDictionary

from counter.errors import NotAllowedNow, Refusal
from counter.esign.ceremony import Sealed
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.record_ports import CeremonyState, NewRevision, NewSeal, Records, Unfinished
from counter.esign.signing_refusals import TimestampUnavailable
from counter.esign.signing_service import SigningService
from counter.esign.ticket import Act, CertificateAct, InkAct, SealAct, Witness, WitnessAct
from counter.ids import CaseId, CeremonyId, Digest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    """What the citizen and the department get."""

    ceremony_id: CeremonyId
    sha256: Digest
    "Of the sealed PDF."


class SealingService:
    """See the module."""

    def __init__(
        self,
        *,
        records: Records,
        signing: SigningService,
        forms: Forms,
        glyphs: GlyphTable,
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._signing = signing
        self._forms = forms
        self._glyphs = glyphs
        self._clock = clock
        # A ceremony is sealed once at a time on this node, and waits for no other one; between
        # nodes the first to commit wins.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def finish(self, case_id: CaseId, ceremony_id: str) -> SignedDocument:
        """Seal what the citizen has signed, by whatever means; again is the same document.

        Raises as `EsignService.sign` does.
        """
        for waiting in await self._records.unfinished(ceremony_id):
            await self._finish(waiting)
        stage = await self._records.load(case_id, ceremony_id)
        if not isinstance(stage, Sealed):
            raise NotAllowedNow(f"ceremony {ceremony_id} was withdrawn while it was being sealed")
        return SignedDocument(ceremony_id=CeremonyId(ceremony_id), sha256=stage.sealed_sha256)

    async def resume(self) -> tuple[int, Exception | None]:
        """Seal whatever has ink; answers how many, and what went wrong first.

        `TimestampUnavailable` ends the round; anything else does not hold up the rest.
        """
        done, problem = 0, None
        for one in await self._records.unfinished():
            try:
                await self._finish(one)
            except TimestampUnavailable as unavailable:
                return done, problem or unavailable
            except Exception as other:
                problem = problem or other
                log.warning(
                    "case %s, ceremony %s: not sealed: %s",
                    one.signed.case_id,
                    one.ceremony_id,
                    getattr(other, "code", type(other).__name__),
                )
            else:
                done += 1
        return done, problem

    def region(self, one: CeremonyState | Unfinished) -> Literal["TW", "CN"]:
        """Whose shapes of Han characters its form's letters take."""
        form = self._forms.known(one.form, one.form_version)
        # What was signed is sealed, also when its form has gone since.
        return form.region if form is not None else "TW"

    def drawable(self, name: str) -> str:
        """The name; empty when our font cannot draw it."""
        return "" if self._glyphs.missing(name) else name

    async def _finish(self, waiting: Unfinished) -> None:
        async with self._turns.setdefault(waiting.ceremony_id, asyncio.Lock()):
            if not await self._records.unfinished(waiting.ceremony_id):
                return
            try:
                await self._sign_all(waiting)
            except Refusal:
                stage = await self._records.load(waiting.signed.case_id, waiting.ceremony_id)
                if not isinstance(stage, Sealed):
                    raise
                # Another node was faster, and has cleared away what we were looking for.
        await self._signing.clear(self._clock())

    async def _sign_all(self, waiting: Unfinished) -> None:
        signed = waiting.signed
        region = self.region(waiting)
        act: Act
        if signed.ink is None:  # its value is kept: only the hole is filled now
            act = CertificateAct(region=region, name="", at=signed.signed_at)
        else:
            act = InkAct(department=waiting.department, ink=signed.ink, at=signed.signed_at)
        revisions = [await self._revision(waiting, "signed", signed.sha256, act)]
        if waiting.witness is not None:
            witnessing = WitnessAct(
                region=region,
                case_number=waiting.data["case_number"],
                witness=self._drawable(waiting.witness),
                handwritten=signed.ink is not None,
                at=self._clock(),
            )
            inked = revisions[-1].sha256
            revisions.append(await self._revision(waiting, "witnessed", inked, witnessing))
        sealing = SealAct(
            department=waiting.department, region=region, data=waiting.data, at=self._clock()
        )
        revisions.append(await self._revision(waiting, "sealed", revisions[-1].sha256, sealing))
        pdf = await self._signing.sound(revisions[-1].sha256)
        new = NewSeal(revisions=tuple(revisions), images=await self._signing.photographed(pdf))
        # Withdrawn meanwhile: no row leads to these pages, and the collector takes them.
        await self._records.sealed(waiting.ceremony_id, new, self._clock())

    async def _revision(
        self, waiting: Unfinished, kind: str, parent: Digest, act: Act
    ) -> NewRevision:
        sha256 = await self._signing.fulfil(waiting.ceremony_id, parent, act)
        size = len(await self._signing.sound(sha256))
        return NewRevision(kind=kind, sha256=sha256, size_bytes=size)

    def _drawable(self, witness: Witness) -> Witness:
        """The citizen has signed by now: a name that the font lacks gives way to the number."""
        return replace(witness, name=self.drawable(witness.name))
