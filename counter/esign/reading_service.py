"""Reading before signing, one method per thing that a person does; and what time does."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal, Protocol

from counter.esign.attendance import VoidReason
from counter.esign.form_refusals import FieldUnknown
from counter.esign.forms import FormData, Forms, FormTemplate, Language, check
from counter.esign.glyphs import GlyphTable
from counter.esign.ports import Blobs
from counter.esign.reading_ports import Correction, Readings, Remains
from counter.ids import CaseId, Digest

log = logging.getLogger(__name__)


class Drawn(Protocol):
    """A revision in the blobs."""

    @property
    def sha256(self) -> Digest: ...

    @property
    def size_bytes(self) -> int: ...

    @property
    def template_sha256(self) -> str: ...


Draw = Callable[[FormTemplate, dict[str, str], Language, datetime, str], Awaitable[Drawn]]


class ReadingService:
    """See the module."""

    def __init__(
        self,
        *,
        readings: Readings,
        blobs: Blobs,
        forms: Forms,
        glyphs: GlyphTable,
        draw: Draw,
        certify: Callable[[str], Awaitable[None]],
        clock: Callable[[], datetime],
    ) -> None:
        """draw, certify: as with a form that is presented; certify by the ceremony's id."""
        self._readings = readings
        self._blobs = blobs
        self._forms = forms
        self._glyphs = glyphs
        self._draw = draw
        self._certify = certify
        self._clock = clock

    async def page_shown(
        self, case_id: CaseId, ceremony_id: str, page: int | None, *, still: bool = False
    ) -> None:
        """This page (from 1) is on the citizen's screen; None: none is.

        still: it was there before.  Raises `CeremonyPaused`, `BadInput`.
        """
        await self._readings.page_shown(case_id, ceremony_id, page, self._clock(), still=still)

    async def page_read(self, case_id: CaseId, ceremony_id: str, page: int) -> tuple[int, ...]:
        """All of a page was on the screen; answers the pages still unseen.

        Raises `PageTooShort`, `CeremonyPaused`, `BadInput`.
        """
        return await self._readings.page_read(case_id, ceremony_id, page, self._clock())

    async def here(self, case_id: CaseId, ceremony_id: str) -> None:
        """The citizen is there.  Raises `CeremonyPaused`."""
        await self._readings.attend(case_id, ceremony_id, self._clock())

    async def read_aloud(
        self, case_id: CaseId, ceremony_id: str, by: Literal["machine", "agent"], language: Language
    ) -> None:
        """The citizen wants it read out; `agent` where the machine has no voice."""
        await self._readings.read_aloud(case_id, ceremony_id, by, language, self._clock())

    async def correct(
        self, case_id: CaseId, ceremony_id: str, fields: FormData, *, by: str
    ) -> tuple[str, ...]:
        """Draw it anew with these fields changed; answers which are different now.

        Raises `FieldUnknown` for a field that the agent does not fill in, `DataMissing`,
        `DataTooLong`, `GlyphMissing`, `FormUndrawable`, `DigestMismatch`, `NotAllowedNow`,
        `SignerUnavailable`, and `FormUnknown` when the version it is of cannot be read any more:
        nothing changed then.  Raises what keeps the department from certifying
        it: then it is taken back, as a form that is presented is.
        """
        now = self._clock()
        shown = await self._readings.content(case_id, ceremony_id)
        form = self._forms.of(shown.form, shown.form_version)
        own = {field.name for field in form.fields if field.filled_by == "agent"}
        if set(fields) - own:
            raise FieldUnknown(f"{form.id}: {len(set(fields) - own)} fields are not the agent's")
        data = check(form, {**shown.data, **fields}, self._glyphs)
        corrected = tuple(name for name in data if data[name] != shown.data.get(name, ""))
        if not corrected:
            return ()
        drawn = await self._draw(form, data, shown.language, now, shown.check_reference)
        new = Correction(
            parent_sha256=shown.sha256,
            data=data,
            corrected=corrected,
            sha256=drawn.sha256,
            size_bytes=drawn.size_bytes,
            template_sha256=drawn.template_sha256,
        )
        await self._readings.correct(case_id, ceremony_id, new, by=by, now=self._clock())
        await self._certify(ceremony_id)
        return corrected

    async def resume(self, case_id: CaseId, ceremony_id: str, *, by: str) -> None:
        """Go on in the call that is on now.  Raises `IdentityFirst`, `NotAllowedNow`."""
        await self._readings.resume(case_id, ceremony_id, by=by, now=self._clock())

    async def void(self, case_id: CaseId, ceremony_id: str, reason: VoidReason, *, by: str) -> None:
        """What was signed does not count.  Raises `NotAllowedNow` before it was signed."""
        await self._readings.void(case_id, ceremony_id, reason, by=by, now=self._clock())

    async def expire(self) -> None:
        """Carry out what time has decided, and let go of what was never sealed.

        Any node, at any time and twice; one that fails does not hold up the others.
        """
        for ceremony_id in await self._readings.overdue(self._clock()):
            await _each(ceremony_id, self._readings.expire(ceremony_id, self._clock()))
        for one in await self._readings.remains(self._clock()):
            await _each(one.ceremony_id, self._forget(one))

    async def watch_for_ever(self, interval_s: float = 1.0) -> None:
        """`expire` again and again: the deadlines are in rows, so a restart loses none."""
        while True:
            await _each("all", self.expire())
            await asyncio.sleep(interval_s)

    async def _forget(self, one: Remains) -> None:
        for sha256 in one.files:
            await self._blobs.remove(sha256)
        await self._readings.forgotten(one, self._clock())


async def _each(ceremony_id: str, work: Awaitable[None]) -> None:
    try:
        await work
    except Exception as problem:
        code = getattr(problem, "code", type(problem).__name__)
        log.warning("ceremony %s: time has not settled it: %s", ceremony_id, code)
