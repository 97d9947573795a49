"""Identification between call, papers and catalogue, on the rows of all of them."""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

import booking
from counter.app.hooks import Snapshot, hooks_of
from counter.app.identifying import (
    KnownLevels,
    ZoneDesk,
    as_printed,
    officers,
    surroundings,
    witness_of,
)
from counter.documents.mrz import Reading
from counter.documents.store_documents import documents_of, page
from counter.documents.store_zones import readings_of, zone_reading
from counter.documents.zones import IDENTITY_ITEMS
from counter.errors import NotAllowedNow
from counter.esign.audit_story import identification, story_of
from counter.identity.proofing import Level, Verdict
from counter.identity.proofing_sql import SqlProofings
from counter.identity.store_proofing_reading import identity_level, newest_proofing, record_of
from counter.ids import CaseId
from counter.journal import Entry
from counter.signaling.tables import agent, call
from counter.store.cases import case_table, get_case
from counter.store.executor import Executor
from counter.store.journal_sql import entries_about, head, read_all
from tests.signaling.talk import Talk
from web.console.proofing_screens import identity_card

LINES = (
    "I<UTOD231458907<<<<<<<<<<<<<<<",
    "7408122F1204159UTO<<<<<<<<<<<6",
    "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
)
READING = Reading(layout="TD1", lines=LINES, correlation=0.9)
KEY = b"k" * 32


@dataclass
class Reader:
    """A worker that finds this on every page; and the pages themselves."""

    reading: Reading | None = READING
    looked_at: list[bytes] = field(default_factory=list)

    async def zone(self, content: bytes) -> Reading | None:
        self.looked_at.append(content)
        return self.reading

    async def get(self, sha256: str) -> bytes:
        return sha256.encode()

    async def put(self, content: bytes) -> Any:
        raise AssertionError("nothing is stored of an identification")


@dataclass
class Scene:
    executor: Executor
    proofings: SqlProofings
    zones: ZoneDesk
    reader: Reader
    case_id: CaseId
    agent_id: str
    at: list[datetime]
    catalogue: Any

    async def begin(self) -> None:
        await self.proofings.begin("p-1", self.case_id, document="bir", agent_id=self.agent_id)

    async def add_page(
        self, page_id: str, item: str = "bir-original", state: str = "accepted"
    ) -> None:
        def add(conn: Connection) -> None:
            seq = conn.execute(select(func.count()).select_from(page)).scalar_one() + 1
            conn.execute(
                page.insert().values(
                    id=page_id,
                    case_id=self.case_id,
                    request_id=f"r-{page_id}",
                    seq=seq,
                    item=item,
                    state=state,
                    original_sha256=f"{seq:064x}",
                    page_sha256=f"{seq + 16:064x}",
                    thumb_sha256=f"{seq + 32:064x}",
                    width_px=856,
                    height_px=540,
                    findings={"notes": []},
                    stored_at=self.at[0],
                )
            )

        await self.executor.write(add)

    async def readings(self) -> list[str]:
        found = await self.executor.read(readings_of, self.case_id)
        return [one.page_id for one in found]

    async def rows(self) -> int:
        def count(conn: Connection) -> int:
            rows: int = conn.execute(select(func.count()).select_from(zone_reading)).scalar_one()
            return rows

        return await self.executor.read(count)


@pytest.fixture
async def scene(executor: Executor, now: datetime) -> Scene:
    talk: Any = None

    def start(conn: Connection) -> None:
        nonlocal talk
        talk = Talk(conn, now)

    await executor.write(start)
    reader, at = Reader(), [now]
    level = SimpleNamespace(identity_level=SimpleNamespace(value="L2"))
    catalogue: Any = SimpleNamespace(services=_Always(level))
    around = surroundings(lambda: catalogue)
    anything: Any = reader
    return Scene(
        executor=executor,
        proofings=SqlProofings(executor, around, lambda below: 0, lambda: at[0]),
        zones=ZoneDesk(executor, anything, reader, KEY, lambda: at[0]),
        reader=reader,
        case_id=CaseId(talk.case_id),
        agent_id="a-1",
        at=at,
        catalogue=catalogue,
    )


