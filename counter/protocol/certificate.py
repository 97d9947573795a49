"""Signing with one's own certificate: what a terminal asks, and what both screens show of it."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from counter.protocol.message import Ask, Ident, Model, Sha256


class CertificateChoose(Ask):
    """I sign with my own certificate: send me a code, if it wants one."""

    event: ClassVar[str] = "certificate.choose"
    ceremony_id: Ident
    sha256: Sha256
    user: Annotated[str, Field(pattern=r"^\+?[0-9]{4,20}$", repr=False)]
    """The number under which the provider knows me."""


class CertificateCode(Ask):
    """What opens my key, all in one: kept nowhere."""

    event: ClassVar[str] = "certificate.code"
    ceremony_id: Ident
    sha256: Sha256
    code: Annotated[str, Field(pattern=r"^([0-9]{4,12})?$", repr=False)] = ""
    """That was sent to me, or that my own device shows; empty: none is wanted."""
    pin: Annotated[str, Field(pattern=r"^([0-9]{4,16})?$", repr=False)] = ""
    """That I chose at the provider; empty: none is wanted."""


class CertificateSend(Ask):
    """Send me a new code."""

    event: ClassVar[str] = "certificate.send"
    ceremony_id: Ident


class CertificateAnother(Ask):
    """That was not my number: I type another one."""

    event: ClassVar[str] = "certificate.another"
    ceremony_id: Ident


class CertificateConfirm(Ask):
    """The certificate of this digest is, or is not, of the person in front of me."""

    event: ClassVar[str] = "certificate.confirm"
    ceremony_id: Ident
    certificate: Sha256
    same: bool


class CertificateLeave(Ask):
    """I sign with my finger after all."""

    event: ClassVar[str] = "certificate.leave"
    ceremony_id: Ident


class CertificateCard(Model):
    """How signing with the citizen's own certificate stands."""

    provider: str
    """As citizens know it."""
    stage: Literal["offered", "chosen", "asked", "coded", "another", "locked"]
    """Asked: the agent, whether it is the citizen's.  Coded: a code was sent, if it wants one, and
    the citizen is confirming.  Another: number is to be typed.  Locked: three PINs, codes or
    numbers were wrong."""
    wants: list[Literal["pin", "code", "own_code"]] = []
    """What the citizen types, in this order, while coded.  Code: was sent.  Own code: his own
    device shows it."""
    name: str = Field(default="", repr=False)
    """Of the certificate, while asked and coded; empty: it has none."""
    certificate: Sha256 | None = None
    """Digest of the one that is meant."""
    left: int
    """How many tries are left."""
    by_hand: bool
    """Ink is enough as well."""


TERMINAL_ASKS: tuple[type[Ask], ...] = (
    CertificateChoose,
    CertificateCode,
    CertificateSend,
    CertificateAnother,
    CertificateLeave,
)

DESK_ASKS: tuple[type[Ask], ...] = (CertificateConfirm,)
