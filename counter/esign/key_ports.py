"""The keys that sign, and the time-stamping services, as signing sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from counter.esign.ticket import (
    AGENT_KEY,
    SEAL_KEY,
    WITNESS_KEY,
    CertificateChain,
    Mechanism,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFiles:
    """A key and its certificates, as PEM files."""

    key: Path
    "PKCS#8, not encrypted, readable by this process only."
    certificate: Path
    chain: tuple[Path, ...]
    "Issuers' certificates, nearest first, without the root."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs12File:
    """A key and its certificates in one PKCS #12 file."""

    path: Path
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pkcs11Key:
    """A key in an HSM or on a card."""

    library: Path
    "The maker's PKCS #11 module."
    token: str
    "Label of the token."
    label: str
    "Of the key and of its certificate."
    pin: str = field(repr=False)
    chain: tuple[Path, ...] = ()
    "Issuers' certificates as PEM, nearest first, without the root."


KeySource = KeyFiles | Pkcs12File | Pkcs11Key


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKeys:
    """Whose keys sign, and whom we trust."""

    witness: KeySource
    "Seals the citizen's ink: witness to the handwriting, not the citizen's own key."
    seal: KeySource
    "The department's; of all that have no own one."
    agent: KeySource | None = None
    "With which agents witness; None: the witness key."
    agents: Mapping[str, KeySource] = field(default_factory=dict)
    "Of those who have an own one, by the agent's id."
    seals: Mapping[str, KeySource] = field(default_factory=dict)
    "Of departments that have an own one, by the department's id."
    witnesses: Mapping[str, KeySource] = field(default_factory=dict)
    "Likewise."
    roots: tuple[Path, ...]
    "Trust anchors for our own signatures and their timestamps, PEM."

    def named(self) -> dict[str, KeySource]:
        """Each by its name, see `ticket.KEYS`; own ones as `seal:<department>`, `agent:<id>`."""
        own = {AGENT_KEY: self.agents, SEAL_KEY: self.seals, WITNESS_KEY: self.witnesses}
        return {
            WITNESS_KEY: self.witness,
            AGENT_KEY: self.agent or self.witness,
            SEAL_KEY: self.seal,
            **{f"{key}:{who}": one for key, ones in own.items() for who, one in ones.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What a person says to let a remote service use his key.  Never kept, never logged."""

    pin: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)


class KeyProvider(Protocol):
    """Holds a private key: a file, an HSM, a remote service."""

    async def certificates(self) -> CertificateChain:
        """Who signs.  Raises `KeyUnusable`, `KeyUnavailable`."""
        ...

    async def sign(
        self, dtbsr: bytes, mechanism: Mechanism, activation: Activation | None = None
    ) -> bytes:
        """The signature value over a SHA-256; ECDSA as DER.

        Raises `KeyUnavailable` when asking again later may help, `KeyUnusable` when not,
        `ActivationRefused` when the person must say it again.
        """
        ...


class Timestamps(Protocol):
    """The time-stamping services."""

    @property
    def token_bytes(self) -> int:
        """The longest token to be expected of any of them."""
        ...

    async def stamp(self, digest: bytes, now: datetime, *, room_bytes: int) -> bytes:
        """A token (DER of its CMS) over a SHA-256 that is no longer than `room_bytes`.

        Raises `TimestampUnavailable`, `ClockWrong`; `TokenTooLong` when those that answer do not
        fit.
        """
        ...

    async def require(self, now: datetime) -> None:
        """Raise `TimestampUnavailable` unless one of them answers, or did a moment ago."""
        ...

    def distrust(self, token: bytes) -> None:
        """Leave whoever made this token alone for a while: it did not verify."""
        ...
