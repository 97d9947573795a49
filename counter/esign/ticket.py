"""A signature in two phases: begun with a hole, finished by whoever holds the key.

`begin` writes the document with a hole and freezes the signed attributes; their SHA-256 is all that
a key provider sees; `finish` fills the hole.  Local key, HSM and remote service differ only in how
long the middle takes.  A ticket outlives the process: an act has one, and never a second hole.
Source: ETSI EN 319 102-1 (data to be signed, representation); RFC 5652 5.4.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from counter.esign.ink import Ink
from counter.ids import Digest

ORIGIN, CITIZEN, AGENT, SEAL = "Origin", "Citizen", "Agent", "Seal"
"Names of the signature fields of every form, in the order in which they are filled."

FIELDS = (ORIGIN, CITIZEN, AGENT, SEAL)

FIELDS_BEFORE = (CITIZEN, SEAL)
"Of forms that were drawn before the department certified them first: the ink certifies."

ORDERS = (FIELDS, FIELDS_BEFORE)

WITNESS_KEY, AGENT_KEY, SEAL_KEY = "witness", "agent", "seal"
"Names of the department's keys; `agent:<id>` is the one of an agent who has an own one."

KEYS = (WITNESS_KEY, AGENT_KEY, SEAL_KEY)

CITIZEN_KEY = "citizen"
"Is at a remote service, and none of the department's."

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
class Witness:
    """Who served the citizen, and how surely it is known who that is: frozen with the ink."""

    agent_id: str
    name: str
    "Empty when nobody knows it."
    level: str
    "Of identity, `L0` to `L3`."


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginAct:
    """The department certifies the form, unseen, before anybody reads it."""

    field: ClassVar[str] = ORIGIN
    department: str
    at: datetime

    @property
    def key(self) -> str:
        """Whose key signs: the department's own, or else the one of all departments."""
        return f"{SEAL_KEY}:{self.department}"


@dataclass(frozen=True, slots=True, kw_only=True)
class InkAct:
    """The citizen's ink goes in; the witness key says that it was written here."""

    field: ClassVar[str] = CITIZEN
    department: str
    ink: Ink
    at: datetime

    @property
    def key(self) -> str:
        """Whose key signs: the department's own, or else the one of all departments."""
        return f"{WITNESS_KEY}:{self.department}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAct:
    """The citizen signs with his own certificate, whose key is at a remote service."""

    field: ClassVar[str] = CITIZEN
    key: ClassVar[str] = CITIZEN_KEY
    region: str
    "Whose shapes of Han characters its letters take."
    name: str
    "Of the certificate; empty when our font cannot draw it."
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessAct:
    """The agent's side says who served, who the citizen was taken for, and in which case."""

    field: ClassVar[str] = AGENT
    region: str
    "Whose shapes of Han characters its letters take."
    case_number: str
    witness: Witness
    handwritten: bool
    "Whether the citizen's signature is ink, which the witness key made lasting."
    at: datetime

    @property
    def key(self) -> str:
        """Whose key signs: the agent's own, or else the one of all agents."""
        return f"{AGENT_KEY}:{self.witness.agent_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealAct:
    """The department seals."""

    field: ClassVar[str] = SEAL
    department: str
    region: str
    "Whose shapes of Han characters the seal's letters take."
    data: dict[str, str]
    "Of the form."
    at: datetime

    @property
    def key(self) -> str:
        """Whose key signs: the department's own, or else the one of all departments."""
        return f"{SEAL_KEY}:{self.department}"


Act = OriginAct | InkAct | CertificateAct | WitnessAct | SealAct
"Each has `field`, the signature field it fills, and `key`, whose key signs."


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
    hole_sha256: Digest
    "Which ticket it is."
    documents: tuple[Digest, ...]
