"""Papers before the trip on the real booking, on both engines: who sees them, and when they go."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text, update
from sqlalchemy.util import await_only

from booking.appointment import COMING, Details, State
from booking.service import BookingService
from booking.store_sql import booking_service, plant_seed
from booking.tables import appointment
from counter.app.advance_papers import KEPT_AFTER, lock, over, require_coming
from counter.app.notices import BookingReaders
from counter.documents.advance import AdvancePaper, AdvanceState, Reason
from counter.documents.advance_service import AdvanceService
from counter.documents.advance_sql import SqlAdvancePapers
from counter.documents.refusals import NotBeforeVisit, OtherPhotograph
from counter.documents.seal_cryptography import PaperSeal
from counter.errors import NotFound
from counter.ids import AppointmentId
from counter.notify.deliverer_store import Deliverer
from counter.notify.notice import Channel, Notice
from counter.notify.store_memos import SqlMemos
from counter.signaling.store_desk import put_agent
from counter.store import outbox
from counter.store.blobs_directory import DirectoryBlobs
from counter.store.executor import Executor
from counter.store.journal_sql import read_all, record
from tests.documents.photographs import FakeReader, chance, photograph
from web.console.advance_local import LocalBeforeVisits
from web.console.screen import sent_before

SERVICE, SITE = "dsf-salaries-tax-certificate", "hengqin-centre"
FRIDAY = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
PERSON = "p" * 64
NAME = "陳大文 Chan"
MINE, FOREIGN = "lei", "ana"


class Letterbox:
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.came: list[Notice] = []

    async def deliver(self, notice: Notice) -> None:
        self.came.append(notice)


class Counter:
    """Booking, papers and the console's side of them on one store."""

    def __init__(
        self, executor: Executor, blobs: Path, now: datetime, new_id: Callable[[], str]
    ) -> None:
        numbers = count(1)
        self.executor, self.now, self.new_id = executor, now, new_id
        self.blobs = DirectoryBlobs(blobs)
        self.folder = blobs
        self.booking: BookingService = booking_service(
            executor,
            record=record,
            owe=outbox.owe,
            new_id=new_id,
            random_bytes=lambda size: hashlib.sha256(str(next(numbers)).encode()).digest()[:size],
        )
        self.looker, self.chance = FakeReader(), chance()
        self.papers = self.node()
        self.console = LocalBeforeVisits(
            executor=executor,
            advance=self.papers,
            snapshot=lambda: pytest.fail("names are the pages' affair"),
            clock=lambda: self.now,
        )

    def node(self) -> AdvanceService:
        return AdvanceService(
            SqlAdvancePapers(self.executor, require_coming, lock, over),
            self.blobs,
            self.looker,
            PaperSeal(b"k" * 32, self.chance),
            self.new_id,
        )

    async def book(self, start: datetime = FRIDAY) -> tuple[str, str]:
        """Book; the reference and the id.  At another time it is another person."""
        person = PERSON if start == FRIDAY else "q" * 64
        held = await self.booking.hold(f"{start}", SERVICE, SITE, start, person, self.now)
        details = Details(name=NAME, contact="ana@example.org", language="en")
        view = await self.booking.confirm(held.reference, details, self.now)
        return held.reference, view.appointment_id

    async def send(self, appointment_id: str, number: int = 0) -> AdvancePaper:
        service = (await self.booking.catalogue()).service(SERVICE)
        item = service.papers[0].id
        return await self.papers.take(
            AppointmentId(appointment_id), item, photograph(number), self.now
        )

    def files(self) -> int:
        return sum(path.is_file() for path in self.folder.rglob("*"))


async def deliver(counter: Counter, letters: Letterbox) -> None:
    readers = BookingReaders(
        executor=counter.executor,
        booking=counter.booking,
        address="https://counter.example",
        domain="counter.example",
        link_address=lambda link: f"https://counter.example/papers/{link}",
        document_address=lambda link: f"https://counter.example/signed/{link}",
    )
    deliverer = Deliverer(counter.executor, readers, {Channel.EMAIL: letters}, lambda: counter.now)
    while await deliverer.deliver_due():
        pass


async def set_state(counter: Counter, appointment_id: str, state: State) -> None:
    def command(conn: Connection) -> None:
        conn.execute(
            update(appointment).where(appointment.c.id == appointment_id).values(state=state)
        )

    await counter.executor.write(command)


