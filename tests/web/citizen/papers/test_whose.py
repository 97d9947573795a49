"""Papers before the trip: for whose appointment, for what is asked, and from our pages only."""

from dataclasses import replace

import pytest

from booking.appointment import COMING, State
from counter.documents.refusals import NotBeforeVisit
from tests.documents.photographs import photograph
from tests.web.citizen.papers.papers_from_home import (
    DAY,
    FakePapers,
    application,
    first_paper,
    send,
)
from tests.web.citizen.walk import Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import FakeBooking
from web.citizen.paper_pages import LIST


async def test_without_the_appointment_there_are_no_papers(
    person: Citizen, serve: Serve, fake: FakeBooking, papers: FakePapers, clock: Clock
) -> None:
    path = await first_paper(person)
    await send(person, path, photograph())
    stranger = Citizen(await serve(application(fake, papers, clock)))
    for asked in (LIST, path, f"{path}?again=1", f"{path}/thumb/1"):
        await stranger.get(asked)
        assert stranger.path == "/appointment", asked
    for asked in (path, f"{path}/use", f"{path}/take-back"):
        await stranger.get("/appointment")
        await send(stranger, asked, photograph(9))
        assert stranger.path == "/appointment", asked
    assert len(papers.kept) == 1 and papers.came == [photograph()]


async def test_one_appointment_says_nothing_of_another(
    person: Citizen, serve: Serve, fake: FakeBooking, papers: FakePapers, clock: Clock
) -> None:
    path = await first_paper(person)
    await send(person, path, photograph())
    other = Citizen(await serve(application(fake, papers, clock)))
    await other.book(DAY, nth=3)
    await other.get(LIST)
    assert "Looks good" not in other.text
    assert (await other.client.get(f"{path}/thumb/1")).status == 404
    await other.get(path)
    await other.post(f"{path}/take-back")
    assert len(papers.kept) == 1


@pytest.mark.parametrize(
    "asked", ["1/nothing", "2/id", "9/id", "1/..%2f..", "0/id", "1/" + "x" * 81]
)
async def test_what_is_not_on_the_checklist_is_not_there(
    person: Citizen, papers: FakePapers, asked: str
) -> None:
    await first_paper(person)
    await send(person, f"{LIST}/{asked}", photograph())
    assert person.status == 404 and papers.came == []


@pytest.mark.parametrize("state", State)
async def test_only_what_is_to_come_takes_papers(
    person: Citizen, fake: FakeBooking, papers: FakePapers, state: State
) -> None:
    path = await first_paper(person)
    ((reference, view),) = fake.appointments.items()
    fake.appointments[reference] = replace(view, state=state)
    await send(person, path, photograph())
    assert person.path == (path if state in COMING else "/appointment/view")
    assert len(papers.came) == (state in COMING)


async def test_an_appointment_that_ended_meanwhile_leads_back_to_it(
    person: Citizen, papers: FakePapers
) -> None:
    path = await first_paper(person)
    papers.refuse = NotBeforeVisit("cancelled")
    await send(person, path, photograph())
    assert person.path == "/appointment/view"


async def test_no_other_site_sends_a_photograph(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    person.headers["Sec-Fetch-Site"] = "cross-site"
    await send(person, path, photograph())
    assert person.status == 403 and papers.came == []
