"""One signature of a ceremony, in two phases and through every death of a node.

A ticket is kept before the key is asked, the value before the timestamp, the document before its
row.  A restart goes on from there: the same hash is asked for again, and no second hole is written.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from counter.errors import NotAllowedNow
from counter.esign.key_ports import KeyProvider, Timestamps
from counter.esign.ports import Blobs, Studio
from counter.esign.record_ports import NewImage, Records
from counter.esign.signing_refusals import KeyMismatch, SignatureInvalid, StampInvalid
from counter.esign.ticket import Act, CertificateChain, KeptTicket
from counter.ids import Digest


class SigningService:
    """See the module."""

    def __init__(
        self,
        *,
        records: Records,
        blobs: Blobs,
        studio: Studio,
        keys: Mapping[str, KeyProvider],
        stamps: Timestamps,
        clock: Callable[[], datetime],
    ) -> None:
        """keys: by name, see `ticket.KEYS`."""
        self._records = records
        self._blobs = blobs
        self._studio = studio
        self._keys = keys
        self._stamps = stamps
        self._clock = clock

    async def fulfil(self, ceremony_id: str, parent: Digest, act: Act) -> Digest:
        """One signature, from wherever a dead node left it; answers the document it is in.

        Raises `NotAllowedNow` when it was begun for another parent: somebody corrected the form.
        """
        field = act.field
        kept = await self._records.ticket(ceremony_id, field)
        if kept is None:
            chain = await self._key(act).certificates()
            kept = await self.begin(ceremony_id, parent, act, chain)
        ticket = kept.ticket
        if ticket.parent_sha256 != parent:
            raise NotAllowedNow(f"ceremony {ceremony_id}: {field} was begun for another document")
        if kept.revision_sha256 is not None:
            return kept.revision_sha256
        value = kept.value
        if value is None:
            holder = self._key(act)
            if (await holder.certificates()).sha256 != ticket.chain.sha256:
                raise KeyMismatch(
                    f"ceremony {ceremony_id}: {field} was begun for certificate "
                    f"{ticket.chain.sha256[:12]}, which the key has no more; withdraw the form"
                )
            value = await holder.sign(ticket.dtbsr, ticket.mechanism)
            await self._studio.require_value(ticket, value)
            value = await self._records.keep_value(ceremony_id, field, ticket.hole_sha256, value)
        token = await self._stamps.stamp(
            hashlib.sha256(value).digest(), self._clock(), room_bytes=ticket.token_room_bytes
        )
        hole = await self.sound(ticket.hole_sha256)
        try:
            filled = await self._studio.finish(hole, ticket, value, token, self._clock())
        except StampInvalid:
            self._stamps.distrust(token)
            raise
        done = await self._blobs.put(filled)
        try:
            standing = await self._records.keep_revision(
                ceremony_id, field, ticket.hole_sha256, done, self._clock()
            )
        except NotAllowedNow:
            await self._blobs.remove(done)
            raise
        if standing != done:
            await self._blobs.remove(done)
        return standing

    def _key(self, act: Act) -> KeyProvider:
        """By its name, `agent:lei`; else the one of all such, `agent`."""
        return self._keys.get(act.key) or self._keys[act.key.partition(":")[0]]

    async def begin(
        self, ceremony_id: str, parent: Digest, act: Act, chain: CertificateChain
    ) -> KeptTicket:
        """Write the hole for a signature of `chain`; answers the ticket that stands."""
        now = self._clock()
        begun = await self._studio.begin(
            await self.sound(parent),
            act,
            chain,
            token_bytes=self._stamps.token_bytes,
            now=now,
        )
        # Durable before the key is asked: it is never asked for a second hole.
        hole = await self._blobs.put(begun.pdf)
        try:
            kept = await self._records.keep_ticket(ceremony_id, begun.ticket, now)
        except NotAllowedNow:
            await self._blobs.remove(hole)
            raise
        if kept.ticket.hole_sha256 != hole:
            await self._blobs.remove(hole)
        return kept

    async def clear(self, now: datetime) -> None:
        """Remove documents with holes once nobody needs them: they hold somebody's ink."""
        for one in await self._records.left_over():
            for sha256 in one.documents:
                await self._blobs.remove(sha256)
            await self._records.cleared(one, now)

    async def photographed(self, pdf: bytes) -> tuple[NewImage, ...]:
        """Its pages as pictures, kept."""
        return tuple(
            [
                NewImage(
                    page=page.page,
                    sha256=await self._blobs.put(page.image),
                    width_px=page.width_px,
                    height_px=page.height_px,
                )
                for page in await self._studio.photograph(pdf)
            ]
        )

    async def sound(self, sha256: str) -> bytes:
        """Kept bytes.  Raises `SignatureInvalid` when they are not those that were kept."""
        content = await self._blobs.get(sha256)
        if hashlib.sha256(content).hexdigest() != sha256:
            raise SignatureInvalid(f"the kept bytes of {sha256[:12]} are not those that were kept")
        return content