class _Always(dict[str, Any]):
    """Every service is this one."""

    def __init__(self, one: Any) -> None:
        self._one = one

    def get(self, key: str, default: Any = None) -> Any:
        return self._one


async def walk(scene: Scene) -> None:
    for step in ("consent", "account", "presence", "document", "feature1", "feature2"):
        await give(scene, step)
    for step in ("feature3", "match", "face"):
        await give(scene, step)


async def give(scene: Scene, step: str) -> None:
    citizen = step == "consent"
    await scene.proofings.give(
        "p-1",
        scene.case_id,
        step_id=step,
        verdict=Verdict.SKIPPED if step == "account" else Verdict.OK,
        by="terminal:t-1" if citizen else f"agent:{scene.agent_id}",
        role="citizen" if citizen else "agent",
    )


@pytest.mark.parametrize(
    ("zone", "card"),
    [("12345678", "1234567(8)"), ("1234567A", "1234567(A)"), ("C12345678", "C12345678")],
)
def test_a_number_is_written_as_the_card_has_it(zone: str, card: str) -> None:
    assert as_printed(zone) == card


async def test_pages_are_read_only_while_somebody_is_identified(scene: Scene) -> None:
    await scene.add_page("front")
    await scene.add_page("tax", item="tax_papers-original")
    await scene.add_page("sent-back", state="rejected")
    await scene.add_page("replaced", state="superseded")
    await scene.add_page("unasked", item="other")
    assert await scene.zones.look(scene.case_id) == 0
    assert scene.reader.looked_at == []
    await scene.begin()
    assert await scene.zones.look(scene.case_id) == 2
    assert await scene.zones.look(scene.case_id) == 0
    assert await scene.readings() == ["front", "unasked"]


async def test_a_signature_hears_who_serves_and_the_level_of_the_newest_decision(
    scene: Scene,
) -> None:
    levels = KnownLevels(scene.executor)
    assert await levels.level(scene.case_id) == "L0"
    await scene.add_page("front")
    await scene.begin()
    await walk(scene)
    assert await levels.level(scene.case_id) == "L0", "nobody has decided yet"
    await scene.proofings.decide("p-1", scene.case_id, identified=True, agent_id="a-1")
    assert await levels.level(scene.case_id) == "L2"
    witness = await scene.executor.read(witness_of, scene.case_id)
    assert (witness.agent_id, witness.level) == ("a-1", "L2")
    assert witness.name


async def test_the_record_holds_what_was_read_on_accepted_pages(scene: Scene) -> None:
    await scene.add_page("front")
    await scene.begin()
    scene.reader.reading = None
    await scene.zones.look(scene.case_id)
    scene.reader.reading = READING
    await scene.add_page("waits", state="stored")
    await scene.zones.look(scene.case_id)
    await walk(scene)
    await scene.proofings.decide("p-1", scene.case_id, identified=True, agent_id="a-1")
    record = await scene.executor.read(record_of, "p-1")
    assert record is not None and '"zone":"none"' in record and "number_hash" not in record


def test_every_identity_paper_of_the_catalogue_is_known() -> None:
    papers = tomllib.loads((Path(booking.__file__).parent / "seed/papers.toml").read_text())
    assert {one.rpartition("-")[0] for one in IDENTITY_ITEMS - {"other"}} <= set(papers)
    assert {"bir-original", "home_permit-copy"} < IDENTITY_ITEMS


