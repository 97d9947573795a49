"""An archive outlives what it was made with: it is timestamped again before that ends."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.x509 import (
    CRLReason,
    ReasonFlags,
    RevokedCertificateBuilder,
    load_pem_x509_certificate,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed
from pyhanko.sign.validation.ades import simulate_future_ades_lta_validation

from counter.esign.archive import Archived
from counter.esign.lasting_pyhanko import offline
from counter.esign.signing_refusals import CertificateRevoked
from counter.esign.ticket import FIELDS
from tests.esign.archive.revoked import with_entry
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.trust_services import TrustServices


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
