"""What proves that a certificate was not revoked, and how long that may be relied on.

A ceiling says how soon we ask again, `next_update` how long what we have may be used at all:
beyond it nothing is used, whoever is down.
Source: RFC 6960 (OCSP), RFC 5280 5 (CRL).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

Kind = Literal["ocsp", "crl"]

CEILINGS: Final[Mapping[Kind, timedelta]] = {
    "ocsp": timedelta(minutes=10),
    "crl": timedelta(hours=1),
}
"Asked again after this, however much longer it says to hold."


CLOCK_SLACK: Final = timedelta(seconds=60)
"How far ahead of ours the clock of who makes it may be."


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A certificate and who issued it: one step of a chain, to be asked about."""

    certificate: bytes
    "DER."
    issuer: bytes
    "DER."


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An OCSP response or a CRL; whether it says revoked is for who verifies it."""

    kind: Kind
    der: bytes
    made_at: datetime
    "Its thisUpdate."
    next_update: datetime | None
    fetched_at: datetime

    def fresh(self, ceilings: Mapping[Kind, timedelta], now: datetime) -> bool:
        """Whether it need not be asked for again."""
        return self.usable(ceilings, now) and now < self.fetched_at + ceilings[self.kind]

    def usable(self, ceilings: Mapping[Kind, timedelta], now: datetime) -> bool:
        """Whether it may be relied on; without nextUpdate no longer than the ceiling."""
        last = self.next_update or self.fetched_at + ceilings[self.kind]
        return now < last


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The evidence about one or several chains."""

    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    missing: int = 0
    "Certificates about which nothing could be had."
    failed: tuple[str, ...] = field(default=(), repr=False)
    "What went wrong at which address, for the log."


Standing = Literal["good", "revoked", "expired", "unfit", "unknown"]
"""Of a certificate with its whole chain.

unfit: the policy does not take how it signs, or it is not for signing documents; unknown: it cannot
be said from the evidence there is.
"""
