"""Keeps what proves that certificates were not revoked, and asks again in time.

A failure is remembered for a minute only, so that a service that hangs is paid for once; what was
had before stands in for it as long as it holds, never longer.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from counter.esign.archive_ports import RevocationSource
from counter.esign.revocation import CEILINGS, Evidence, Kind, Link, Proof
from counter.esign.signing_refusals import EvidenceUnavailable

log = logging.getLogger(__name__)

REST: Final = timedelta(seconds=60)
KINDS: Final[tuple[Kind, ...]] = ("ocsp", "crl")
"In the order in which they are tried: an OCSP response is younger and smaller."

Key = tuple[Kind, str, bytes]


class RevocationService:
    """See the module."""

    def __init__(
        self, source: RevocationSource, ceilings: Mapping[Kind, timedelta] = CEILINGS
    ) -> None:
        self._source = source
        self._ceilings = dict(ceilings)
        self._kept: dict[Key, Evidence] = {}
        self._resting: dict[str, datetime] = {}
        self._asking: dict[Key, asyncio.Lock] = {}

    async def proof(
        self, links: Sequence[Link], now: datetime, *, since: datetime | None = None
    ) -> Proof:
        """The evidence about every certificate, asked for where what is kept is not fresh.

        since: what was fetched before that is asked for again, if it can be had.
        """
        failed: list[str] = []
        found = await asyncio.gather(*(self._about(one, now, since, failed) for one in links))
        if failed:
            log.warning("revocation: %s", "; ".join(failed))
        self._forget(now)
        had = {one.der: one.kind for one in found if one is not None}
        return Proof(
            ocsps=tuple(der for der, kind in had.items() if kind == "ocsp"),
            crls=tuple(der for der, kind in had.items() if kind == "crl"),
            missing=sum(one is None for one in found),
            failed=tuple(failed),
        )

    async def _about(
        self, link: Link, now: datetime, since: datetime | None, failed: list[str]
    ) -> Evidence | None:
        addresses = {kind: self._source.address(kind, link) for kind in KINDS}
        ways = [(kind, address) for kind, address in addresses.items() if address is not None]
        if not ways:
            failed.append("a certificate that names neither an OCSP service nor a CRL")
        for kind, address in ways:
            found = await self._fresh(kind, address, link, now, since, failed)
            if found is not None:
                return found
        for kind, address in ways:
            old = self._kept.get(_key(kind, address, link))
            if old is not None and old.usable(self._ceilings, now):
                return old
        return None

    async def _fresh(
        self,
        kind: Kind,
        address: str,
        link: Link,
        now: datetime,
        since: datetime | None,
        failed: list[str],
    ) -> Evidence | None:
        key = _key(kind, address, link)
        # Two who need the same ask once.
        async with self._asking.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            young = kept is not None and kept.fresh(self._ceilings, now)
            if kept is not None and young and (since is None or kept.fetched_at >= since):
                return kept
            if self._resting.get(address, now) > now:
                return None
            try:
                found = await self._source.fetch(kind, address, link, now)
            except EvidenceUnavailable as error:
                self._resting[address] = now + REST
                failed.append(str(error))
                return None
            self._resting.pop(address, None)
            self._kept[key] = found
            return found

    def _forget(self, now: datetime) -> None:
        """What holds no longer is of no use to anybody."""
        gone = [key for key, one in self._kept.items() if not one.usable(self._ceilings, now)]
        for key in gone:
            del self._kept[key]
        for key in [key for key, lock in self._asking.items() if not lock.locked()]:
            if key not in self._kept:
                del self._asking[key]
        for address in [one for one, until in self._resting.items() if until <= now]:
            del self._resting[address]


def _key(kind: Kind, address: str, link: Link) -> Key:
    """A CRL is about all certificates of its issuer."""
    return (kind, address, link.certificate if kind == "ocsp" else link.issuer)