def actions(conn: Connection) -> list[str]:
    return [entry.body for entry in read_all(conn)]


@pytest.fixture
async def counter(
    executor: Executor, tmp_path: Path, now: datetime, new_id: Callable[[], str]
) -> Counter:
    await plant_seed(executor, now)
    await executor.write(put_agent, MINE, "Lei", "dsf", now)
    await executor.write(put_agent, FOREIGN, "Ana", "safp", now)
    return Counter(executor, tmp_path / "blobs", now, new_id)


@pytest.mark.parametrize("state", State)
async def test_papers_are_taken_for_what_is_to_come_and_for_nothing_else(
    counter: Counter, state: State
) -> None:
    _, booked = await counter.book()
    await set_state(counter, booked, state)
    if state in COMING:
        assert (await counter.send(booked)).state is AdvanceState.SENT
    else:
        with pytest.raises(NotBeforeVisit):
            await counter.send(booked)
        assert counter.files() == 0
    with pytest.raises(NotBeforeVisit):
        await counter.send("nobody's")


async def test_two_nodes_that_look_at_the_same_photograph_keep_one(counter: Counter) -> None:
    _, booked = await counter.book()
    item = (await counter.send(booked, 1)).item
    other = counter.node()
    one, two = await asyncio.gather(
        *(
            node.take(AppointmentId(booked), item, photograph(2), counter.now)
            for node in (counter.papers, other)
        )
    )
    assert one == two
    assert counter.files() == 2, "what the second had sealed is gone again"


async def test_a_moved_appointment_keeps_its_papers(counter: Counter) -> None:
    reference, booked = await counter.book()
    paper = await counter.send(booked)
    later = FRIDAY + timedelta(hours=5)
    await counter.booking.reschedule(reference, SITE, later, counter.now)
    assert await counter.papers.sweep(counter.now) == 0
    (found,) = await counter.console.coming(MINE)
    assert (found.start, found.papers) == (later, (paper,))


async def test_a_cancelled_appointment_loses_its_papers(counter: Counter) -> None:
    reference, booked = await counter.book()
    await counter.send(booked)
    _, stays = await counter.book(FRIDAY + timedelta(hours=5))
    await counter.send(stays)
    await counter.booking.cancel(reference, counter.now)
    assert await counter.papers.sweep(counter.now) == 2
    assert [one.appointment_id for one in await counter.papers.of([booked, stays])] == [stays]
    assert counter.files() == 2


async def test_a_missed_appointment_loses_its_papers(counter: Counter) -> None:
    _, booked = await counter.book()
    await counter.send(booked)
    counter.now = FRIDAY + timedelta(minutes=16)
    await counter.booking.sweep(counter.now)
    assert await counter.papers.sweep(counter.now) == 2
    assert counter.files() == 0


async def test_papers_of_who_was_served_are_kept_for_thirty_days(counter: Counter) -> None:
    _, booked = await counter.book()
    await counter.send(booked)
    await set_state(counter, booked, State.FULFILLED)
    counter.now = FRIDAY + KEPT_AFTER - timedelta(minutes=5)
    assert await counter.papers.sweep(counter.now) == 0
    counter.now = FRIDAY + KEPT_AFTER
    assert await counter.papers.sweep(counter.now) == 2
    assert counter.files() == 0


async def test_an_agent_sees_who_comes_to_the_own_departments(counter: Counter) -> None:
    _, later = await counter.book(FRIDAY + timedelta(hours=5))
    _, first = await counter.book()
    assert await counter.console.coming(MINE) == []
    for booked in (later, first):
        await counter.send(booked)
    assert [one.appointment_id for one in await counter.console.coming(MINE)] == [first, later]
    found = await counter.console.one(MINE, first)
    assert (found.name, found.service) == (NAME, SERVICE)
    assert (await counter.console.image(MINE, first, found.papers[0].item, 1)).startswith(
        b"\xff\xd8"
    )
    last = (await counter.executor.read(actions))[-1]
    assert "papers.viewed" in last and "agent:lei" in last and NAME not in last


