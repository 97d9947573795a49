"""Makes the audit pack of a finished ceremony, once per document that came of it."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from counter import SOFTWARE
from counter.esign import audit_pack
from counter.esign.archive import next_try
from counter.esign.audit_story import Agreed, Identified, Journalled, story_of
from counter.esign.check_ports import Examiner
from counter.esign.key_ports import KeyProvider, Timestamps
from counter.esign.ports import Blobs
from counter.esign.refusals import DocumentUnknown
from counter.esign.ticket import SEAL_KEY, CertificateChain, Mechanism
from counter.esign.validation import POLICY, Finished, Found
from counter.ids import CaseId, Digest

log = logging.getLogger(__name__)

ROOM_BYTES = 32 * 1024
"For a timestamp: there is no hole that it has to fit into."
AT_ONCE = 5
LONGEST_PAUSE: Final = timedelta(hours=1)
"Between two tries of a pack that fails."


class PackRecords(Protocol):
    """The facts, kept in the store."""

    async def finished(self, case_id: CaseId, ceremony_id: str) -> Finished | None: ...

    async def unpacked(self, most: int) -> Sequence[tuple[CaseId, str]]:
        """Cases and ceremonies that are sealed and have no pack, oldest first."""
        ...

    async def journalled(self, done: Finished) -> Journalled: ...

    async def pack(self, ceremony_id: str, document_sha256: str) -> Digest | None: ...

    async def keep_pack(
        self, done: Finished, sha256: Digest, size_bytes: int, now: datetime
    ) -> Digest:
        """Answers the one that stands: the first since it was sealed, or since it was voided."""
        ...


class PackStudio(Protocol):
    """Draws and signs, outside the event loop."""

    async def audit_summary(self, said: dict[str, object], now: datetime) -> bytes: ...

    async def pack_begin(
        self, manifest: bytes, chain: CertificateChain, at: datetime
    ) -> tuple[bytes, Mechanism]:
        """The attributes to be signed, DER, and how the chain's key signs."""
        ...

    async def pack_finish(
        self, attributes: bytes, chain: CertificateChain, value: bytes, token: bytes
    ) -> bytes: ...

    async def holder(self, chain: CertificateChain) -> str:
        """As in `SignatureFound`."""
        ...

    async def require_pack(self, signature: bytes, manifest: bytes, now: datetime) -> None:
        """Raises `SignatureInvalid`."""
        ...


