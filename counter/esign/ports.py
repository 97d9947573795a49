"""What signing needs from outside beside the store: who draws and signs, bytes, who is known."""

from datetime import datetime
from typing import Protocol

from counter.esign.check_ports import Verdict
from counter.esign.form_ports import PageImage, PreparedForm
from counter.esign.forms import FormTemplate, Language
from counter.esign.ticket import Act, Begun, CertificateChain, SigningTicket
from counter.ids import CaseId, Digest


class Studio(Protocol):
    """Draws, photographs, signs and verifies, outside the event loop."""

    async def prepare(
        self,
        form: FormTemplate,
        data: dict[str, str],
        language: Language,
        now: datetime,
        *,
        photographed: bool = True,
    ) -> PreparedForm:
        """Draw `form`, already checked.  Raises `SignerUnavailable`."""
        ...

    async def begin(
        self, pdf: bytes, act: Act, chain: CertificateChain, *, token_bytes: int, now: datetime
    ) -> Begun:
        """Write the hole for a signature of `chain`, with room for a token of `token_bytes`.

        Raises `CertificateExpired`, `SignerUnavailable`.
        """
        ...

    async def require_value(self, ticket: SigningTicket, value: bytes) -> None:
        """Raise `KeyMismatch` when it is no signature of the ticket's certificate."""
        ...

    async def finish(
        self, pdf: bytes, ticket: SigningTicket, value: bytes, token: bytes, now: datetime
    ) -> bytes:
        """Fill the hole of `pdf` and verify everything.

        Raises `SignatureInvalid`, `ClockWrong`, `SignerUnavailable`.
        """
        ...

    async def photograph(self, pdf: bytes) -> tuple[PageImage, ...]:
        """Every page as people see it.  Raises `SignerUnavailable`."""
        ...

    async def verify(self, pdf: bytes, now: datetime) -> tuple[Verdict, ...]:
        """Check every signature of one of our documents, first to last."""
        ...


class IdentityLevels(Protocol):
    """How surely it is known who sits there."""

    async def level(self, case_id: CaseId) -> str:
        """`L0` to `L3`, as it is now."""
        ...


class Blobs(Protocol):
    """Big bytes by their SHA-256."""

    async def put(self, content: bytes) -> Digest: ...

    async def get(self, sha256: str) -> bytes: ...

    async def remove(self, sha256: str) -> None:
        """Harmless when they are gone."""
        ...
