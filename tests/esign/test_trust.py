"""Whose certificates may sign, by which policy, found out before the citizen acts."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pem

from counter.app.lasting_documents import policy_of
from counter.app.signed_files import own_roots
from counter.errors import Refusal
from counter.esign.archive_pool import ArchivePool
from counter.esign.archive_service import ArchiveService
from counter.esign.archive_sql import SqlArchive
from counter.esign.forms import Forms
from counter.esign.glyphs import GlyphTable
from counter.esign.keys_files import load, roots_of
from counter.esign.keys_toml import SigningSetup
from counter.esign.pki_development import DevelopmentPki
from counter.esign.records_sql import SqlRecords
from counter.esign.revocation_http import HttpRevocation
from counter.esign.revocation_service import RevocationService
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.signing_refusals import (
    CertificateExpired,
    CertificateRevoked,
    ClockWrong,
    KeyUnusable,
    RevocationUnknown,
    TimestampUnavailable,
)
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_lasting import lasting_of
from counter.esign.trust import OwnCertificate, TrustPolicy, life
from counter.esign.trust_service import TrustService
from counter.esign.trust_toml import PolicyUnfit, read
from counter.ids import CaseId
from counter.settings.node import Settings
from counter.store.executor import Executor
from counter.store.journal_sql import read_all
from tests.esign.conftest import FILLED, NOW, STROKES, WITNESS
from tests.esign.fakes import HeapBlobs
from tests.esign.trust_services import TrustServices

CASE = CaseId("case-1")


class Desk:
    """A counter whose keys have certificates of the whole PKI; every part of it is real."""

    def __init__(
        self,
        executor: Executor,
        services: TrustServices,
        pool: SignPool,
        stamps: HttpStamps,
        parts: dict[str, object],
    ) -> None:
        self.executor = executor
        self.services = services
        self.source = HttpRevocation()
        self.stamps = stamps
        self.policy = TrustPolicy(
            version="test",
            anchors=tuple(bytes(pem.unarmor(p.read_bytes())[2]) for p in services.roots),
            timestamps=tuple(services.tsas),
            grace=False,
        )
        self.pool = pool
        self.blobs = HeapBlobs()
        self.signers = {"witness": "witness", "agent": "agent", "seal": "seal"}
        self.parts = parts
        self.open()

    def open(self) -> None:
        """Make the services, by the policy and the signers of now."""
        keys = {key: load(self.services.files(name)) for key, name in self.signers.items()}
        self.revocation = RevocationService(self.source, self.policy.ceilings)
        records = SqlArchive(executor=self.executor, audiences=lambda conn, case_id: [])
        archivist = ArchivePool(self.pool, self.policy.anchors)
        self.trust = TrustService(
            policy=self.policy,
            keys=keys,
            revocation=self.revocation,
            archivist=archivist,
            records=records,
            clock=self.clock,
        )
        self.archive = ArchiveService(
            records=records,
            blobs=self.blobs,
            archivist=archivist,
            revocation=self.revocation,
            stamps=self.stamps,
            policy=self.policy,
            new_id=self.parts["new_id"],  # type: ignore[arg-type]
            clock=self.clock,
        )
        self.service = EsignService(
            records=SqlRecords(
                executor=self.executor,
                audiences=lambda conn, case_id: [],
                witness_of=lambda conn, case_id: WITNESS,
            ),
            blobs=self.blobs,
            studio=self.pool,
            keys=keys,
            stamps=self.stamps,
            clock=self.clock,
            trust=self.trust,
            **self.parts,  # type: ignore[arg-type]
        )

    def clock(self) -> datetime:
        return self.services.time

    async def present(self) -> tuple[str, str]:
        """Put a form on the screen and read it; answers its ceremony and its digest."""
        now = self.clock()
        ceremony_id = await self.service.present(
            CASE, "certificate_application", FILLED, "zh-Hant", by="agent:a", now=now
        )
        (shown,) = await self.service.ceremonies(CASE)
        for sheet in shown.sheets:
            await self.service.page_seen(CASE, ceremony_id, sheet.page, now)
        return ceremony_id, shown.sha256

    async def consented(self) -> tuple[str, str]:
        ceremony_id, sha256 = await self.present()
        await self.service.consent(CASE, ceremony_id, sha256, self.clock())
        return ceremony_id, sha256

    async def state(self) -> str:
        return (await self.service.ceremonies(CASE))[0].state


@pytest.fixture
async def desk(
    executor: Executor,
    services: TrustServices,
    certified_pool: SignPool,
    two_stamps: HttpStamps,
    forms: Forms,
    glyphs: GlyphTable,
    new_id: Callable[[], str],
) -> AsyncIterator[Desk]:
    parts = {"forms": forms, "glyphs": glyphs, "new_id": new_id}
    made = Desk(executor, services, certified_pool, two_stamps, parts)
    yield made
    await made.trust.close()
    await made.source.close()


@pytest.mark.one_engine
async def test_between_consent_and_the_seal_nobody_is_asked_but_for_the_time(desk: Desk) -> None:
    ceremony_id, sha256 = await desk.consented()
    # While the citizen read, all was fetched.
    assert desk.services.asked("ocsp") > 0
    desk.services.hits.clear()
    await desk.service.sign(CASE, ceremony_id, sha256, STROKES, desk.clock())
    signatures = 3  # the citizen's, the agent's, the seal
    assert desk.services.hits == {"tsa/one": signatures}
    # Afterwards the archive asks anew, and for one timestamp.
    desk.services.hits.clear()
    desk.services.time += timedelta(seconds=10)
    assert await desk.archive.work_one()
    assert desk.services.asked("tsa") == 1
    (lasting,) = (await desk.executor.read(lasting_of, CASE)).values()
    assert (lasting.level, lasting.pending) == ("B_LTA", "")


@pytest.mark.one_engine
async def test_a_citizen_who_reads_for_ten_minutes_costs_no_timestamp_more(desk: Desk) -> None:
    seconds = [0.0]
    desk.stamps = HttpStamps(
        desk.services.tsas,
        roots_of(desk.services.signing),
        new_nonce=count(1).__next__,
        clock=lambda: seconds[0],
    )
    desk.open()
    ceremony_id, sha256 = await desk.present()
    seconds[0] += 600
    await desk.service.consent(CASE, ceremony_id, sha256, desk.clock())
    await desk.service.sign(CASE, ceremony_id, sha256, STROKES, desk.clock())
    assert await desk.state() == "sealed"
    # The form's, the citizen's, the agent's, the seal.
    assert desk.services.asked("tsa") == 4
    await desk.stamps.close()


@pytest.mark.one_engine
async def test_consent_itself_asks_nobody_when_all_was_fetched_before(desk: Desk) -> None:
    ceremony_id, sha256 = await desk.present()
    desk.trust.prepare(WITNESS.agent_id, "dsaj")
    (filling,) = desk.trust._filling.values()
    await filling
    desk.services.hits.clear()
    await desk.service.consent(CASE, ceremony_id, sha256, desk.clock())
    assert desk.services.hits == {}


@pytest.mark.parametrize(
    ("signer", "refusal"),
    [("revoked", CertificateRevoked), ("expired", CertificateExpired), ("one", KeyUnusable)],
)
@pytest.mark.parametrize("key", ["witness", "agent"])
@pytest.mark.one_engine
async def test_who_may_not_sign_is_found_out_before_consent(
    desk: Desk, key: str, signer: str, refusal: type[Refusal]
) -> None:
    desk.signers[key] = signer
    desk.open()
    ceremony_id, sha256 = await desk.present()
    with pytest.raises(refusal):
        await desk.service.consent(CASE, ceremony_id, sha256, desk.clock())
    assert await desk.state() == "presented"


async def test_of_departments_keys_only_those_that_sign_here_are_looked_at(desk: Desk) -> None:
    desk.signers["seal:dsf"] = "revoked"
    desk.open()
    await desk.trust.require(CASE, "ceremony-2", WITNESS.agent_id, "dsi", desk.clock())
    with pytest.raises(CertificateRevoked):
        await desk.trust.require(CASE, "ceremony-2", WITNESS.agent_id, "dsf", desk.clock())


@pytest.mark.parametrize(
    ("signer", "refusal"),
    [("revoked", CertificateRevoked), ("expired", CertificateExpired), ("one", KeyUnusable)],
)
@pytest.mark.one_engine
async def test_one_agents_bad_certificate_stops_that_agent_and_nobody_else(
    desk: Desk, signer: str, refusal: type[Refusal]
) -> None:
    desk.signers["agent:somebody-else"] = signer
    desk.open()
    await desk.consented()

    desk.signers[f"agent:{WITNESS.agent_id}"] = signer
    desk.open()
    with pytest.raises(refusal):
        await desk.trust.require(CASE, "ceremony-2", WITNESS.agent_id, "dsaj", desk.clock())


@pytest.mark.parametrize(
    ("signer", "refusal"),
    [("revoked", CertificateRevoked), ("expired", CertificateExpired), ("one", KeyUnusable)],
)
@pytest.mark.one_engine
async def test_a_citizens_own_certificate_is_looked_at_too(
    desk: Desk, signer: str, refusal: type[Refusal]
) -> None:
    good = await load(desk.services.files("citizen")).certificates()
    await desk.trust.require_citizen(good, NOW)
    bad = await load(desk.services.files(signer)).certificates()
    with pytest.raises(refusal):
        await desk.trust.require_citizen(bad, NOW)


@pytest.mark.one_engine
async def test_a_certificate_is_judged_when_its_proof_is_there_and_not_when_it_was_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ending` ends while somebody takes twenty seconds to answer."""
    chain = await load(desk.services.files("ending")).certificates()
    desk.services.time = asked = datetime(2026, 11, 23, 23, 59, 50, tzinfo=UTC)
    await desk.trust.require_citizen(chain, asked)
    proof = desk.revocation.proof

    async def slow(*about: Any) -> Any:
        desk.services.time += timedelta(seconds=20)
        return await proof(*about)

    monkeypatch.setattr(desk.revocation, "proof", slow)
    with pytest.raises(CertificateExpired):
        await desk.trust.require_citizen(chain, asked)


