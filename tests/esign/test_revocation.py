"""The evidence about certificates: had over HTTP, kept, and stood in for when a service is away."""

from datetime import datetime, timedelta

import pytest
from asn1crypto import pem

from counter.esign.pki_development import DevelopmentPki
from counter.esign.revocation import CEILINGS, Evidence, Kind, Link
from counter.esign.revocation_http import HttpRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.signing_refusals import EvidenceUnavailable
from tests.esign.conftest import NOW
from tests.esign.trust_services import TrustServices

MINUTE = timedelta(minutes=1)


def der(services: TrustServices, name: str) -> bytes:
    path = services.roots[0] if name == "root" else services.files(name).certificate
    return bytes(pem.unarmor(path.read_bytes())[2])


def link(services: TrustServices, name: str) -> Link:
    issuer = "root" if name in ("one", "two", "issuing") else "issuing"
    return Link(certificate=der(services, name), issuer=der(services, issuer))


class Desk:
    """The service on real HTTP."""

    def __init__(self, services: TrustServices) -> None:
        self.services = services
        self.source = HttpRevocation()
        self.service = RevocationService(self.source)

    async def kinds(
        self, name: str, now: datetime, since: datetime | None = None
    ) -> tuple[int, int, int]:
        """Answer (OCSP responses, CRLs, certificates that nothing is known about)."""
        self.services.time = now
        proof = await self.service.proof([link(self.services, name)], now, since=since)
        return len(proof.ocsps), len(proof.crls), proof.missing


@pytest.fixture
async def desk(services: TrustServices) -> "Desk":
    return Desk(services)


@pytest.fixture(autouse=True)
async def _closed(desk: Desk) -> object:
    yield
    await desk.source.close()


async def test_ocsp_is_asked_once_while_it_is_fresh(desk: Desk) -> None:
    assert await desk.kinds("citizen", NOW) == (1, 0, 0)
    assert await desk.kinds("citizen", NOW + 9 * MINUTE) == (1, 0, 0)
    assert desk.services.hits == {"ocsp/issuing": 1}
    assert await desk.kinds("citizen", NOW + 10 * MINUTE) == (1, 0, 0)
    assert desk.services.hits == {"ocsp/issuing": 2}


async def test_a_crl_serves_all_certificates_of_its_issuer_for_an_hour(desk: Desk) -> None:
    assert await desk.kinds("one", NOW) == (0, 1, 0)
    assert await desk.kinds("two", NOW + 59 * MINUTE) == (0, 1, 0)
    assert desk.services.hits == {"crls/root": 1}
    await desk.kinds("one", NOW + 60 * MINUTE)
    assert desk.services.hits == {"crls/root": 2}


async def test_the_archive_asks_again_for_what_was_had_before_the_seal(desk: Desk) -> None:
    await desk.kinds("citizen", NOW)
    await desk.kinds("citizen", NOW + MINUTE, since=NOW + MINUTE)
    assert desk.services.hits == {"ocsp/issuing": 2}


@pytest.mark.parametrize("fault", ["down", "garbage", "hang"])
async def test_when_ocsp_fails_the_crl_stands_in(
    desk: Desk, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counter.esign.revocation_http.PATIENCE_S", 2.0)
    desk.services.faults["ocsp"] = fault
    assert await desk.kinds("citizen", NOW) == (0, 1, 0)
    # It rests: whoever comes next does not pay for it again.
    assert await desk.kinds("agent", NOW + timedelta(seconds=59)) == (0, 1, 0)
    assert desk.services.hits["ocsp/issuing"] == 1
    desk.services.faults.clear()
    assert await desk.kinds("agent", NOW + MINUTE) == (1, 0, 0)


async def test_when_all_are_away_what_was_had_holds_until_its_next_update(desk: Desk) -> None:
    assert await desk.kinds("one", NOW) == (0, 1, 0)
    desk.services.faults["crls"] = "down"
    assert await desk.kinds("one", NOW + timedelta(hours=30)) == (0, 1, 0)
    # The root's CRL of 26 October holds for 30 days.
    assert await desk.kinds("one", datetime.fromisoformat("2026-11-25T00:00Z")) == (0, 0, 1)


async def test_with_nothing_at_all_the_certificate_is_counted_as_missing(desk: Desk) -> None:
    desk.services.faults.update(ocsp="down", crls="down")
    assert await desk.kinds("citizen", NOW) == (0, 0, 1)


async def test_a_certificate_that_names_no_service_is_counted_as_missing(
    desk: Desk, pki: DevelopmentPki
) -> None:
    bare = bytes(pem.unarmor(pki.seal.certificate.read_bytes())[2])
    proof = await desk.service.proof([Link(certificate=bare, issuer=bare)], NOW)
    assert (proof.missing, desk.services.hits) == (1, {})


async def test_a_crl_of_another_authority_does_not_count(desk: Desk) -> None:
    wrong = Link(certificate=der(desk.services, "one"), issuer=der(desk.services, "issuing"))
    proof = await desk.service.proof([wrong], NOW)
    assert (proof.crls, proof.missing) == ((), 1)


async def test_an_answer_from_the_future_does_not_count(desk: Desk) -> None:
    desk.services.time = NOW + timedelta(hours=2)
    proof = await desk.service.proof([link(desk.services, "citizen")], NOW)
    assert proof.ocsps == ()


@pytest.mark.parametrize(
    ("kind", "next_update", "fresh", "usable"),
    [
        ("ocsp", None, 10, 10),
        ("crl", None, 60, 60),
        ("ocsp", 5, 5, 5),
        ("crl", 24 * 60, 60, 24 * 60),
    ],
)
def test_how_long_evidence_is_fresh_and_usable(
    kind: Kind, next_update: int | None, fresh: int, usable: int
) -> None:
    until = NOW + next_update * MINUTE if next_update else None
    one = Evidence(kind=kind, der=b"", made_at=NOW, next_update=until, fetched_at=NOW)
    last, tick = fresh * MINUTE, timedelta(seconds=1)
    assert one.fresh(CEILINGS, NOW + last - tick)
    assert not one.fresh(CEILINGS, NOW + last)
    assert one.usable(CEILINGS, NOW + usable * MINUTE - tick)
    assert not one.usable(CEILINGS, NOW + usable * MINUTE)


class Silent:
    """A service for each certificate, none of which answers."""

    def address(self, kind: Kind, link: Link) -> str | None:
        return f"http://{kind}/{link.certificate.hex()}"

    async def fetch(self, kind: Kind, address: str, link: Link, now: datetime) -> Evidence:
        raise EvidenceUnavailable(address)


async def test_services_that_failed_once_are_not_remembered_for_ever() -> None:
    service = RevocationService(Silent())
    for number in range(9):
        about = [Link(certificate=bytes([number]), issuer=b"issuer")]
        await service.proof(about, NOW + number * 2 * MINUTE)
    assert len(service._resting) == 2, "of the last one: its OCSP and its CRL"
