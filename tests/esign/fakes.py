"""A studio that draws and signs nothing, and blobs in memory: for tests of order and state."""

import asyncio
import hashlib
from datetime import datetime

from counter.errors import Refusal
from counter.esign.forms import FormTemplate, Language
from counter.esign.ink import Ink
from counter.esign.ports import PageImage, PreparedForm, SealedForm, Verdict
from counter.ids import Digest


class PaperStudio:
    """`counter.esign.ports.Studio` made of paper."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        "Raised by `seal` and `require_timestamps` while set."
        self.sealings = 0
        self.may_seal = asyncio.Event()
        self.may_seal.set()
        self.seal_begun = asyncio.Event()

    async def prepare(
        self, form: FormTemplate, data: dict[str, str], language: Language, now: datetime
    ) -> PreparedForm:
        pdf = f"{form.id} {sorted(data.items())} {language} {now}".encode()
        return PreparedForm(pdf=pdf, pages=_pages(pdf))

    async def seal(
        self,
        pdf: bytes,
        form: FormTemplate,
        data: dict[str, str],
        ink: Ink,
        *,
        signed_at: datetime,
        now: datetime,
    ) -> SealedForm:
        self.seal_begun.set()
        await self.may_seal.wait()
        await self.require_timestamps()
        self.sealings += 1
        signed = pdf + f" signed {self.sealings} {ink.sha256} {signed_at}".encode()
        sealed = signed + f" sealed {now}".encode()
        return SealedForm(signed=signed, sealed=sealed, pages=_pages(sealed))

    async def verify(self, pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
        return ()

    async def require_timestamps(self) -> None:
        if self.refusal is not None:
            raise self.refusal


class HeapBlobs:
    """`counter.esign.ports.Blobs` in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, content: bytes) -> Digest:
        sha256 = Digest(hashlib.sha256(content).hexdigest())
        self.kept[sha256] = content
        return sha256

    async def get(self, sha256: str) -> bytes:
        return self.kept[sha256]


def _pages(pdf: bytes) -> tuple[PageImage, ...]:
    return tuple(
        PageImage(page=page, image=b"page %d of " % page + pdf, width_px=10, height_px=14)
        for page in (1, 2)
    )
