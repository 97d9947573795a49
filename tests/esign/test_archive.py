"""The archive's revision, made and validated for real, with a whole PKI and without a network."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

import pytest
from asn1crypto import crl, ocsp, pem, x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import (
    CertificateRevocationListBuilder,
    CRLReason,
    InvalidityDate,
    ReasonFlags,
    RevokedCertificate,
    RevokedCertificateBuilder,
    load_der_x509_crl,
    load_pem_x509_certificate,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed
from pyhanko.sign.validation.ades import simulate_future_ades_lta_validation

from counter.esign.archive import Archived, Work
from counter.esign.archive_pool import ArchivePool
from counter.esign.claims_asn1crypto import claims_of
from counter.esign.forms import Forms
from counter.esign.key_ports import KeyFiles
from counter.esign.lasting_pyhanko import offline, require_archived
from counter.esign.pki_development import DevelopmentPki
from counter.esign.revocation import Proof
from counter.esign.revocation_development import DevelopmentRevocation
from counter.esign.revocation_http import HttpRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    RevocationUnknown,
    SignatureInvalid,
    StampInvalid,
)
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import CITIZEN, FIELDS, FIELDS_BEFORE, SEAL, CertificateChain
from counter.esign.validate_pyhanko import validate
from counter.esign.verify_pyhanko import SIGNING_ONLY
from tests.esign.conftest import DATA, FORM, NOW, Tsa, patience, seal
from tests.esign.signed_by import signed_by
from tests.esign.signed_forms import with_proofs
from tests.esign.trust_services import TrustServices

LATER = NOW + timedelta(seconds=10)


def roots_of(services: TrustServices) -> list[bytes]:
    return [bytes(pem.unarmor(path.read_bytes())[2]) for path in services.roots]


class Shelf:
    """Archives as the service does, without the records."""

    def __init__(
        self, pool: SignPool, stamps: HttpStamps, revocation: RevocationService, roots: list[bytes]
    ) -> None:
        self.pool = pool
        self.roots = roots
        self.archivist = ArchivePool(pool, roots)
        self.stamps = stamps
        self.revocation = revocation
        self.numbers = count(1)

    async def proof(self, pdf: bytes, work: Work, now: datetime) -> Proof:
        return await self.revocation.proof(await self.archivist.links(pdf, work, now), now)

    async def archived(
        self, pdf: bytes, work: Work, now: datetime, proof: Proof | None = None
    ) -> Archived:
        hole = await self.archivist.begin(
            pdf,
            work,
            proof or await self.proof(pdf, work, now),
            token_bytes=self.stamps.token_bytes,
            new_field=f"Timestamp-{next(self.numbers)}",
            now=now,
        )
        token = await self.stamps.stamp(hole.digest, now, room_bytes=hole.token_room_bytes)
        return await self.archivist.finish(hole, token, now)


@pytest.fixture
async def shelf(
    certified_pool: SignPool, two_stamps: HttpStamps, services: TrustServices
) -> AsyncIterator[Shelf]:
    source = HttpRevocation()
    yield Shelf(certified_pool, two_stamps, RevocationService(source), roots_of(services))
    await source.close()


class Kept(NamedTuple):
    """One document for all tests."""

    sealed: bytes
    archived: Archived


@pytest.fixture(scope="module")
async def kept(
    one_certified_pool: SignPool, all_services: TrustServices, forms: Forms
) -> AsyncIterator[Kept]:
    pool, form = one_certified_pool, forms.of(FORM)
    stamps = HttpStamps(all_services.tsas, new_nonce=count(1).__next__)
    source = HttpRevocation()
    shelf = Shelf(pool, stamps, RevocationService(source), roots_of(all_services))
    all_services.reset(NOW)
    await pool.warm()
    with patience():
        prepared = await pool.prepare(form, DATA, "zh-Hant", NOW)
        made = await seal(pool, stamps, prepared.pdf, form, DATA, signed_at=NOW, now=NOW)
        all_services.time = LATER
        archived = await shelf.archived(made.sealed, "archive", LATER)
    yield Kept(made.sealed, archived)
    await source.close()
    await stamps.close()


@pytest.fixture
def sealed(kept: Kept, services: TrustServices) -> bytes:
    """Return a sealed form, ten seconds after it was sealed."""
    services.time = LATER
    return kept.sealed


@pytest.fixture
def archived(kept: Kept, services: TrustServices) -> Archived:
    """Return the same, archived then."""
    services.time = LATER
    return kept.archived


async def verdicts(
    pdf: bytes,
    roots: list[bytes],
    then: datetime,
    now: datetime = LATER,
) -> set[object]:
    """What each signature will be worth, if timestamps are renewed until then."""
    found = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
    assert [one.field_name for one in found] == list(FIELDS)
    said = [
        await simulate_future_ades_lta_validation(one, offline(roots), then, now) for one in found
    ]
    return {one.ades_subindic for one in said}


def test_no_revision_writes_the_metadata_of_the_form_again(archived: Archived) -> None:
    assert archived.pdf.count(b"<x:xmpmeta") == 1


async def test_what_came_after_each_signature_is_looked_at_once(
    shelf: Shelf, archived: Archived, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, review = [], SIGNING_ONLY.review_file

    def counted(reader: Any, base: Any, *about: Any) -> Any:
        looked.append(base if isinstance(base, int) else base.revision)
        return review(reader, base, *about)

    monkeypatch.setattr(SIGNING_ONLY, "review_file", counted)
    await require_archived(archived.pdf, FIELDS, shelf.roots, LATER)
    assert looked == sorted(set(looked))
    assert len(looked) == len(FIELDS)


async def test_the_archived_revision_begins_with_the_sealed_one_and_validates_alone(
    shelf: Shelf, sealed: bytes, services: TrustServices
) -> None:
    made = await shelf.archived(sealed, "archive", LATER)
    assert made.pdf.startswith(sealed)
    assert (made.stamped_at, made.stamp_expires) == (LATER, datetime(2040, 1, 1, tzinfo=UTC))
    # Evidence about all signatures and timestamps, and one timestamp over all of it.
    assert services.asked("tsa") == 1
    reader = PdfFileReader(io.BytesIO(made.pdf))
    assert len(reader.embedded_timestamp_signatures) == 1
    assert "/VRI" not in reader.root["/DSS"]
    assert (len(reader.root["/DSS"]["/OCSPs"]), len(reader.root["/DSS"]["/CRLs"])) == (2, 1)
    # Once made it needs nobody.
    services.faults.update(ocsp="down", crls="down", tsa="down")
    await require_archived(made.pdf, FIELDS, shelf.roots, LATER)


def test_its_timestamp_is_seen_nowhere_and_outside_the_page(archived: Archived) -> None:
    (stamp,) = PdfFileReader(io.BytesIO(archived.pdf)).embedded_timestamp_signatures
    assert [float(edge) for edge in stamp.sig_field["/Rect"]] == [-9999.0] * 4


@pytest.mark.parametrize("year", [2029, 2031, 2041])
async def test_it_outlives_its_certificates_and_without_the_archive_it_would_not(
    shelf: Shelf, sealed: bytes, archived: Archived, year: int
) -> None:
    """Signers' certificates end in 2030, those of the TSA in 2040, of the issuer in 2045."""
    then = datetime(year, 1, 1, tzinfo=UTC)
    assert await verdicts(archived.pdf, shelf.roots, then) == {AdESPassed.OK}
    for judged in await verdicts(sealed, shelf.roots, then):
        assert isinstance(judged, AdESIndeterminate)