async def test_another_departments_agent_is_refused_everything(counter: Counter) -> None:
    _, booked = await counter.book()
    paper = await counter.send(booked)
    assert await counter.console.coming(FOREIGN) == []
    for asked in (
        counter.console.one(FOREIGN, booked),
        counter.console.image(FOREIGN, booked, paper.item, 1),
        counter.console.decide(FOREIGN, booked, paper.item, paper.paper_id, None),
        counter.console.decide(FOREIGN, booked, paper.item, paper.paper_id, Reason.UNREADABLE),
    ):
        with pytest.raises(NotFound):
            await asked
    assert await counter.papers.of([booked]) == [paper]
    assert not any("agent:ana" in entry for entry in await counter.executor.read(actions))


async def test_what_was_not_sent_is_the_citizens_alone(counter: Counter) -> None:
    _, booked = await counter.book()
    counter.looker.advice = "page_blurred"
    paper = await counter.send(booked)
    assert await counter.console.coming(MINE) == []
    for asked in (
        counter.console.one(MINE, booked),
        counter.console.image(MINE, booked, paper.item, 1),
        counter.console.decide(MINE, booked, paper.item, paper.paper_id, None),
    ):
        with pytest.raises(NotFound):
            await asked
    await counter.papers.use(AppointmentId(booked), paper.item, counter.now)
    assert len((await counter.console.one(MINE, booked)).papers) == 1
    catalogue = await counter.booking.catalogue()
    second = catalogue.service(SERVICE).papers[1].id
    hidden = await counter.papers.take(AppointmentId(booked), second, photograph(5), counter.now)
    assert [one.item for one in (await counter.console.one(MINE, booked)).papers] == [paper.item]
    with pytest.raises(NotFound):
        await counter.console.image(MINE, booked, hidden.item, 1)


@pytest.mark.parametrize("state", sorted(set(State) - COMING))
async def test_what_is_over_is_not_looked_at_any_more(counter: Counter, state: State) -> None:
    _, booked = await counter.book()
    paper = await counter.send(booked)
    await set_state(counter, booked, state)
    assert await counter.console.coming(MINE) == []
    with pytest.raises(NotFound):
        await counter.console.image(MINE, booked, paper.item, 1)


async def owed(counter: Counter) -> list[tuple[str, dict[str, Any]]]:
    def read(conn: Connection) -> list[tuple[str, dict[str, Any]]]:
        rows = select(outbox.outbox.c.kind, outbox.outbox.c.body).where(
            outbox.outbox.c.kind.like("paper.%")
        )
        return [(kind, body) for kind, body in conn.execute(rows)]

    return await counter.executor.read(read)


async def test_ready_is_kept_with_who_said_so_and_told_to_nobody(counter: Counter) -> None:
    _, booked = await counter.book()
    paper = await counter.send(booked)
    await counter.console.decide(MINE, booked, paper.item, paper.paper_id, None)
    (ready,) = (await counter.console.one(MINE, booked)).papers
    assert ready.state is AdvanceState.READY
    entries = await counter.executor.read(actions)
    assert any("paper.ready" in entry and "agent:lei" in entry for entry in entries)
    assert await owed(counter) == []


async def test_please_again_is_a_memo_and_a_letter_in_the_readers_language(
    counter: Counter,
) -> None:
    reference, booked = await counter.book()
    paper = await counter.send(booked)
    for _ in range(2):
        await counter.console.decide(MINE, booked, paper.item, paper.paper_id, Reason.OUT_OF_DATE)
    ((kind, body),) = await owed(counter)
    assert kind == "paper.again" and body["reason"] == "out_of_date"
    assert NAME not in str(body) and reference not in str(body)
    letters = Letterbox()
    await deliver(counter, letters)
    letter = next(one.letter for one in letters.came if one.kind == "paper.again")
    assert letter.subject.startswith("Please photograph a paper again: ")
    assert "no longer valid" in letter.text and "What to photograph again\n- " in letter.text
    assert "https://counter.example/appointment/papers" in letter.text
    assert reference not in letter.text and NAME not in letter.text
    memos = await SqlMemos(counter.executor).of(PERSON)
    assert [memo.kind for memo in memos].count("paper.again") == 1


async def test_who_is_late_is_asked_to_photograph_again_too(counter: Counter) -> None:
    reference, booked = await counter.book()
    paper = await counter.send(booked)
    await counter.console.decide(MINE, booked, paper.item, paper.paper_id, Reason.UNREADABLE)
    start = (await counter.booking.appointment(reference, counter.now)).start
    letters = Letterbox()
    counter.now = start + timedelta(minutes=5)
    await deliver(counter, letters)
    assert "paper.again" in [one.kind for one in letters.came]