@pytest.mark.one_engine
async def test_whoever_runs_the_counter_hears_of_a_key_that_is_not_for_signing(desk: Desk) -> None:
    desk.signers["witness"] = "one"
    desk.open()
    fit = {own.key: own.commits for own in (await desk.trust.own()).certificates}
    assert fit == {"witness": False, "agent": True, "seal": True}


@pytest.mark.one_engine
async def test_a_citizens_certificate_of_nobody_whom_we_trust_is_refused(
    desk: Desk, pki: DevelopmentPki
) -> None:
    stranger = await load(pki.seal).certificates()
    with pytest.raises(KeyUnusable, match="nobody whom we trust"):
        await desk.trust.require_citizen(stranger, NOW)


@pytest.mark.one_engine
async def test_with_all_revocation_down_only_grace_lets_the_department_sign(desk: Desk) -> None:
    desk.services.faults.update(ocsp="down", crls="down")
    ceremony_id, sha256 = await desk.present()
    with pytest.raises(RevocationUnknown):
        await desk.service.consent(CASE, ceremony_id, sha256, desk.clock())
    desk.policy = replace(desk.policy, grace=True)
    desk.open()
    await desk.service.consent(CASE, ceremony_id, sha256, desk.clock())
    await desk.service.sign(CASE, ceremony_id, sha256, STROKES, desk.clock())
    await desk.archive.work_one()
    (lasting,) = (await desk.executor.read(lasting_of, CASE)).values()
    assert (lasting.level, lasting.pending) == ("B_T", "revocation_unknown")
    # A citizen's own certificate has no grace.
    chain = await load(desk.services.files("citizen")).certificates()
    with pytest.raises(RevocationUnknown):
        await desk.trust.require_citizen(chain, desk.clock())


