"""A studio that draws and signs nothing, and blobs in memory: for tests of order and state."""

import asyncio
import hashlib
from datetime import datetime

from counter.esign.check_ports import Verdict
from counter.esign.form_ports import PageImage, PreparedForm
from counter.esign.forms import FormTemplate, Language
from counter.esign.key_ports import Activation
from counter.esign.ticket import (
    SEAL,
    Act,
    Begun,
    CertificateAct,
    CertificateChain,
    InkAct,
    Mechanism,
    OriginAct,
    SealAct,
    SigningTicket,
    WitnessAct,
)
from counter.ids import Digest
from counter.store.blobs_directory import BlobMissing


class PaperStudio:
    """`counter.esign.ports.Studio` and `Timestamps` made of paper."""

    token_bytes = 10

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        "Raised instead of a timestamp while set."
        self.distrusted: list[bytes] = []
        self.stamped_at: list[datetime] = []
        "What our clock said for each timestamp."
        self.sealings = 0
        self.begun: list[str] = []
        "Fields for which a hole was written."
        self.may_seal = asyncio.Event()
        self.may_seal.set()
        self.seal_begun = asyncio.Event()

    def hold(self) -> None:
        """Begin nothing until `may_seal` is set; `seal_begun` says that somebody waits."""
        self.seal_begun.clear()
        self.may_seal.clear()

    async def prepare(
        self,
        form: FormTemplate,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        photographed: bool = True,
    ) -> PreparedForm:
        pdf = f"{form.id} {sorted(data.items())} {language} {now}".encode()
        return PreparedForm(pdf=pdf, pages=_pages(pdf), template_sha256=_digest(form.id.encode()))

    async def begin(
        self, pdf: bytes, act: Act, chain: CertificateChain, *, token_bytes: int, now: datetime
    ) -> Begun:
        self.seal_begun.set()
        await self.may_seal.wait()
        self.begun.append(act.field)
        said = _said(act, self.begun.count(act.field))
        holed = pdf + said.encode() + b" hole"
        ticket = SigningTicket(
            field=act.field,
            parent_sha256=_digest(pdf),
            hole_sha256=_digest(holed),
            hole_start=len(holed) - 5,
            hole_end=len(holed),
            document_digest=bytes(32),
            signed_attributes=said.encode(),
            mechanism="ecdsa_sha256",
            chain=chain,
            token_room_bytes=token_bytes,
        )
        return Begun(ticket=ticket, pdf=holed)

    async def require_value(self, ticket: SigningTicket, value: bytes) -> None:
        assert value == b"signed " + ticket.dtbsr

    async def finish(
        self, pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes, now: datetime
    ) -> bytes:
        assert token == b"at " + hashlib.sha256(value).digest()
        self.sealings += ticket.field == SEAL
        return pdf[: ticket.hole_start]

    async def photograph(self, pdf: bytes) -> tuple[PageImage, ...]:
        return _pages(pdf)

    async def verify(self, pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
        return ()

    async def stamp(self, digest: bytes, now: datetime, *, room_bytes: int) -> bytes:
        await self.require(now)
        self.stamped_at.append(now)
        return b"at " + digest

    def distrust(self, token: bytes) -> None:
        self.distrusted.append(token)

    async def require(self, now: datetime) -> None:
        if self.refusal is not None:
            raise self.refusal


class PaperKey:
    """`counter.esign.key_ports.KeyProvider`: remembers what it was asked to sign."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.dies = False
        "Hangs after it has signed, as if the answer were lost."
        self.has_signed = asyncio.Event()
        self.chain = CertificateChain(certificate=b"paper", issuers=(b"above",))

    async def certificates(self) -> CertificateChain:
        return self.chain

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        self.asked.append(dtbsr)
        self.has_signed.set()
        if self.dies:
            await asyncio.Event().wait()
        return b"signed " + dtbsr


def _said(act: Act, times: int) -> str:
    match act:
        case OriginAct():
            return f" certified {act.at}"
        case InkAct():
            return f" signed {times} {act.ink.sha256} {act.at}"
        case CertificateAct():
            return f" by certificate {times} {act.name} {act.at}"
        case WitnessAct():
            return f" witnessed {act.witness} {act.case_number} {act.at}"
        case SealAct():
            return f" sealed {act.at}"


class HeapBlobs:
    """`counter.esign.ports.Blobs` in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, content: bytes) -> Digest:
        sha256 = Digest(hashlib.sha256(content).hexdigest())
        self.kept[sha256] = content
        return sha256

    async def get(self, sha256: str) -> bytes:
        if sha256 not in self.kept:
            raise BlobMissing(sha256)
        return self.kept[sha256]

    async def remove(self, sha256: str) -> None:
        self.kept.pop(sha256, None)


def _pages(pdf: bytes) -> tuple[PageImage, ...]:
    return tuple(
        PageImage(page=page, image=b"page %d of " % page + pdf, width_px=10, height_px=14)
        for page in (1, 2)
    )


def _digest(content: bytes) -> Digest:
    return Digest(hashlib.sha256(content).hexdigest())
