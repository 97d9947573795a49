"""A signature in two phases: begun with a hole, finished by whoever holds the key.

`begin` writes the document with a hole and freezes the signed attributes; their SHA-256 is all that
a key provider sees; `finish` fills the hole.  Local key, HSM and remote service differ only in how
long the middle takes.  A ticket outlives the process: an act has one, and never a second hole.
Source: ETSI EN 319 102-1 (data to be signed, representation); RFC 5652 5.4.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from counter.esign.ink import Ink
from counter.ids import Digest

CITIZEN, SEAL = "Citizen", "Seal"
"Names of the signature fields of every form, in the order in which they are filled."

FIELDS = (CITIZEN, SEAL)

Mechanism = Literal["ecdsa_sha256", "rsa_sha256"]
"ECDSA, or RSA with PKCS #1 v1.5 padding, over a SHA-256."


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChain:
    """Who signs, and who vouches for it."""

    certificate: bytes
    "DER."
    issuers: tuple[bytes, ...]
    "DER, nearest first, without the root."

    @property
    def sha256(self) -> str:
        """Of the signer's certificate, hexadecimal."""
        return hashlib.sha256(self.certificate).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class InkAct:
    """The citizen's ink goes in, witnessed; only signatures may follow it."""

    ink: Ink
    at: datetime

    @property
    def field(self) -> str:
        """The signature field it fills."""
        return CITIZEN


@dataclass(frozen=True, slots=True, kw_only=True)
class SealAct:
    """The department seals."""

    region: str
    "Whose shapes of Han characters the seal's letters take."
    data: dict[str, str]
    "Of the form."
    at: datetime

    @property
    def field(self) -> str:
        """The signature field it fills."""
        return SEAL


Act = InkAct | SealAct


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningTicket:
    """All that is needed to finish a signature that was begun."""

    field: str
    parent_sha256: Digest
    "Of the document without this signature."
    hole_sha256: Digest
    "Of the document with the hole."
    hole_start: int
    "Offset of the hole's `<`."
    hole_end: int
    "Offset behind its `>`."
    document_digest: bytes
    "SHA-256 of all bytes around the hole."
    signed_attributes: bytes
    "DER, as a SET OF: frozen, since a signature value stands for exactly these."
    mechanism: Mechanism
    chain: CertificateChain
    token_room_bytes: int
    "What a timestamp token may need."

    @property
    def dtbsr(self) -> bytes:
        """What the key provider signs: 32 bytes."""
        return hashlib.sha256(self.signed_attributes).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A ticket and the document it is about."""

    ticket: SigningTicket
    pdf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTicket:
    """How far an act has come."""

    ticket: SigningTicket
    value: bytes | None
    "What the key provider answered."
    revision_sha256: Digest | None
    "Of the finished document."


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """Documents of an act that nobody needs any more, and that hold somebody's ink."""

    ceremony_id: str
    field: str
    documents: tuple[Digest, ...]