async def test_the_desk_asks_for_the_identity_paper_that_is_not_accepted_yet(scene: Scene) -> None:
    papers = [SimpleNamespace(id=one) for one in ("m10-original", "id_or_company-original")]
    service = SimpleNamespace(identity_level=SimpleNamespace(value="L2"), papers=papers)
    catalogue: Any = SimpleNamespace(services=_Always(service))

    def item(conn: Connection) -> str:
        case = get_case(conn, scene.case_id)
        papers = documents_of(conn, case.id)
        return identity_card(conn, case, None, papers, catalogue, "en", scene.at[0], str).item

    assert await scene.executor.read(item) == "id_or_company-original"
    await scene.add_page("front", item="id_or_company-original")
    assert await scene.executor.read(item) == "other"


async def test_what_was_read_goes_with_the_decision(scene: Scene) -> None:
    await scene.add_page("front")
    await scene.begin()
    await scene.zones.look(scene.case_id)
    await walk(scene)
    await scene.proofings.decide("p-1", scene.case_id, identified=True, agent_id="a-1")
    assert await scene.executor.read(identity_level, scene.case_id) is Level.DOCUMENT
    assert await scene.rows() == 0
    assert await scene.zones.look(scene.case_id) == 0

    # Of what was read only a keyed hash stays: no name, number or date, here or in the journal.
    record = await scene.executor.read(record_of, "p-1")
    journal = "".join(entry.body for entry in await scene.executor.read(read_all))
    assert record is not None and '"zone":"read"' in record and '"check_digits":true' in record
    for secret in ("D23145890", "ERIKSSON", "ANNA", "740812", "1974"):
        assert secret not in record and secret not in journal
    assert len(record.split('"number_hash":"')[1].split('"')[0]) == 64


async def test_an_audit_pack_tells_how_somebody_was_identified_and_not_who_it_is(
    scene: Scene,
) -> None:
    await scene.add_page("front")
    await scene.begin()
    await scene.zones.look(scene.case_id)
    await walk(scene)
    await scene.proofings.decide("p-1", scene.case_id, identified=True, agent_id="a-1")

    def told(conn: Connection, before: int) -> Sequence[Entry]:
        return identification(entries_about(conn, f"case:{scene.case_id}"), before)

    at_the_pen = await scene.executor.read(head) + 1
    entries = await scene.executor.read(told, at_the_pen)
    found = story_of(entries).identified
    record = await scene.executor.read(record_of, "p-1")
    assert found is not None and record is not None
    assert (found.state, found.level, found.document) == ("identified", "L2", "bir")
    assert (found.at, found.officers) == (scene.at[0], ("a-1",))
    assert found.record_sha256 == hashlib.sha256(record.encode()).hexdigest()
    assert ("account", "skipped") in found.steps and ("face", "ok") in found.steps
    assert len(found.steps) == 9
    # The record holds a keyed hash of the number; what leaves the counter holds not even that.
    kept = record.split('"number_hash":"')[1].split('"')[0]
    said = "".join(one.body for one in entries)
    for secret in (kept, "D23145890", "ERIKSSON", "front", f"{17:064x}"):
        assert secret not in said
    # What was broken off later decides nothing, and what is decided later was not known then.
    await scene.proofings.begin("p-2", scene.case_id, document="other", agent_id="a-1")
    await scene.proofings.abort("p-2", scene.case_id, reason="technical", by="agent:a-1")
    await scene.proofings.begin("p-3", scene.case_id, document="passport", agent_id="a-1")
    later = await scene.executor.read(head) + 1
    assert await scene.executor.read(told, later) == entries
    await scene.proofings.decide("p-3", scene.case_id, identified=False, agent_id="a-1")
    assert await scene.executor.read(told, at_the_pen) == entries
    newest = story_of(await scene.executor.read(told, later + 1)).identified
    assert newest is not None and (newest.state, newest.level) == ("refused", "L0")
    names = await scene.executor.read(officers, ["a-1", "nobody"])
    assert list(names) == ["a-1"] and names["a-1"]


async def test_what_was_read_goes_when_it_is_ended(scene: Scene) -> None:
    await scene.add_page("front")
    await scene.begin()
    await scene.zones.look(scene.case_id)
    await scene.proofings.abort("p-1", scene.case_id, reason="technical", by="agent:a-1")
    assert await scene.rows() == 0


