"""The waiting list: asked for where nothing is free, found again, taken, given up."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking.appointment import State
from booking.catalogue import Ability
from booking.errors import BookingRefused, SlotIsFree, SlotTaken, TooManyWaiting
from booking.waitlist import WaitState
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Client, Clock, Serve
from tests.web.fakes import FakeBooking, citizen_app

FULL = "2026-11-25"
JOIN = f"/services/{SERVICE}/wait?for=relative&speak=pt&site={SITE}"
MACAU = ZoneInfo("Asia/Macau")


@pytest.fixture
async def person(citizen: Client, fake: FakeBooking) -> Citizen:
    fake.full.add(date.fromisoformat(FULL))
    return Citizen(citizen)


async def join(person: Citizen, **answers: str) -> str:
    """Get onto the list; returns the waiting number."""
    await person.get(JOIN)
    given = {"from": f"{FULL}-am", "until": f"{FULL}-am", "contact": "+853 6612 3456"}
    await person.post(JOIN, **{**given, "key": person.value("key"), **answers})
    return person.reference()


START = datetime(2026, 11, 25, 9, 20, tzinfo=MACAU)


async def test_a_day_that_is_full_offers_the_list(person: Citizen) -> None:
    await person.get(f"/services/{SERVICE}/day?site={SITE}")
    assert "Fully booked" in person.text
    assert person.links("/wait?")
    await person.get(f"/services/{SERVICE}/time?site={SITE}&day={FULL}")
    assert "No time is left on this day" in person.text
    await person.get(person.link("/wait?"))
    assert "Tell me when a time becomes free" in person.text
    # The day that is full is proposed, from its morning to its afternoon.
    assert re.findall(r'value="([^"]*)" selected', person.body) == [f"{FULL}-am", f"{FULL}-pm"]


async def test_where_nothing_is_full_nobody_need_wait(person: Citizen, fake: FakeBooking) -> None:
    fake.full.clear()
    await person.get(f"/services/{SERVICE}/day?site={SITE}")
    assert not person.links("/wait?")


async def test_who_waits_gets_a_number_and_finds_the_page_again(
    person: Citizen, fake: FakeBooking, serve: Serve, clock: Clock
) -> None:
    reference = await join(person)
    assert person.path == "/waiting/view"
    entry = fake.entries[reference]
    assert entry.from_at == datetime(2026, 11, 25, 0, 0, tzinfo=MACAU)
    assert entry.until_at == datetime(2026, 11, 25, 13, 0, tzinfo=MACAU)
    assert entry.speech == "pt"
    assert not any(reference[:5] in one for one in re.findall(r'"(/[^"]*)"', person.body))
    picture = await person.client.get("/waiting/waiting.png")
    assert picture.content_type == "image/png"
    other = Citizen(await serve(citizen_app(fake, clock)))
    await other.get("/waiting")
    await other.post("/waiting", reference=f" {reference.lower().replace('-', ' ')} ")
    assert other.path == "/waiting/view"
    assert other.reference() == reference
    await other.post("/waiting/close")
    await other.get("/waiting/view")
    assert other.path == "/waiting"


async def test_a_time_that_became_free_is_taken_with_the_answers_given_before(
    person: Citizen, fake: FakeBooking, clock: Clock
) -> None:
    await join(person)
    offered = await fake.offer(START, clock())
    await person.get("/waiting/view")
    assert "A time is free for you" in person.text
    assert "We keep this time for you until" in person.text
    assert re.search(r'data-seconds-left="600"', person.body)
    await person.post("/waiting/take")
    assert person.path == "/booking/details"
    assert "Name of your relative" in person.text
    await person.post("/booking/details", name="Ana", acting_for="Rui", contact="", language="pt")
    await person.post("/booking/check")
    assert person.path == "/appointment/confirmed"
    assert fake.appointments[offered.reference].state is State.BOOKED
    assert fake.details[0].speech == "pt"


async def test_what_the_terminal_must_have_is_kept_and_asked_for_when_it_is_taken(
    person: Citizen, fake: FakeBooking, clock: Clock
) -> None:
    await person.get(f"{JOIN}&step_free=1")
    given = {"from": f"{FULL}-am", "until": f"{FULL}-am", "contact": "+853 6612 3456"}
    await person.post(f"{JOIN}&step_free=1", **given, key=person.value("key"))
    assert fake.entries[person.reference()].abilities == {Ability.STEP_FREE}
    assert "I use a wheelchair or cannot climb stairs" in person.text
    await fake.offer(START, clock())
    await person.post("/waiting/take")
    assert person.path == "/booking/details"
    assert re.search(r"value=.step_free.[^>]* checked", person.body)


async def test_what_is_not_offered_cannot_be_taken(person: Citizen, fake: FakeBooking) -> None:
    await join(person)
    await person.post("/waiting/take")
    assert person.path == "/waiting/view"
    await person.get("/booking/details")
    assert person.status == 410


async def test_leaving_is_said(person: Citizen, fake: FakeBooking) -> None:
    reference = await join(person)
    await person.post("/waiting/leave")
    assert fake.entries[reference].state is WaitState.LEFT
    assert "You are not on the waiting list any more" in person.text


@pytest.mark.parametrize("state", WaitState)
async def test_every_state_is_said_in_words(
    person: Citizen, fake: FakeBooking, clock: Clock, state: WaitState
) -> None:
    reference = await join(person)
    if state is WaitState.OFFERED:
        await fake.offer(START, clock())
    else:
        fake.entries[reference] = replace(fake.entries[reference], state=state)
    await person.get("/waiting/view")
    assert person.status == 200
    still = state in {WaitState.WAITING, WaitState.OFFERED}
    assert ("Wait no longer" in person.text) is still
    assert ("Take this time" in person.text) is (state is WaitState.OFFERED)


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"from": ""}, "from"),
        ({"from": "2026-11-25"}, "from"),
        ({"from": "9999-99-99-am"}, "from"),
        ({"until": "9999-12-31-pm"}, "until"),
        ({"until": "2026-11-24-pm"}, "until"),
        ({"contact": ""}, "contact"),
        ({"contact": "call me"}, "contact"),
    ],
)
async def test_a_mistake_is_said_beside_its_field_and_nobody_waits(
    person: Citizen, fake: FakeBooking, answers: dict[str, str], field: str
) -> None:
    await person.get(JOIN)
    given = {"from": f"{FULL}-am", "until": f"{FULL}-pm", "contact": "+853 6612 3456"}
    await person.post(JOIN, **{**given, "key": person.value("key"), **answers})
    assert person.status == 422
    assert person.title.startswith("Error: ")
    assert f'href="#{field}"' in person.body and f'id="{field}"' in person.body
    assert fake.entries == {}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (SlotIsFree(datetime(2026, 11, 24, 1, tzinfo=MACAU)), "slot_is_free"),
        (TooManyWaiting("three already"), "too_many_waiting"),
        (SlotTaken("no slot"), "No times are given between these two"),
    ],
)
async def test_a_refusal_is_said_and_nobody_waits(
    person: Citizen, fake: FakeBooking, refusal: BookingRefused, said: str
) -> None:
    fake.refuse_hold = refusal
    await person.get(JOIN)
    given = {"from": f"{FULL}-am", "until": f"{FULL}-pm", "contact": "+853 6612 3456"}
    await person.post(JOIN, **given, key=person.value("key"))
    assert person.status == 409
    assert said in person.text
    assert fake.entries == {}


@pytest.mark.parametrize("typed", ["", "ABC", "00000-00000-00000-00000", "<script>"])
async def test_a_number_that_nobody_has_is_a_plain_sentence(person: Citizen, typed: str) -> None:
    await person.get("/waiting")
    await person.post("/waiting", reference=typed)
    assert person.status == 404
    assert "We do not know this number" in person.text


@pytest.mark.parametrize("path", ["/waiting/view", "/waiting/waiting.png"])
async def test_without_an_open_place_the_number_is_asked(person: Citizen, path: str) -> None:
    await person.get(path)
    assert person.path == "/waiting"


async def test_a_sitting_of_several_departments_has_no_list(person: Citizen) -> None:
    await person.get(f"/services/{SERVICE}/also?for=self&speak=yue&site={SITE}")
    await person.get(person.link("from="))
    await person.get(person.link("also="))
    await person.get(person.link("/day").replace("/day", "/wait"))
    assert "/day?" in person.path
    assert not person.links("/wait?")


async def test_an_offer_that_ran_out_books_nothing(
    person: Citizen, fake: FakeBooking, clock: Clock
) -> None:
    await join(person)
    await fake.offer(START, clock())
    await person.get("/waiting/view")
    await person.post("/waiting/take")
    clock.now += timedelta(minutes=11)
    await person.get("/booking/details")
    assert person.status == 410
    assert [one.state for one in fake.appointments.values()] == [State.HELD]
