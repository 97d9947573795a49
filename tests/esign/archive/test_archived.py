"""The archive's revision, made and validated for real, with a whole PKI and without a network."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from asn1crypto import pem
from pyhanko.pdf_utils.reader import PdfFileReader

from counter.esign.archive import Archived
from counter.esign.changes_pyhanko import SIGNING_ONLY
from counter.esign.forms import Forms
from counter.esign.lasting_pyhanko import require_archived
from counter.esign.pki_development import DevelopmentPki
from counter.esign.revocation_development import DevelopmentRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import RevocationUnknown, SignatureInvalid, StampInvalid
from counter.esign.stamps_http import HttpStamps
from counter.esign.ticket import CITIZEN, FIELDS, FIELDS_BEFORE, SEAL
from tests.esign.archive.shelf import LATER, Shelf
from tests.esign.conftest import DATA, NOW, Tsa, seal
from tests.esign.signed_by import signed_by
from tests.esign.trust_services import TrustServices


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


async def test_documents_of_before_with_two_signatures_are_archived_too(
    shelf: Shelf, services: TrustServices
) -> None:
    signers = {CITIZEN: services.files("citizen"), SEAL: services.files("seal")}
    pdf = await signed_by(signers, shelf.stamps, NOW)
    services.time = LATER
    made = await shelf.archived(pdf, "archive", LATER)
    await require_archived(made.pdf, FIELDS_BEFORE, shelf.roots, LATER)


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
