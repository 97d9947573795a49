"""A counter of signing with all that becomes of a finished document: archive, reading, packs."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from counter.esign.archive_pool import ArchivePool
from counter.esign.archive_service import ArchiveService
from counter.esign.archive_sql import SqlArchive
from counter.esign.audit_service import AuditService
from counter.esign.check_pool import CheckPool
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.judging import Judgement
from counter.esign.pki_development import DevelopmentPki
from counter.esign.reading_service import ReadingService
from counter.esign.readings_sql import SqlReadings
from counter.esign.revocation import Evidence, Kind, Link
from counter.esign.revocation_development import DevelopmentRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_attendance import Calls
from counter.esign.store_audit import SqlPacks
from counter.esign.store_lasting import lasting_of
from counter.esign.trust import TrustPolicy
from counter.esign.validate_pyhanko import validate
from counter.esign.validation import Found
from counter.store.executor import Executor
from tests.esign.ceremonies import CASE, SigningCounter, signing_counter
from tests.esign.conftest import NOW, Tsa

YEAR = timedelta(days=366)


@dataclass(slots=True, kw_only=True)
class House:
    """A counter of signing with its archive, its reading and its packs, and one clock for all."""

    counter: SigningCounter
    archive: ArchiveService
    reading: ReadingService
    packs: AuditService
    revocation: "Revoking"
    tsa: Tsa
    time: datetime = field(default=NOW)

    def passes(self, by: timedelta) -> None:
        self.time += by
        self.tsa.time = self.time

    async def sealed(self) -> bytes:
        return await self.counter.sealed()

    async def archived(self) -> bytes:
        """The newest revision, made by the job that is due now."""
        assert await self.archive.work_one()
        (lasting,) = (await self.counter.executor.read(lasting_of, CASE)).values()
        assert lasting.archived_sha256 is not None, lasting.pending
        return await self.counter.blobs.get(lasting.archived_sha256)

    async def void(self) -> None:
        await self.reading.void(CASE, await self.ceremony(), "wrong_person", by="agent:a")

    async def ceremony(self) -> str:
        return (await self.counter.esign.ceremonies(CASE))[0].ceremony_id

    async def judged(self, pdf: bytes, reference: str = "") -> tuple[Judgement, str]:
        said = await self.counter.checks.check(pdf, reference, self.time)
        return said.judgement, said.found.level


class Revoking(DevelopmentRevocation):
    """The development authorities, which have revoked some certificates."""

    def __init__(self, pki: DevelopmentPki) -> None:
        super().__init__(pki)
        self.revoked: list[tuple[int, datetime]] = []
        self.stolen: datetime | None = None
        "Since when the keys may have been somebody else's, as their proofs say."

    async def fetch(self, kind: Kind, address: str, link: Link, now: datetime) -> Evidence:
        made = await super().fetch(kind, address, link, now)
        empty = x509.load_der_x509_crl(made.der)
        builder = x509.CertificateRevocationListBuilder(
            issuer_name=empty.issuer,
            last_update=empty.last_update_utc,
            next_update=empty.next_update_utc,
        )
        for extension in empty.extensions:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        for serial, at in self.revoked:
            one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
            if self.stolen is not None:
                one = one.add_extension(x509.InvalidityDate(self.stolen), critical=False)
            builder = builder.add_revoked_certificate(one.build())
        (key,) = [
            key
            for certificate, key in self._authorities
            if certificate.public_bytes(serialization.Encoding.DER) == link.issuer
        ]
        crl = builder.sign(key, hashes.SHA256())
        return replace(made, der=crl.public_bytes(serialization.Encoding.DER))


async def finished_house(
    executor: Executor,
    pki: DevelopmentPki,
    examiner: CheckPool,
    pool: SignPool,
    stamps: HttpStamps,
    tsa: Tsa,
    forms: Forms,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
) -> House:
    """All of it."""
    counter = await signing_counter(executor, examiner, pool, stamps, forms, glyphs, new_id)
    anchors = [bytes(pem.unarmor(path.read_bytes())[2]) for path in pki.roots]
    revocation = Revoking(pki)

    def clock() -> datetime:
        return made.time

    made = House(
        counter=counter,
        archive=ArchiveService(
            records=SqlArchive(executor=executor, audiences=lambda conn, case_id: []),
            blobs=counter.blobs,
            archivist=ArchivePool(pool, anchors),
            revocation=RevocationService(revocation),
            stamps=stamps,
            policy=TrustPolicy(
                version="test", anchors=tuple(anchors), timestamps=(tsa.url,), grace=False
            ),
            new_id=new_id,
            clock=clock,
        ),
        reading=ReadingService(
            readings=SqlReadings(
                executor=executor,
                audiences=lambda conn, case_id: [],
                calls=Calls(
                    now=lambda conn, case_id: None,
                    ended_at=lambda conn, call_id: None,
                    last=lambda conn, case_id: None,
                    known_again=lambda conn, case_id, call_id: True,
                ),
            ),
            blobs=counter.blobs,
            forms=forms,
            glyphs=glyphs,
            draw=counter.esign.draw,
            certify=counter.esign.certifying.certify,
            clock=clock,
        ),
        packs=AuditService(
            records=SqlPacks(executor=executor),
            blobs=counter.blobs,
            studio=pool,
            examiner=examiner,
            keys=pool.keys(),
            stamps=stamps,
            clock=clock,
        ),
        revocation=revocation,
        tsa=tsa,
    )
    return made


def reference_of(house: House) -> str:
    return house.counter.addresses[-1].rpartition("/")[2]


class Lent:
    """The test's own executor, which `verify` must not close."""

    def __init__(self, executor: Executor) -> None:
        self.read = executor.read

    async def close(self) -> None:
        """It goes on."""


class ChecksHere:
    """`CheckPool` without its process, which each look would start anew; see `signed_files`."""

    def __init__(self, roots: Callable[[], list[bytes]]) -> None:
        self._roots = [asn1_x509.Certificate.load(one) for one in roots()]

    async def check(self, pdf: bytes, now: datetime) -> tuple[Found, bytes]:
        return await validate(pdf, self._roots, now), b""

    async def close(self) -> None:
        """There is nothing to end."""
