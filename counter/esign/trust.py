"""Whom we trust, and how far: one policy with a version, named wherever something was judged by it.

Two policies with the same SHA-256 say the same, the certificates they name included.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

from counter.esign.revocation import CEILINGS, Kind
from counter.esign.ticket import Mechanism

BUILT_IN: Final = "built-in"
"The version of the policy of a counter that was given none."
WARNED_BEFORE: Final = timedelta(days=60)
"Before a certificate of our own ends."


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPolicy:
    """See the module."""

    version: str
    anchors: tuple[bytes, ...] = field(repr=False)
    "Roots, DER."
    timestamps: tuple[str, ...]
    "Addresses of time-stamping services, in the order in which they are asked."
    algorithms: tuple[Mechanism, ...] = ("ecdsa_sha256", "rsa_sha256")
    "How those sign who sign here."
    ceilings: Mapping[Kind, timedelta] = field(default_factory=lambda: dict(CEILINGS))
    grace: bool
    """Whether the department's keys go on signing while nobody can say that they were revoked; the
    proof follows with the archive.  A citizen's certificate has none."""

    @property
    def sha256(self) -> str:
        """Of all it says."""
        said = {
            "version": self.version,
            "anchors": [hashlib.sha256(one).hexdigest() for one in self.anchors],
            "timestamps": self.timestamps,
            "algorithms": self.algorithms,
            "ceilings": {kind: one.total_seconds() for kind, one in self.ceilings.items()},
            "grace": self.grace,
        }
        canonical = json.dumps(said, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    @property
    def facts(self) -> dict[str, str]:
        """For the journal."""
        return {"policy": self.version, "policy_sha256": self.sha256}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCertificate:
    """A certificate that signs here."""

    key: str
    "The name of its key, see `counter.esign.ticket.KEYS`."
    since: datetime
    until: datetime
    commits: bool = True
    "Whether it is for signing documents."


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKeys:
    """The keys that sign here, as they were found."""

    certificates: tuple[OwnCertificate, ...]
    away: Mapping[str, str]
    "Those that do not say who they are, by name: the code of why."


Life = Literal["fine", "ending", "over"]


def life(own: OwnCertificate, now: datetime) -> Life:
    """Whether somebody must see to a new one, 60 days before it ends."""
    if not own.since <= now <= own.until:
        return "over"
    return "ending" if own.until - now <= WARNED_BEFORE else "fine"