@pytest.mark.parametrize("meanwhile", ["sent anew", "taken back", "found to do", "nothing"])
async def test_who_sent_it_anew_meanwhile_is_not_asked_for_it(
    counter: Counter, meanwhile: str
) -> None:
    _, booked = await counter.book()
    paper = await counter.send(booked, 1)
    await counter.console.decide(MINE, booked, paper.item, paper.paper_id, Reason.UNREADABLE)
    match meanwhile:
        case "sent anew":
            await counter.send(booked, 2)
        case "taken back":
            await counter.papers.take_back(AppointmentId(booked), paper.item, counter.now)
        case "found to do":
            await counter.console.decide(MINE, booked, paper.item, paper.paper_id, None)
    letters = Letterbox()
    await deliver(counter, letters)
    told = "paper.again" in [one.kind for one in letters.came]
    assert told == (meanwhile == "nothing")


async def test_a_page_looked_at_by_its_own_address_is_journalled(counter: Counter) -> None:
    _, booked = await counter.book()
    paper = await counter.send(booked)
    await counter.console.image(MINE, booked, paper.item, 1)
    last = (await counter.executor.read(actions))[-1]
    assert "papers.viewed" in last and paper.paper_id in last and "agent:lei" in last


@asynccontextmanager
async def busy(counter: Counter, booked: str) -> AsyncIterator[bool]:
    """Somebody has the appointment; False on SQLite, where one is done before another begins."""
    has_it, go_on = asyncio.Event(), asyncio.Event()

    def hold_it(conn: Connection) -> None:
        lock(conn, booked)
        if conn.dialect.name == "postgresql":
            has_it.set()
            await_only(go_on.wait())

    holding = asyncio.create_task(counter.executor.write(hold_it))
    waiting = asyncio.create_task(has_it.wait())
    await asyncio.wait({holding, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    try:
        yield has_it.is_set()
    finally:
        go_on.set()
        await holding


def waits(conn: Connection) -> bool:
    asked = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    return bool(conn.execute(asked).scalar_one())


async def test_deleting_waits_for_who_has_the_appointment(counter: Counter) -> None:
    _, booked = await counter.book()
    item = (await counter.send(booked)).item
    async with busy(counter, booked) as apart:
        deleting = asyncio.create_task(
            counter.papers.take_back(AppointmentId(booked), item, counter.now)
        )
        while apart and not await counter.executor.read(waits):
            assert not deleting.done(), "it did not wait"
    await deleting
    assert await counter.papers.of([booked]) == []


async def test_what_is_busy_is_forgotten_the_next_time(counter: Counter) -> None:
    reference, booked = await counter.book()
    await counter.send(booked)
    await counter.booking.cancel(reference, counter.now)
    async with busy(counter, booked) as apart:
        if apart:
            assert await counter.papers.sweep(counter.now) == 0
    assert await counter.papers.sweep(counter.now) == 2


async def test_nobody_is_asked_to_photograph_for_what_was_cancelled(counter: Counter) -> None:
    reference, booked = await counter.book()
    paper = await counter.send(booked)
    await counter.console.decide(MINE, booked, paper.item, paper.paper_id, Reason.UNREADABLE)
    await counter.booking.cancel(reference, counter.now)
    letters = Letterbox()
    await deliver(counter, letters)
    assert "paper.again" not in [one.kind for one in letters.came]


async def test_a_photograph_sent_meanwhile_is_looked_at_first(counter: Counter) -> None:
    _, booked = await counter.book()
    seen = await counter.send(booked, 1)
    newer = await counter.send(booked, 2)
    with pytest.raises(OtherPhotograph):
        await counter.console.decide(MINE, booked, seen.item, seen.paper_id, None)
    assert await counter.papers.of([booked]) == [newer]


async def test_in_the_call_the_checklist_says_what_was_sent_before(counter: Counter) -> None:
    _, booked = await counter.book()
    counter.looker.advice = "page_glare"
    item = (await counter.send(booked, 1)).item
    assert await counter.executor.read(sent_before, booked) == {}
    counter.looker.advice = None
    paper = await counter.send(booked, 2)
    assert await counter.executor.read(sent_before, booked) == {item: "sent"}
    await counter.console.decide(MINE, booked, item, paper.paper_id, None)
    assert await counter.executor.read(sent_before, booked) == {item: "ready"}
    assert await counter.executor.read(sent_before, None) == {}