async def test_what_nobody_ended_goes_within_a_day(scene: Scene) -> None:
    await scene.add_page("front")
    await scene.begin()
    await scene.zones.look(scene.case_id)
    scene.at[0] += timedelta(hours=23)
    assert await scene.zones.tidy() == 0
    scene.at[0] += timedelta(hours=2)
    assert await scene.zones.tidy() == 1
    assert await scene.rows() == 0


async def test_a_page_without_a_zone_is_looked_at_once(scene: Scene) -> None:
    scene.reader.reading = None
    await scene.add_page("front")
    await scene.begin()
    assert await scene.zones.look(scene.case_id) == 1
    assert await scene.zones.look(scene.case_id) == 0


async def test_nobody_is_identified_without_a_conversation(scene: Scene) -> None:
    await scene.executor.write(
        lambda conn: conn.execute(update(call).values(state="ended", ended_at=scene.at[0]))
    )
    with pytest.raises(NotAllowedNow):
        await scene.begin()


@pytest.mark.parametrize(
    ("officer", "change", "serves"),
    [
        ("a-2", {}, True),
        ("a-2", {"state": "offline"}, False),
        ("a-2", {"lease": timedelta(0)}, False),
        ("nobody", {}, False),
    ],
)
async def test_a_second_officer_is_signed_in_and_alive(
    scene: Scene, officer: str, change: dict[str, Any], serves: bool
) -> None:
    catalogue: Any = SimpleNamespace(services={})
    around = surroundings(lambda: catalogue)
    now = scene.at[0]

    def alter(conn: Connection) -> str:
        values: dict[str, Any] = {}
        if "state" in change:
            values["state"] = change["state"]
        if "lease" in change:
            values["lease_until"] = now
        if values:
            conn.execute(update(agent).where(agent.c.id == officer).values(values))
        department: str = conn.execute(
            select(agent.c.department_id).where(agent.c.id == "a-1")
        ).scalar_one()
        return department

    department = await scene.executor.write(alter)
    for one, answer in ((department, serves), ("another-department", False)):
        assert await scene.executor.read(around.serves, officer, one, now) is answer


async def test_who_handed_the_case_over_identifies_nobody_in_it(scene: Scene) -> None:
    await scene.add_page("front")
    await scene.begin()
    await walk(scene)

    def hand_over(conn: Connection) -> None:
        of_case = case_table.c.id == scene.case_id
        conn.execute(update(case_table).where(of_case).values(agent_id="a-2"))

    await scene.executor.write(hand_over)
    with pytest.raises(NotAllowedNow):
        await give(scene, "face")
    with pytest.raises(NotAllowedNow):
        await scene.proofings.decide("p-1", scene.case_id, identified=True, agent_id="a-1")
    await scene.proofings.decide("p-1", scene.case_id, identified=True, agent_id="a-2")
    with pytest.raises(NotAllowedNow):
        await scene.proofings.begin("p-2", scene.case_id, document="bir", agent_id="a-1")


@pytest.mark.parametrize("how", ["closed", "left"])
async def test_the_end_of_the_visit_ends_it_and_lets_go(scene: Scene, how: str) -> None:
    await scene.add_page("front")
    await scene.begin()
    await scene.zones.look(scene.case_id)
    snapshot, booking_here = Snapshot(scene.catalogue), scene.catalogue
    hooks = hooks_of(snapshot, booking_here)

    def end(conn: Connection) -> None:
        case = get_case(conn, scene.case_id)
        (hooks.closed if how == "closed" else hooks.left)(conn, case, scene.at[0])

    await scene.executor.write(end)
    assert await scene.rows() == 0
    view = await scene.executor.read(newest_proofing, scene.case_id)
    assert view is not None and (view.state, view.reason) == ("aborted", "visit_ended")
