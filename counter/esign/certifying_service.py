"""The department certifies a form that is drawn, and puts it on the citizen's screen.

One that cannot be certified is given up, so that nobody waits for it: its fields are a draft on
both screens again.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

from counter.errors import Refusal
from counter.esign.attendance import GivenUp
from counter.esign.ceremony import Prepared, Withdrawn
from counter.esign.forms import Forms
from counter.esign.record_ports import NewRevision, Records, Uncertified
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    KeyMismatch,
    KeyUnusable,
)
from counter.esign.signing_service import SigningService
from counter.esign.ticket import OriginAct

log = logging.getLogger(__name__)

PRESENTING = timedelta(seconds=60)
"So long a form that is drawn is left to whoever is presenting it."

CERTIFYING = timedelta(minutes=5)
"So long it is tried again when what goes wrong has no name."

SEAL_UNFIT = (CertificateExpired, CertificateRevoked, KeyMismatch, KeyUnusable)
"Trying again does not mend it."


class CertifyingService:
    """See the module."""

    def __init__(
        self,
        *,
        records: Records,
        signing: SigningService,
        forms: Forms,
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._signing = signing
        self._forms = forms
        self._clock = clock
        # A ceremony is certified once at a time on this node, and waits for no other one; between
        # nodes the first to commit wins.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def certify(self, ceremony_id: str) -> None:
        """Go on with a form that is drawn; one that cannot be certified is given up."""
        for drawn in await self._records.uncertified(ceremony_id):
            try:
                await self._go_on(ceremony_id)
            except Refusal as problem:
                # Whoever corrected it meanwhile answers for what is drawn now.
                await self._give_up(drawn, problem)
                await self._signing.clear(self._clock())
                raise

    async def resume(self) -> tuple[int, Exception | None]:
        """The same for all that nobody is presenting; answers how many, and what went wrong first.

        Whatever goes wrong with one does not hold up the rest.
        """
        done, problem = 0, None
        for drawn in await self._records.uncertified():
            if self._clock() - drawn.drawn_at < PRESENTING:
                continue
            try:
                await self._go_on(drawn.ceremony_id)
            except Exception as other:
                problem = problem or other
                await self._give_up(drawn, other)
            else:
                done += 1
        return done, problem

    async def _go_on(self, ceremony_id: str) -> None:
        """The same; it stays as it is when it cannot be certified."""
        async with self._turns.setdefault(ceremony_id, asyncio.Lock()):
            for drawn in await self._records.uncertified(ceremony_id):
                try:
                    await self._certify(drawn)
                except Refusal:
                    stage = await self._records.load(drawn.prepared.case_id, ceremony_id)
                    if isinstance(stage, Prepared | Withdrawn):
                        raise
                    # Another node was faster.
        await self._signing.clear(self._clock())

    async def _give_up(self, drawn: Uncertified, problem: Exception) -> None:
        """Of one whose giving up fails, the next round hears again."""
        now = self._clock()
        refused = isinstance(problem, Refusal)
        if not refused and now - drawn.drawn_at < CERTIFYING:
            return
        reason: GivenUp = "seal_unfit" if isinstance(problem, SEAL_UNFIT) else "not_certified"
        code = getattr(problem, "code", type(problem).__name__)
        try:
            form = self._forms.known(drawn.form, drawn.form_version)
            over = await self._records.give_up(drawn, form, reason, now)
        except Exception as worse:
            code, over = getattr(worse, "code", type(worse).__name__), False
        log.warning("ceremony %s: %s: %s", drawn.ceremony_id, "given up" if over else "waits", code)

    async def _certify(self, drawn: Uncertified) -> None:
        act = OriginAct(department=drawn.department, at=self._clock())
        certified = await self._signing.fulfil(drawn.ceremony_id, drawn.prepared.sha256, act)
        pdf = await self._signing.sound(certified)
        new = NewRevision(kind="certified", sha256=certified, size_bytes=len(pdf))
        images = await self._signing.photographed(pdf)
        case_id = drawn.prepared.case_id
        await self._records.present(
            case_id, drawn.ceremony_id, drawn.prepared.sha256, new, images, self._clock()
        )