async def test_a_year_later_it_is_timestamped_again(
    shelf: Shelf, sealed: bytes, services: TrustServices
) -> None:
    made = await shelf.archived(sealed, "archive", LATER)
    next_year = LATER + timedelta(days=365)
    services.time = next_year
    services.hits.clear()
    again = await shelf.archived(made.pdf, "renew", next_year)
    assert again.pdf.startswith(made.pdf)
    assert (again.stamped_at, services.asked("tsa")) == (next_year, 1)
    assert services.hits == {"tsa/one": 1, "crls/root": 1}
    then = datetime(2031, 1, 1, tzinfo=UTC)
    assert await verdicts(again.pdf, shelf.roots, then, next_year) == {AdESPassed.OK}


@pytest.mark.parametrize(
    ("reason", "good"),
    [
        (ReasonFlags.superseded, True),
        (ReasonFlags.cessation_of_operation, True),
        (ReasonFlags.affiliation_changed, True),
        (ReasonFlags.key_compromise, False),
        (None, False),
    ],
)
async def test_a_service_that_has_changed_its_key_since_stops_no_renewal(
    shelf: Shelf,
    sealed: bytes,
    services: TrustServices,
    reason: ReasonFlags | None,
    good: bool,
) -> None:
    made = await shelf.archived(sealed, "archive", LATER)
    services.time = year = LATER + timedelta(days=365)
    proof = await shelf.proof(made.pdf, "renew", year)
    service = load_pem_x509_certificate(services.files("one").certificate.read_bytes())

    async def renewed(revoked: datetime) -> bool:
        entry = RevokedCertificateBuilder(service.serial_number, revoked)
        if reason is not None:
            entry = entry.add_extension(CRLReason(reason), critical=False)
        listed = with_entry(services, proof, entry.build(), year, authority="root")
        hole = await shelf.archivist.begin(
            made.pdf, "renew", listed, token_bytes=6144, new_field="Timestamp-2", now=year
        )
        return hole.pdf.startswith(made.pdf)

    if good:
        assert await renewed(year - timedelta(days=1))
    else:
        with pytest.raises(CertificateRevoked):
            await renewed(year - timedelta(days=1))
    # Revoked before it made the timestamp, nothing saves it.
    with pytest.raises(CertificateRevoked):
        await renewed(LATER - timedelta(days=1))


