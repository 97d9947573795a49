"""What identity needs from outside."""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Protocol

from counter.identity.api_key import ApiKey
from counter.identity.challenge import DocumentKind
from counter.identity.proofing import ProofingState, Verdict

NewToken = Callable[[], str]
"A fresh secret of 256 bits, URL-safe."


class Passphrases(Protocol):
    """Makes and checks stored passphrases; slow on purpose, so run off the event loop."""

    def stored(self, passphrase: str) -> str:
        """What may be kept of it."""
        ...

    def right(self, passphrase: str, stored: str) -> bool:
        """Whether this is the passphrase that was stored."""
        ...


class ApiKeyStore(Protocol):
    """Keeps the keys of programs.  Every change is one transaction, journalled."""

    async def add(self, key: ApiKey, secret_sha256: str, now: datetime) -> None:
        """Keep a new one."""
        ...

    async def listed(self) -> list[ApiKey]:
        """Oldest first, revoked ones among them."""
        ...

    async def renew(self, key_id: str, secret_sha256: str, by: str, now: datetime) -> None:
        """Another secret.  Raises `NotFound`."""
        ...

    async def revoke(self, key_id: str, by: str, now: datetime) -> None:
        """Know it no more.  Raises `NotFound`."""
        ...

    async def living(self, key_id: str) -> tuple[ApiKey, str] | None:
        """The key and the digest of its secret; None when it is not there, or revoked."""
        ...


class Proofings(Protocol):
    """Identifications as durable rows; each change is told to the screens and journalled.

    Refusals: `StepNotNow`, `StepsMissing`, `ProofingOver`, `NotSecond`, `NotAllowedNow`,
    `NotFound`.
    """

    async def begin(
        self, proofing_id: str, case_id: str, *, document: DocumentKind, agent_id: str
    ) -> None:
        """Begin and draw; the same id twice is once."""
        ...

    async def give(
        self,
        proofing_id: str,
        case_id: str,
        *,
        step_id: str,
        verdict: Verdict,
        by: str,
        role: Literal["agent", "citizen"],
    ) -> None:
        """Say what came of a step."""
        ...

    async def decide(
        self, proofing_id: str, case_id: str, *, identified: bool, agent_id: str
    ) -> ProofingState:
        """The agent's decision; it may wait for a second officer."""
        ...

    async def second(self, proofing_id: str, *, agree: bool, officer_id: str) -> None:
        """Another officer's word on it."""
        ...

    async def abort(self, proofing_id: str, case_id: str, *, reason: str, by: str) -> None:
        """End it without a decision."""
        ...
