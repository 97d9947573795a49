"""kill -9 while a citizen signs with his own certificate, at each instant: nothing lost or doubled.

The ticket decides: with a value it is sealed by the next start alone, without one the provider is
asked again for the very same hash; a code that was used is worth nothing, and a new one is sent.
"""

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import Connection, select

from counter.esign.certificate_refusals import ActivationLapsed
from counter.esign.certificate_service import CertificateService
from counter.esign.citizens_csc import CscCitizens
from counter.esign.keys_files import load
from counter.esign.pki_development import ensure
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_tables import ceremony, esign_revision
from counter.esign.ticket import CITIZEN, FIELDS
from counter.protocol.certificate import CertificateCard
from counter.store.journal_sql import check
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import NOW, Tsa
from tests.esign.csc_fake import CREDENTIAL, FakeService, served
from tests.esign.dying_certificate import CASE, PLACES, USER, forms, provider, services_on
from tests.esign.key_rings import ring
from tests.esign.test_killed import holes
from web.shared.case_cards import ceremony_cards
from web.shared.certificate_cards import Offered, with_certificates

ROOT = Path(__file__).parents[2]
STAGES = {"begin Citizen": "chosen", "send": "chosen"}
"What the next start shows: the number is asked for again.  Elsewhere the code is."
USED = ("authorized", "lost", "answered Citizen")
"Where the provider has taken the code."


class Node:
    """The next start on the same directory."""

    def __init__(self, lane: SqliteLane, esign: EsignService, own: CertificateService) -> None:
        self.lane, self.esign, self.own = lane, esign, own

    async def card(self) -> CertificateCard | None:
        """What the citizen's screen says of his certificate."""
        states = await self.esign.ceremonies(CASE)
        gives = Offered(name="eSignCloud", gives="qualified", level=lambda conn, case_id: "L2")

        def read(conn: Connection) -> CertificateCard | None:
            cards = ceremony_cards(states, forms(), "pt")
            return with_certificates(conn, cards, states, forms(), gives)[0].certificate

        return await self.lane.read(read)

    async def once(self) -> tuple[int, int]:
        """How many ceremonies there are, and how many documents with the citizen's signature."""

        def read(conn: Connection) -> tuple[int, int]:
            signed = select(esign_revision).where(esign_revision.c.kind == "signed")
            all_of_them = conn.execute(select(ceremony)).all(), conn.execute(signed).all()
            return len(all_of_them[0]), len(all_of_them[1])

        return await self.lane.read(read)


@asynccontextmanager
async def next_start(directory: Path, tsa: Tsa, service: FakeService) -> AsyncIterator[Node]:
    numbers = iter(range(1, 1000))
    studio = SignPool(ensure(directory / "keys", NOW).signing)
    lane = SqliteLane(directory / "counter.sqlite")
    stamps = HttpStamps([tsa.url], new_nonce=lambda: next(numbers))
    try:
        async with ClientSession() as session:
            esign, own = services_on(
                directory,
                lane,
                studio,
                stamps,
                CscCitizens(session, provider(service.url)),
                lambda: tsa.time,
                lambda: f"later-{next(numbers)}",
            )
            yield Node(lane, esign, own)
    finally:
        await stamps.close()
        await studio.close()
        await lane.close()


@pytest.mark.parametrize("place", PLACES)
async def test_a_citizen_s_own_signature_is_neither_lost_nor_doubled_by_kill_9(
    tmp_path: Path, sqlite_template: Path, place: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "counter.sqlite")
    pki = ensure(tmp_path / "keys", NOW)
    own = ring("ec", tmp_path, pki)
    tsa = Tsa(pki)
    await tsa.start()
    service = FakeService(load(own.files), own.mechanism, 2)
    service.pin = None
    service.users = {USER: [CREDENTIAL]}
    try:
        async with served(service):
            await killed_at(tmp_path, tsa.url, service, place)
            tsa.time = NOW + timedelta(hours=2)
            async with next_start(tmp_path, tsa, service) as node:
                await goes_on(node, service, place)
    finally:
        await tsa.stop()


async def goes_on(node: Node, service: FakeService, place: str) -> None:
    kept = place == "finish Citizen"
    (before,) = await node.esign.ceremonies(CASE)
    assert before.state == ("signing" if kept else "consented")
    held = await holes(node.lane)
    assert (CITIZEN in held) == (place != "begin Citizen")
    asked = len(service.seen)
    assert await node.esign.resume() == (1 if kept else 0)
    assert len(service.seen) == asked, "nobody signs for him while he is not asked"
    service.loses_answer = None

    if not kept:
        card = await node.card()
        assert card is not None and card.by_hand
        assert (card.stage, card.left) == (STAGES.get(place, "coded"), 3)
        assert card.name == ("Test ec" if card.stage == "coded" else "")
        about = (CASE, before.ceremony_id, before.sha256)
        if card.stage == "chosen":
            await node.own.choose(*about, USER)
        elif place in USED:
            with pytest.raises(ActivationLapsed):
                await node.own.sign(*about, service.codes[-1])
            after = await node.card()
            assert after is not None and (after.stage, after.left) == ("coded", 3)
            await node.own.send_again(*about[:2])
        await node.own.sign(*about, service.codes[-1])

    after_all = await holes(node.lane)
    assert held.items() <= after_all.items(), "never a second hole"
    assert len(set(service.accepted)) == len(service.accepted), "a code opens it once"
    assert len(set(service.signed)) == 1, "whatever was asked, it was for one hash"
    (done,) = await node.esign.ceremonies(CASE)
    assert done.state == "sealed" and done.sealed_sha256 is not None
    verdicts = await node.esign.verify(CASE, done.sealed_sha256, NOW + timedelta(hours=2))
    assert [one.field for one in verdicts] == list(FIELDS)
    assert all(one.sound for one in verdicts) and verdicts[-1].covers_file
    assert await node.once() == (1, 1)
    assert await node.esign.resume() == 0
    assert (await node.lane.read(check))[1] == []


async def killed_at(directory: Path, tsa_url: str, service: FakeService, place: str) -> None:
    """The node dies there, by SIGKILL."""
    if place == "lost":
        service.loses_answer = asyncio.Event()
    node = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.esign.dying_certificate",
        *(str(directory), tsa_url, service.url, place),
        cwd=ROOT,
        env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        async with asyncio.timeout(240):
            await _there(node, service, place)
    finally:
        node.kill()
        await node.wait()
    assert node.stdout is not None
    # The worker holds the same standard output: it ends when the worker has ended too.
    async with asyncio.timeout(120):
        assert await node.stdout.read() == b""


async def _there(node: Process, service: FakeService, place: str) -> None:
    assert node.stdout is not None and node.stdin is not None
    said = await node.stdout.readline()
    if said == b"code?\n":
        node.stdin.write(f"{service.codes[-1]}\n".encode())
        await node.stdin.drain()
        if service.loses_answer is not None:
            await service.loses_answer.wait()
            return
        said = await node.stdout.readline()
    assert said == b"there\n", place