class AuditService:
    """See the module."""

    def __init__(
        self,
        *,
        records: PackRecords,
        blobs: Blobs,
        studio: PackStudio,
        examiner: Examiner,
        keys: Mapping[str, KeyProvider],
        stamps: Timestamps,
        clock: Callable[[], datetime],
        title: Callable[[Finished], str] = lambda done: "",
    ) -> None:
        """title: of a document's form, in the document's language; empty where nobody knows it."""
        self._records = records
        self._title = title
        self._blobs = blobs
        self._studio = studio
        self._examiner = examiner
        self._keys = keys
        self._stamps = stamps
        self._clock = clock
        self._failing: dict[str, tuple[int, datetime]] = {}
        "Ceremonies, how often each failed here, and when it is tried again."

    async def pack(self, case_id: CaseId, ceremony_id: str) -> bytes:
        """The pack of the newest document of a ceremony; made now when there is none yet.

        One that was made before the department took the document back is not given out any more.

        Raises `DocumentUnknown`, and what signing raises.
        """
        done = await self._records.finished(case_id, ceremony_id)
        if done is None:
            raise DocumentUnknown(f"case {case_id} has no sealed document {ceremony_id}")
        kept = await self._records.pack(ceremony_id, done.newest_sha256)
        return await self._blobs.get(kept or await self._made(done))

    async def make_due(self) -> int:
        """Make packs of what was sealed lately; answers how many.

        One that fails waits, longer each time, and keeps no other one waiting.
        """
        made, now = 0, self._clock()
        # So many more that those which wait, the oldest of all, leave room for the others.
        unpacked = await self._records.unpacked(AT_ONCE + len(self._failing))
        without = {ceremony_id for _, ceremony_id in unpacked}
        # What somebody else has packed since is remembered no longer.
        self._failing = {one: when for one, when in self._failing.items() if one in without}
        due = [one for one in unpacked if not self._waits(one[1], now)]
        for case_id, ceremony_id in due[:AT_ONCE]:
            try:
                await self.pack(case_id, ceremony_id)
                self._failing.pop(ceremony_id, None)
                made += 1
            except Exception as problem:
                self._fails(ceremony_id)
                code = getattr(problem, "code", type(problem).__name__)
                log.warning("ceremony %s: no audit pack yet: %s", ceremony_id, code)
        return made

    def _waits(self, ceremony_id: str, now: datetime) -> bool:
        known = self._failing.get(ceremony_id)
        return known is not None and known[1] > now

    def _fails(self, ceremony_id: str) -> None:
        now = self._clock()
        failures = self._failing.get(ceremony_id, (0, now))[0] + 1
        again = min(next_try(failures, now), now + LONGEST_PAUSE)
        self._failing[ceremony_id] = (failures, again)

    async def _made(self, done: Finished) -> Digest:
        now = self._clock()
        document = await self._blobs.get(done.newest_sha256)
        found, report = await self._examiner.check(document, now)
        told = await self._records.journalled(done)
        said = summary_of(done, found, told, self._title(done))
        files = {
            audit_pack.DOCUMENT: document,
            audit_pack.EVENTS: audit_pack.events(
                done.manifest, told.entries, told.head, told.officers
            ),
            audit_pack.REPORT: report,
            audit_pack.SUMMARY: await self._studio.audit_summary(said, done.sealed_at),
        }
        manifest = audit_pack.manifest_of(files)
        seal = await self._sealer(done, found)
        signature = await self._sealed(seal, manifest, now)
        container = audit_pack.packed(files, manifest, signature, done.sealed_at)
        sha256 = await self._blobs.put(container)
        standing = await self._records.keep_pack(done, sha256, len(container), now)
        if standing != sha256:
            await self._blobs.remove(sha256)
        return standing

    async def _sealer(self, done: Finished, found: Found) -> KeyProvider:
        """What closed the document seals its pack: so it was before a department had a key.

        Else whoever has a newer certificate of the same holder.
        """
        closed_by = done.manifest.signers[-1].certificate_sha256 if done.manifest.signers else ""
        holder = found.signers[-1].holder if found.signers else ""
        seals = [f"{SEAL_KEY}:{done.department}", SEAL_KEY]
        known = [(one, await one.certificates()) for one in map(self._keys.get, seals) if one]
        for one, chain in known:
            if chain.sha256 == closed_by:
                return one
        for one, chain in known:
            if holder and await self._studio.holder(chain) == holder:
                return one
        log.warning(
            "ceremony %s: no key is of who sealed its document; only the record knows its pack",
            done.ceremony_id,
        )
        return known[0][0]

    async def _sealed(self, seal: KeyProvider, manifest: bytes, now: datetime) -> bytes:
        chain = await seal.certificates()
        attributes, mechanism = await self._studio.pack_begin(manifest, chain, now)
        value = await seal.sign(hashlib.sha256(attributes).digest(), mechanism)
        token = await self._stamps.stamp(
            hashlib.sha256(value).digest(), self._clock(), room_bytes=ROOM_BYTES
        )
        signature = await self._studio.pack_finish(attributes, chain, value, token)
        await self._studio.require_pack(signature, manifest, self._clock())
        return signature


def summary_of(done: Finished, found: Found, told: Journalled, title: str) -> dict[str, object]:
    """What the page for people says; no data of the form.  title: of the form, or empty."""
    voided_at = done.manifest.voided_at
    story = story_of(told.entries)
    return {
        "language": done.language,
        "title": title,
        "case": done.case_number,
        "form": done.form,
        "form_version": done.form_version,
        "template_sha256": story.template_sha256,
        "drawn_by": story.drawn_by,
        "made_by": SOFTWARE,
        "ceremony": done.ceremony_id,
        "department": f"{done.department_name} ({done.department})".strip(),
        "sealed_at": done.sealed_at.isoformat(timespec="seconds"),
        "sha256": found.sha256,
        "level": found.level,
        "voided_at": voided_at.isoformat(timespec="seconds") if voided_at else "",
        "policy": POLICY,
        "identified": _identified(story.identified, told.officers),
        "agreed": _agreed(story.agreed),
        "pages": [
            {"page": one.page, "seconds": one.seconds, "by_agent": one.by_agent}
            for one in story.pages
        ],
        "signers": [
            {
                "field": one.field,
                "kind": one.kind,
                "signer": one.signer,
                "certificate": f"SHA-256 {one.certificate_sha256[:16]}",
                "at": one.stamped_at.isoformat(timespec="seconds") if one.stamped_at else "—",
                "sound": one.sound,
            }
            for one in found.signatures
        ],
        "entries": len(told.entries),
    }


def _identified(said: Identified | None, officers: Mapping[str, str]) -> dict[str, object] | None:
    if said is None:
        return None
    return {
        "state": said.state,
        "level": said.level,
        "document": said.document,
        "at": said.at.isoformat(timespec="seconds"),
        "steps": [{"step": step, "verdict": verdict} for step, verdict in said.steps],
        "officers": [{"id": one, "name": officers.get(one, "")} for one in said.officers],
        "record_sha256": said.record_sha256,
    }


def _agreed(said: Agreed | None) -> dict[str, str] | None:
    if said is None:
        return None
    return {
        "at": said.at.isoformat(timespec="seconds"),
        "text_id": said.text_id,
        "language": said.language,
        "sentence": said.sentence,
        "sha256": said.sha256,
    }
