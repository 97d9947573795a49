"""kill -9 while a citizen signs with his own certificate, at each instant: nothing lost or doubled.

The ticket decides: with a value it is sealed by the next start alone, without one the provider is
asked again for the very same hash; a code that was used is worth nothing, and a new one is sent.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path

import pytest
from aiohttp import ClientSession
from sqlalchemy import Connection, select

from counter.esign.certificate_refusals import ActivationLapsed
from counter.esign.certificate_service import CertificateService
from counter.esign.citizens_csc import CscCitizens
from counter.esign.keys_files import load, roots_of
from counter.esign.pki_development import DevelopmentPki
from counter.esign.service import EsignService
from counter.esign.sign_pool import SignPool
from counter.esign.stamps_http import HttpStamps
from counter.esign.store_tables import ceremony, esign_revision
from counter.esign.ticket import CITIZEN, FIELDS
from counter.protocol.certificate import CertificateCard
from counter.store.journal_sql import check
from counter.store.sqlite_lane import SqliteLane
from tests.esign.conftest import NOW, Tsa
from tests.esign.csc_fake import CREDENTIAL, PIN, FakeService, served
from tests.esign.dying_certificate import CASE, PLACES, USER, forms, live, provider, services_on
from tests.esign.key_rings import ring
from tests.esign.test_killed import cut_the_power, holes
from tests.esign.test_killed import node as node
from tests.forked import NODES, reader
from web.shared.case_cards import ceremony_cards
from web.shared.certificate_cards import Offered, with_certificates

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
async def next_start(
    directory: Path, tsa: Tsa, studio: SignPool, service: FakeService
) -> AsyncIterator[Node]:
    numbers = iter(range(1, 1000))
    lane = SqliteLane(directory / "counter.sqlite")
    stamps = HttpStamps([tsa.url], roots_of(studio._keys), new_nonce=lambda: next(numbers))
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
        await lane.close()


@pytest.mark.parametrize("place", PLACES)
async def test_a_citizen_s_own_signature_is_neither_lost_nor_doubled_by_kill_9(
    node: Path, pki: DevelopmentPki, tsa: Tsa, pool: SignPool, place: str
) -> None:
    own = ring("ec", node, pki)
    service = FakeService(load(own.files), own.mechanism, 2)
    service.users = {USER: [CREDENTIAL]}
    async with served(service):
        await killed_at(node, tsa.url, service, place)
        tsa.time = NOW + timedelta(hours=2)
        async with next_start(node, tsa, pool, service) as after:
            await goes_on(after, service, place)


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
        assert card.wants == (["pin", "code"] if card.stage == "coded" else [])
        about = (CASE, before.ceremony_id, before.sha256)
        if card.stage == "chosen":
            await node.own.choose(*about, USER)
        elif place in USED:
            with pytest.raises(ActivationLapsed):
                await node.own.sign(*about, service.codes[-1], pin=PIN)
            after = await node.card()
            assert after is not None and (after.stage, after.left) == ("coded", 3)
            await node.own.send_again(*about[:2])
        await node.own.sign(*about, service.codes[-1], pin=PIN)

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
    hears, says = NODES.Pipe(duplex=False)
    typed, types = NODES.Pipe(duplex=False)
    node = NODES.Process(target=live, args=(says, typed, directory, tsa_url, service.url, place))
    node.start()
    for end in (says, typed):
        end.close()
    lines, close = await reader(hears)
    try:
        async with asyncio.timeout(100):
            await _there(lines, types, service, place)
        await cut_the_power(node, lines)
    finally:
        types.close()
        close()
        node.kill()


async def _there(
    lines: asyncio.StreamReader, types: Pipe, service: FakeService, place: str
) -> None:
    said = await lines.readline()
    if said == b"code?\n":
        types.send(service.codes[-1])
        if service.loses_answer is not None:
            await service.loses_answer.wait()
            return
        said = await lines.readline()
    assert said == b"there\n", place