async def test_the_crl_that_is_kept_lets_the_department_go_on(desk: Desk) -> None:
    desk.services.faults["ocsp"] = "down"
    chain = await load(desk.services.files("seal")).certificates()
    await desk.trust.require_citizen(chain, desk.clock())
    desk.services.faults["crls"] = "down"
    ceremony_id, sha256 = await desk.present()
    desk.services.time += timedelta(hours=2)
    await desk.service.consent(CASE, ceremony_id, sha256, desk.clock())
    assert await desk.state() == "consented"


async def test_all_timestamps_away_after_the_pen_keeps_b_b_and_goes_on_by_itself(
    desk: Desk,
) -> None:
    ceremony_id, sha256 = await desk.consented()
    desk.services.faults["tsa"] = "down"
    with pytest.raises(TimestampUnavailable):
        await desk.service.sign(CASE, ceremony_id, sha256, STROKES, desk.clock())
    (lasting,) = (await desk.executor.read(lasting_of, CASE)).values()
    assert (await desk.state(), lasting.level, lasting.pending) == ("signing", "B_B", "timestamp")
    desk.services.faults.clear()
    assert await desk.service.resume() == 1
    (lasting,) = (await desk.executor.read(lasting_of, CASE)).values()
    assert lasting.level == "B_T"


