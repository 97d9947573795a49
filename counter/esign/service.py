"""Signing, one method per thing that a person does.

What is heavy happens in the studio, what is lasting in the records; in between nothing is kept, so
that a node may die at any line.  A form that was drawn is presented, and ink that arrived sealed,
by `resume` after the restart.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from counter.errors import NotAllowedNow
from counter.esign.archive_ports import Trust
from counter.esign.attendance import DeclineReason
from counter.esign.ceremony import Consented, Presented, Withdrawn
from counter.esign.certificate_refusals import MeansNotOpen
from counter.esign.certifying_service import CertifyingService
from counter.esign.check_ports import Verdict
from counter.esign.demands import Acts, Means, SignatureClass, open_means, require, to_agree_to
from counter.esign.forms import FormData, Forms, FormTemplate, Language, check
from counter.esign.glyphs import GlyphTable
from counter.esign.ink import Point, ink
from counter.esign.key_ports import KeyProvider, Timestamps
from counter.esign.ports import Blobs, IdentityLevels, Studio
from counter.esign.record_ports import CeremonyState, ConsentWords, NewDocument, Records, Unfinished
from counter.esign.refusals import CeremonyOpen, CeremonyUnknown, DocumentUnknown
from counter.esign.sealing_service import SealingService, SignedDocument
from counter.esign.signing_service import SigningService
from counter.esign.validation import CHECK_ADDRESS
from counter.ids import CaseId, CeremonyId, Digest, DocumentId, NewId

log = logging.getLogger(__name__)

LOCAL_TIME = timezone(timedelta(hours=8))
"Macau and Hengqin, all year; dates on paper are local."


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnForm:
    """A revision that nobody has seen yet."""

    sha256: Digest
    size_bytes: int
    template_sha256: str
    "See `PreparedForm`."


class EsignService:
    """See the module."""

    def __init__(
        self,
        *,
        records: Records,
        blobs: Blobs,
        studio: Studio,
        keys: Mapping[str, KeyProvider],
        stamps: Timestamps,
        forms: Forms,
        glyphs: GlyphTable,
        new_id: NewId,
        clock: Callable[[], datetime],
        levels: IdentityLevels | None = None,
        certificate: SignatureClass | None = None,
        check_address: Callable[[str], str] | None = None,
        trust: Trust | None = None,
    ) -> None:
        """keys: by name, see `counter.esign.ticket.KEYS`.

        check_address: where a document's QR code leads, by its reference; None: it gets none.
        trust: looks at the keys' certificates before consent; without it nobody does.

        clock: what is signed is held against it, however long it waited for its turn.
        levels: None: nobody is identified.
        certificate: the class that citizens' own certificates give; None: no provider is set up.
        """
        self._levels = levels
        self._certificate = certificate
        self._records = records
        self._blobs = blobs
        self._studio = studio
        self._stamps = stamps
        self._trust = trust
        self.signing = SigningService(
            records=records, blobs=blobs, studio=studio, keys=keys, stamps=stamps, clock=clock
        )
        self._forms = forms
        self._glyphs = glyphs
        self._new_id = new_id
        self._clock = clock
        self._check_address = check_address
        self.certifying = CertifyingService(
            records=records, signing=self.signing, forms=forms, clock=clock
        )
        self.sealing = SealingService(
            records=records, signing=self.signing, forms=forms, glyphs=glyphs, clock=clock
        )

    def forms(self, department_side: str | None = None) -> tuple[FormTemplate, ...]:
        """Forms that can be presented; with `macau` or `hengqin`, those of that side."""
        if department_side is None:
            return self._forms.all()
        return self._forms.for_service(department_side)

    def form(self, form_id: str) -> FormTemplate:
        """One form.  Raises `FormUnknown`."""
        return self._forms.of(form_id)

    async def present(
        self,
        case_id: CaseId,
        form_id: str,
        data: FormData,
        language: Language,
        *,
        by: str,
        now: datetime,
        ceremony_id: CeremonyId | None = None,
        version: int | None = None,
    ) -> CeremonyId:
        """Draw a form, have the department certify it, and put it on the citizen's screen.

        data: by field name; `date` and `case_number` are filled in when absent.
        by: who presents, as `agent:<id>`.
        ceremony_id: chosen by who asks, so that asking again is the same ceremony; else a new one.
        version: of the form that was filled in; None: the offered one.
        Raises `FormUnknown`, `FieldUnknown`, `DataMissing`, `DataTooLong`, `GlyphMissing`,
        `FormUndrawable`, `IdentityTooLow`, `ClassOutOfReach`, `CeremonyOpen`, and what keeps a
        signature from being made: nobody has seen the form then, and another may be presented.
        Raises `NotAllowedNow` when asked again for one that was taken back.
        """
        form = self._forms.of(form_id, version)
        known = {"date": f"{now.astimezone(LOCAL_TIME):%Y-%m-%d}", "case_number": case_id}
        clean = check(form, {**known, **data}, self._glyphs)
        # In this order: the form that is open may be the very one that is asked for twice at once.
        is_open = await self._records.is_open(case_id)
        if ceremony_id is not None and await self._knows(case_id, ceremony_id):
            await self._show(case_id, ceremony_id)
            return ceremony_id
        if is_open:
            raise CeremonyOpen(f"case {case_id} has a form under way; finish or withdraw it first")
        await self._require_signable(form, case_id)
        reference = self._new_id() if self._check_address is not None else ""
        drawn = await self.draw(form, clean, language, now, reference)
        new = NewDocument(
            ceremony_id=ceremony_id or CeremonyId(self._new_id()),
            document_id=DocumentId(self._new_id()),
            case_id=case_id,
            form=form,
            data=clean,
            language=language,
            sha256=drawn.sha256,
            size_bytes=drawn.size_bytes,
            check_reference=reference,
            template_sha256=drawn.template_sha256,
        )
        await self._records.prepare(new, by=by, now=now)
        await self._show(case_id, new.ceremony_id)
        if self._trust is not None:
            agent_id = (await self._records.witness(case_id)).agent_id
            self._trust.prepare(agent_id, await self._records.department(case_id))
        return new.ceremony_id

    async def draw(
        self,
        form: FormTemplate,
        data: dict[str, str],
        language: Language,
        now: datetime,
        reference: str,
    ) -> DrawnForm:
        """A form in the blobs that nobody has certified; the data is checked already.

        reference: by which anybody checks it, drawn as a QR code; empty: none is drawn.
        """
        if reference and self._check_address is not None:
            data = {**data, CHECK_ADDRESS: self._check_address(reference)}
        prepared = await self._studio.prepare(form, data, language, now, photographed=False)
        return DrawnForm(
            sha256=await self._blobs.put(prepared.pdf),
            size_bytes=len(prepared.pdf),
            template_sha256=prepared.template_sha256,
        )

    async def page_seen(
        self, case_id: CaseId, ceremony_id: str, page: int, now: datetime
    ) -> tuple[int, ...]:
        """Note that a page (from 1) was on the screen; answers the pages still unseen."""
        return await self._records.page_seen(case_id, ceremony_id, page, now)

    async def consent(
        self,
        case_id: CaseId,
        ceremony_id: str,
        sha256: str,
        now: datetime,
        words: ConsentWords | None = None,
    ) -> None:
        """The citizen agrees to the document of this digest; then the pen may write.

        words: what stood on the screen, for the journal.
        Raises `PagesUnseen`, `DigestMismatch`, `TimestampUnavailable`, `IdentityTooLow`,
        `ClassOutOfReach`, `FormUnknown`, `CertificateRevoked`, `CertificateExpired`,
        `RevocationUnknown`; nothing changed then.
        """
        stage = await self._records.load(case_id, ceremony_id)
        if isinstance(stage, Presented):
            stage.consented(sha256, now)
            one = await self._state(case_id, ceremony_id)
            # An identification that was refused since takes the level back.
            await self._require_signable(self._form_of(one), case_id)
            # Said now, because after the pen it would be too late to send somebody home.
            await self._stamps.require(now)
            if self._trust is not None:
                agent_id = (await self._records.witness(case_id)).agent_id
                department = await self._records.department(case_id)
                await self._trust.require(case_id, ceremony_id, agent_id, department, now)
        await self._records.consent(case_id, ceremony_id, sha256, now, words)

    async def sign(
        self,
        case_id: CaseId,
        ceremony_id: str,
        sha256: str,
        strokes: Sequence[Sequence[Point]],
        now: datetime,
    ) -> SignedDocument:
        """Keep the ink, then seal.  Asked again, answers the same document.

        sha256: of the document the citizen wrote on.
        Raises `InkMissing`, `InkTooMuch`, `DigestMismatch`, `MeansNotOpen`, `IdentityTooLow`,
        `FormUnknown`, `NotAllowedNow`: nothing changed.
        Raises `TimestampUnavailable`, `SignatureInvalid`, `ClockWrong`, `SignerUnavailable`,
        `KeyUnavailable`, `KeyUnusable`, `KeyMismatch`, `CertificateExpired`, `TokenTooLong`: the
        ink is kept, `resume` goes on.
        """
        drawn = ink(strokes)
        if isinstance(await self._records.load(case_id, ceremony_id), Consented):
            await self.require_means(case_id, ceremony_id, "handwritten")
        await self._records.keep_ink(case_id, ceremony_id, sha256, drawn, now)
        return await self.sealing.finish(case_id, ceremony_id)

    async def resume(self) -> int:
        """Present what is drawn, seal what has ink: after a restart, or when timestamps come back.

        What cannot be certified now is taken back.  Answers how many were finished.  What went
        wrong first is raised after all have been tried; `TimestampUnavailable` ends the round.
        """
        presented, drawing = await self.certifying.resume()
        sealed, sealing = await self.sealing.resume()
        await self.signing.clear(self._clock())
        problem = drawing or sealing
        if problem is not None:
            raise problem
        return presented + sealed

    async def decline(
        self,
        case_id: CaseId,
        ceremony_id: str,
        now: datetime,
        reason: DeclineReason = "other",
    ) -> None:
        """The citizen does not want to sign.  Raises `NotAllowedNow` once the ink is kept."""
        await self._records.decline(case_id, ceremony_id, now, reason)

    async def withdraw(self, case_id: CaseId, ceremony_id: str, *, by: str, now: datetime) -> None:
        """The agent takes the form back.  Raises `NotAllowedNow` once it is sealed."""
        await self._records.withdraw(case_id, ceremony_id, by=by, now=now)
        await self.signing.clear(now)

    async def ceremonies(self, case_id: CaseId) -> Sequence[CeremonyState]:
        """What screens show, newest first."""
        return await self._records.of_case(case_id)

    async def pdf(self, case_id: CaseId, sha256: str) -> bytes:
        """A presented or sealed document of this case.

        Raises `DocumentUnknown` for another case's, and for one that is only half signed.
        """
        if not await self._records.owns_document(case_id, sha256):
            raise DocumentUnknown(f"case {case_id} has no document {sha256[:12]}")
        return await self.signing.sound(sha256)

    async def page_image(self, case_id: CaseId, sha256: str) -> bytes:
        """The PNG of a page of this case.  Raises `DocumentUnknown`."""
        if not await self._records.owns_image(case_id, sha256):
            raise DocumentUnknown(f"case {case_id} has no page image {sha256[:12]}")
        return await self.signing.sound(sha256)

    async def verify(self, case_id: CaseId, sha256: str, now: datetime) -> tuple[Verdict, ...]:
        """Check the signatures of a document of this case, first to last."""
        return await self._studio.verify(await self.pdf(case_id, sha256), now)

    async def _require_signable(self, form: FormTemplate, case_id: CaseId) -> None:
        require(form, await self._level(case_id), self._certificate)

    async def require_means(self, case_id: CaseId, ceremony_id: str, means: Means) -> CeremonyState:
        """Raise `MeansNotOpen` unless its form may be signed by these means, here and now.

        Raises `IdentityTooLow` when an identification was taken back since the consent, and
        `FormUnknown` when its form cannot be read any more.
        """
        one = await self._state(case_id, ceremony_id)
        await self._require_signable(self._form_of(one), case_id)
        if means not in await self.means(one):
            raise MeansNotOpen(f"ceremony {ceremony_id}: {means} is not open")
        return one

    async def means(self, one: CeremonyState) -> tuple[Means, ...]:
        """By which means this document can be signed now."""
        level = await self._level(one.case_id)
        return open_means(self._form_of(one), level, self._certificate, one.agreed)

    async def to_agree_to(self, case_id: CaseId, ceremony_id: str) -> Acts:
        """What the consent to this document is about.  Raises `CeremonyUnknown`."""
        one = await self._state(case_id, ceremony_id)
        level = await self._level(case_id)
        return one.agreed or to_agree_to(self._form_of(one), level, self._certificate)

    async def _state(self, case_id: CaseId, ceremony_id: str) -> CeremonyState:
        for one in await self._records.of_case(case_id):
            if one.ceremony_id == ceremony_id:
                return one
        raise CeremonyUnknown(f"case {case_id} has no ceremony {ceremony_id}")

    async def _level(self, case_id: CaseId) -> str:
        return await self._levels.level(case_id) if self._levels else "L0"

    def _form_of(self, one: CeremonyState | Unfinished) -> FormTemplate:
        """The form as it was drawn, whatever was published since.

        Raises `FormUnknown` when that version cannot be read: it can be taken back only.
        """
        return self._forms.of(one.form, one.form_version)

    async def _knows(self, case_id: CaseId, ceremony_id: CeremonyId) -> bool:
        try:
            await self._records.load(case_id, ceremony_id)
        except CeremonyUnknown:
            return False
        return True

    async def _show(self, case_id: CaseId, ceremony_id: CeremonyId) -> None:
        await self.certifying.certify(ceremony_id)
        # Somebody else who tried may have given it up: nobody was told that it is on the screen.
        if isinstance(await self._records.load(case_id, ceremony_id), Withdrawn):
            raise NotAllowedNow(f"ceremony {ceremony_id} was taken back; present the form anew")