async def test_the_signers_need_not_be_valid_any_more_when_it_is_renewed(
    shelf: Shelf, sealed: bytes, services: TrustServices
) -> None:
    made = await shelf.archived(sealed, "archive", LATER)
    after = datetime(2031, 6, 1, tzinfo=UTC)
    services.time = after
    again = await shelf.archived(made.pdf, "renew", after)
    assert again.stamped_at == after


async def test_documents_of_before_with_two_signatures_are_archived_too(
    shelf: Shelf, services: TrustServices
) -> None:
    signers = {CITIZEN: services.files("citizen"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = LATER
    made = await shelf.archived(pdf, "archive", LATER)
    await require_archived(made.pdf, FIELDS_BEFORE, shelf.roots, LATER)


@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_a_certificate_that_ended_since_is_judged_as_of_its_timestamp(
    shelf: Shelf, services: TrustServices, only: str
) -> None:
    """`ending` ends a day after it signed."""
    signers = {CITIZEN: services.files("ending"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    made = await shelf.archived(pdf, "archive", late)
    assert (made.ended, made.revoked_later) == ((CITIZEN,), {})
    told = await require_archived(made.pdf, FIELDS_BEFORE, shelf.roots, late)
    assert told == ({}, (CITIZEN,))
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    found = await validate(made.pdf, trusted, late)
    assert found.level == "B_LTA" and all(one.sound for one in found.signatures)
    # A year later nothing is asked about those who signed.
    services.time = next_year = late + timedelta(days=365)
    again = await shelf.archived(made.pdf, "renew", next_year)
    assert (again.stamped_at, again.ended) == (next_year, ())


async def test_a_certificate_that_had_ended_before_it_signed_stops_the_archive(
    shelf: Shelf, services: TrustServices
) -> None:
    signers = {CITIZEN: services.files("ending"), SEAL: services.files("seal")}
    services.time = late = NOW + timedelta(days=2)
    pdf = await signed_by(signers, shelf.stamps, NOW, stamped_at=late)
    with pytest.raises(CertificateExpired):
        await shelf.archived(pdf, "archive", late + timedelta(seconds=10))


@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_what_was_revoked_and_then_ended_after_it_signed_is_told_to_whoever_checks(
    shelf: Shelf, services: TrustServices, only: str
) -> None:
    """`leaving` is revoked five seconds after NOW, and ends a day later."""
    signers = {CITIZEN: services.files("leaving"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    made = await shelf.archived(pdf, "archive", late)
    assert made.ended == (CITIZEN,)
    assert made.revoked_later == {CITIZEN: NOW + timedelta(seconds=5)}
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, closing, _) = (await validate(made.pdf, trusted, late)).signatures
    assert (citizen.sound, citizen.revoked_at) == (True, NOW + timedelta(seconds=5))
    assert closing.sound and closing.revoked_at is None


async def test_what_was_revoked_before_it_signed_is_not_archived_once_it_has_ended(
    shelf: Shelf, services: TrustServices
) -> None:
    signers = {CITIZEN: services.files("leaving"), SEAL: services.files("seal")}
    services.time = LATER
    pdf = await signed_by(signers, shelf.stamps, LATER)
    services.time = late = NOW + timedelta(days=2)
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late)
    # Nor does whoever checks call it sound, once somebody else put the proofs into it.
    proof = await shelf.proof(pdf, "archive", late)
    kept = with_proofs(pdf, ocsps=[ocsp.OCSPResponse.load(one) for one in proof.ocsps])
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, _) = (await validate(kept, trusted, late)).signatures
    assert not citizen.sound and "revoked" in citizen.why


@pytest.mark.parametrize("name", ["ending", "witness"])
@pytest.mark.parametrize("revoked_days", [1 / 2, 3 / 2])
async def test_a_stolen_key_stops_the_archive_whether_or_not_its_certificate_has_ended(
    shelf: Shelf, services: TrustServices, name: str, revoked_days: float
) -> None:
    """Revoked after it signed, `ending` before its end or after it; stolen before."""
    signers = {CITIZEN: services.files(name), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["ocsp"] = "down"
    entry = stolen(services, name, late - timedelta(days=2 - revoked_days))
    proof = with_entry(services, await shelf.proof(pdf, "archive", late), entry, late)
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late, proof)


async def test_a_file_that_proves_that_a_key_was_stolen_is_no_archive(
    shelf: Shelf, services: TrustServices
) -> None:
    """The proof came into it behind our back."""
    signers = {CITIZEN: services.files("ending"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["ocsp"] = "down"
    entry = stolen(services, "ending", NOW + timedelta(hours=1))
    proof = with_entry(services, await shelf.proof(pdf, "archive", late), entry, late)
    kept = with_proofs(pdf, crls=[crl.CertificateList.load(one) for one in proof.crls])
    with pytest.raises(CertificateRevoked):
        await shelf.archived(kept, "archive", late)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, _) = (await validate(kept, trusted, late)).signatures
    assert not citizen.sound and citizen.revoked_at == NOW - timedelta(days=1)


@pytest.mark.parametrize("name", ["ending", "witness"])
async def test_below_an_authority_that_was_revoked_since_nothing_is_trusted(
    shelf: Shelf, services: TrustServices, name: str
) -> None:
    signers = {CITIZEN: services.files(name), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = late = NOW + timedelta(days=2)
    services.faults["ocsp"] = "down"
    authority = load_pem_x509_certificate(services.files(name).chain[0].read_bytes())
    entry = RevokedCertificateBuilder(authority.serial_number, NOW + timedelta(hours=1)).build()
    fetched = await shelf.proof(pdf, "archive", late)
    proof = with_entry(services, fetched, entry, late, authority="root")
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late, proof)
    kept = with_proofs(pdf, crls=[crl.CertificateList.load(one) for one in proof.crls])
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    for one in (await validate(kept, trusted, late)).signatures:
        assert (one.sound, one.trusted, one.revoked_at) == (False, False, None)
        assert "authority" in one.why


async def test_below_a_revoked_authority_a_document_is_refused_for_good_whatever_its_timestamp(
    shelf: Shelf, services: TrustServices
) -> None:
    """Its chain did not hold either when it says it signed: that alone would be tried again."""
    signers = {CITIZEN: services.files("witness"), SEAL: services.files("seal")}
    services.time = early = datetime(2024, 6, 1, tzinfo=UTC)
    pdf = await signed_by(signers, shelf.stamps, NOW, stamped_at=early)
    services.time = late = NOW + timedelta(hours=2)
    services.faults["ocsp"] = "down"
    with pytest.raises(RevocationUnknown):
        await shelf.archived(pdf, "archive", late, await revoked_leaf(shelf, services, pdf, late))
    authority = load_pem_x509_certificate(services.files("witness").chain[0].read_bytes())
    entry = RevokedCertificateBuilder(authority.serial_number, NOW + timedelta(hours=1)).build()
    fetched = await shelf.proof(pdf, "archive", late)
    proof = with_entry(services, fetched, entry, late, authority="root")
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", late, proof)


async def revoked_leaf(shelf: Shelf, services: TrustServices, pdf: bytes, now: datetime) -> Proof:
    """Return proofs by which the witness's certificate was revoked an hour before."""
    leaf = load_pem_x509_certificate(services.files("witness").certificate.read_bytes())
    entry = RevokedCertificateBuilder(leaf.serial_number, now - timedelta(hours=1)).build()
    return with_entry(services, await shelf.proof(pdf, "archive", now), entry, now)


def stolen(services: TrustServices, name: str, revoked: datetime) -> RevokedCertificate:
    """Return the entry that says so of a leaf: the day before NOW."""
    theirs = load_pem_x509_certificate(services.files(name).certificate.read_bytes())
    entry = RevokedCertificateBuilder().serial_number(theirs.serial_number)
    since = InvalidityDate(NOW - timedelta(days=1))
    return entry.revocation_date(revoked).add_extension(since, critical=False).build()


def with_entry(
    services: TrustServices,
    proof: Proof,
    entry: RevokedCertificate,
    now: datetime,
    authority: str = "issuing",
) -> Proof:
    """Return the proofs with this entry on the list of an authority."""
    where = services.roots[0].with_name(f"{authority}.crt")
    key = load_pem_private_key(
        (where.parent / "keys" / f"{authority}.pem").read_bytes(), password=None
    )
    assert isinstance(key, EllipticCurvePrivateKey)
    lists = []
    for der in proof.crls:
        old = load_der_x509_crl(der)
        if old.issuer == load_pem_x509_certificate(where.read_bytes()).subject:
            made = CertificateRevocationListBuilder(
                old.issuer, now, now + timedelta(days=1), list(old.extensions)
            ).add_revoked_certificate(entry)
            der = made.sign(key, SHA256()).public_bytes(Encoding.DER)
        lists.append(der)
    return replace(proof, crls=tuple(lists))


def revoked_signer(services: TrustServices) -> dict[str, KeyFiles]:
    """The citizen's key of these, `fading`, is revoked five seconds after NOW."""
    return {CITIZEN: services.files("fading"), SEAL: services.files("seal")}


@pytest.mark.parametrize("only", ["ocsp", "crls"])
async def test_a_certificate_revoked_after_it_signed_is_archived_with_the_proof_of_both(
    shelf: Shelf, services: TrustServices, only: str
) -> None:
    pdf = await signed_by(revoked_signer(services), shelf.stamps, NOW)
    # The list of revoked certificates comes out once a day.
    services.time = later = LATER + timedelta(days=only == "crls")
    services.faults["crls/issuing" if only == "ocsp" else "ocsp"] = "down"
    made = await shelf.archived(pdf, "archive", later)
    await require_archived(made.pdf, FIELDS_BEFORE, shelf.roots, later)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    found = await validate(made.pdf, trusted, later + timedelta(days=1))
    assert found.level == "B_LTA"
    citizen, closing, stamp = found.signatures
    assert (citizen.sound, citizen.stamped_at) == (True, NOW)
    assert citizen.revoked_at == NOW + timedelta(seconds=5)
    assert closing.sound and closing.revoked_at is None
    assert stamp.sound and stamp.revoked_at is None


async def test_it_outlives_its_revocation_and_its_certificates(
    shelf: Shelf, services: TrustServices
) -> None:
    pdf = await signed_by(revoked_signer(services), shelf.stamps, NOW)
    services.time = LATER
    made = await shelf.archived(pdf, "archive", LATER)
    services.time = after = datetime(2031, 6, 1, tzinfo=UTC)
    again = await shelf.archived(made.pdf, "renew", after)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    found = await validate(again.pdf, trusted, after + timedelta(days=1))
    assert found.level == "B_LTA" and all(one.sound for one in found.signatures)
    assert found.signatures[0].revoked_at == NOW + timedelta(seconds=5)


async def test_a_certificate_revoked_before_it_signed_stops_the_archive(
    shelf: Shelf, services: TrustServices
) -> None:
    services.time = LATER
    pdf = await signed_by(revoked_signer(services), shelf.stamps, LATER)
    with pytest.raises(CertificateRevoked):
        await shelf.archived(pdf, "archive", LATER)


async def test_what_was_revoked_before_it_signed_is_worth_nothing_once_the_file_proves_it(
    shelf: Shelf, services: TrustServices
) -> None:
    """The proofs were put into it by somebody else than our archive."""
    services.time = LATER
    pdf = await signed_by(revoked_signer(services), shelf.stamps, LATER)
    trusted = [x509.Certificate.load(one) for one in shelf.roots]
    (citizen, _) = (await validate(pdf, trusted, LATER)).signatures
    assert citizen.sound, "without a proof nobody is asked"
    proof = await shelf.proof(pdf, "archive", LATER)
    kept = with_proofs(
        pdf,
        ocsps=[ocsp.OCSPResponse.load(one) for one in proof.ocsps],
        crls=[crl.CertificateList.load(one) for one in proof.crls],
    )
    (citizen, closing) = (await validate(kept, trusted, LATER)).signatures
    assert not citizen.sound and not citizen.trusted and "revoked" in citizen.why
    assert closing.sound


async def test_without_evidence_about_every_certificate_there_is_no_archive(
    shelf: Shelf, sealed: bytes, services: TrustServices
) -> None:
    services.faults.update(ocsp="down", crls="down")
    proof = await shelf.proof(sealed, "archive", LATER)
    assert proof.missing == 4
    with pytest.raises(RevocationUnknown):
        await shelf.archived(sealed, "archive", LATER, proof)


async def test_a_token_that_does_not_hold_is_told_from_a_signature_that_does_not(
    shelf: Shelf, sealed: bytes, services: TrustServices
) -> None:
    proof = await shelf.proof(sealed, "archive", LATER)
    hole = await shelf.archivist.begin(
        sealed, "archive", proof, token_bytes=6144, new_field="Timestamp-1", now=LATER
    )
    room = hole.token_room_bytes
    foreign = await shelf.stamps.stamp(bytes(32), LATER, room_bytes=room)
    for token in (foreign, b"no token"):
        with pytest.raises(StampInvalid):
            await shelf.archivist.finish(hole, token, LATER)
    good = await shelf.stamps.stamp(hole.digest, LATER, room_bytes=room)
    with pytest.raises(SignatureInvalid) as told:
        await shelf.archivist.finish(replace(hole, fields=FIELDS_BEFORE), good, LATER)
    assert not isinstance(told.value, StampInvalid)


async def test_what_somebody_did_in_between_does_not_pass(
    shelf: Shelf, sealed: bytes, archived: Archived
) -> None:
    with pytest.raises(SignatureInvalid, match="cover"):
        await require_archived(archived.pdf + b"\n% more", FIELDS, shelf.roots, LATER)
    with pytest.raises(SignatureInvalid, match=r"not \['Citizen'\]"):
        await require_archived(archived.pdf, [CITIZEN], shelf.roots, LATER)
    with pytest.raises(SignatureInvalid, match="cover"):
        await require_archived(sealed, FIELDS, shelf.roots, LATER)


@pytest.mark.parametrize(
    ("name", "standing"),
    [("witness", "good"), ("revoked", "revoked"), ("expired", "expired"), ("one", "unfit")],
)
async def test_what_a_certificate_is_worth(
    shelf: Shelf, services: TrustServices, pki: DevelopmentPki, name: str, standing: str
) -> None:
    files = services.files(name)
    chain = CertificateChain(
        certificate=bytes(pem.unarmor(files.certificate.read_bytes())[2]),
        issuers=tuple(bytes(pem.unarmor(path.read_bytes())[2]) for path in files.chain),
    )
    links = await shelf.archivist.links_of_chain(chain, NOW)
    proof = await shelf.revocation.proof(links, NOW)
    assert await shelf.archivist.standing(chain, proof, NOW) == standing
    assert claims_of(chain.certificate).commits == (standing != "unfit")
    strangers = [bytes(pem.unarmor(path.read_bytes())[2]) for path in pki.roots]
    elsewhere = ArchivePool(shelf.pool, strangers)
    assert await elsewhere.links_of_chain(chain, NOW) == ()
    assert await elsewhere.standing(chain, proof, NOW) in ("unknown", "expired")


async def test_the_development_authorities_make_an_archive_without_a_network(
    pool: SignPool, tsa: Tsa, stamps: HttpStamps, pki: DevelopmentPki, forms: Forms
) -> None:
    form = forms.of("certificate_application")
    prepared = await pool.prepare(form, DATA, "pt", NOW)
    made = await seal(pool, stamps, prepared.pdf, form, DATA, signed_at=NOW, now=NOW)
    tsa.time = LATER
    roots = [bytes(pem.unarmor(path.read_bytes())[2]) for path in pki.roots]
    shelf = Shelf(pool, stamps, RevocationService(DevelopmentRevocation(pki)), roots)
    archived = await shelf.archived(made.sealed, "archive", LATER)
    await require_archived(archived.pdf, FIELDS, roots, LATER)