async def test_a_clock_that_is_off_stops_signing_and_is_kept_for_the_alarm(desk: Desk) -> None:
    with pytest.raises(ClockWrong):
        await desk.stamps.stamp(bytes(32), NOW + timedelta(seconds=61), room_bytes=10_000)
    assert desk.stamps.clock_wrong
    await desk.stamps.stamp(bytes(32), NOW, room_bytes=10_000)
    assert desk.stamps.clock_wrong == ""


async def test_the_journal_names_the_policy_and_what_was_found(desk: Desk) -> None:
    await desk.consented()
    (entry,) = [
        one.body
        for one in await desk.executor.read(read_all)
        if '"action":"certificates.checked"' in one.body
    ]
    assert desk.policy.sha256 in entry
    assert '"policy":"test"' in entry
    assert '"witness":"good"' in entry
    assert '"seal":"good"' in entry


@pytest.mark.one_engine
async def test_a_key_that_signs_otherwise_than_the_policy_allows_is_refused(desk: Desk) -> None:
    desk.policy = replace(desk.policy, algorithms=("rsa_sha256",))
    desk.open()
    ceremony_id, sha256 = await desk.present()
    with pytest.raises(KeyUnusable):
        await desk.service.consent(CASE, ceremony_id, sha256, desk.clock())


def policy(directory: Path, services: TrustServices, **changed: str) -> Path:
    """Write a policy file; each of `changed` replaces a line."""
    lines = {
        "version": '"2026-12"',
        "anchors": f'["{services.roots[0]}"]',
        "timestamps": '["http://tsa.example/"]',
        "algorithms": '["ecdsa_sha256"]',
        "grace": "false",
        **changed,
    }
    file = directory / "trust.toml"
    file.write_text("".join(f"{name} = {said}\n" for name, said in lines.items()))
    return file


def test_a_policy_is_read_and_known_by_what_it_says(
    tmp_path: Path, services: TrustServices
) -> None:
    first = read(policy(tmp_path, services)).policy
    assert first.version == "2026-12"
    assert first.ceilings["crl"] == timedelta(hours=1)
    again = read(policy(tmp_path, services)).policy
    assert again.sha256 == first.sha256
    for changed in ({"grace": "true"}, {"timestamps": '["http://other.example/"]'}):
        assert read(policy(tmp_path, services, **changed)).policy.sha256 != first.sha256


def test_settings_refuse_a_bad_policy_with_all_mistakes(
    tmp_path: Path, services: TrustServices
) -> None:
    leaf = services.files("seal").certificate
    bad = policy(
        tmp_path,
        services,
        version='""',
        anchors=f'["gone.pem", "{leaf}"]',
        timestamps='["tsa.example"]',
        algorithms='["md5"]',
        surplus="1",
        ceilings="{ocsp_minutes = 11, crl_minutes = 61}",
    )
    with pytest.raises(PolicyUnfit) as unfit:
        read(bad)
    told = str(unfit.value)
    for one in (
        "version", "gone.pem", "seal.crt is not the certificate of a root",
        "'tsa.example' is no address", "algorithms", "surplus", "ocsp_minutes", "crl_minutes",
    ):  # fmt: skip
        assert one in told
    with pytest.raises(ValueError, match=r"names no trust policy: trust\.toml"):
        Settings(trust=bad)
    assert Settings(trust=policy(tmp_path, services)).trust is not None


@pytest.mark.parametrize(
    ("left", "state"),
    [(61, "fine"), (60, "ending"), (1, "ending"), (0, "ending"), (-1, "over")],
)
def test_our_own_certificates_are_told_of_sixty_days_before(left: int, state: str) -> None:
    own = OwnCertificate(
        key="seal", since=datetime(2026, 1, 1, tzinfo=UTC), until=NOW + timedelta(days=left)
    )
    assert life(own, NOW) == state


def test_a_certificate_of_the_future_is_not_valid_either() -> None:
    own = OwnCertificate(key="seal", since=NOW + timedelta(days=1), until=NOW + timedelta(days=900))
    assert life(own, NOW) == "over"


def test_who_verifies_beside_a_node_trusts_whom_the_node_trusts(
    tmp_path: Path, services: TrustServices, pki: DevelopmentPki
) -> None:
    setup = SigningSetup(keys=pki.signing, tsa_urls=())
    ruled = Settings(data=tmp_path, trust=policy(tmp_path, services))
    assert own_roots(ruled) == policy_of(ruled, setup)[1].keys.roots == (services.roots[0],)
