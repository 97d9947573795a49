"""An appointment is moved, or it is said beforehand that it is too late for that."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from icalendar import Calendar

from booking.appointment import AppointmentView, State
from booking.errors import TooLateToChange
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Client
from tests.web.fakes import FakeBooking

DAY, OTHER_DAY = "2026-11-25", "2026-11-26"


@pytest.fixture
async def person(citizen: Client) -> Citizen:
    return Citizen(citizen)


def only(fake: FakeBooking) -> AppointmentView:
    (view,) = fake.appointments.values()
    return view


async def to_the_check(person: Citizen) -> str:
    """Go to the page that shows old and new; returns the new time."""
    await person.get("/appointment/change")
    assert "Until you have said yes to a new time, the old one stays yours" in person.text
    await person.get(f"/appointment/change/time?site={SITE}&day={OTHER_DAY}")
    start = person.values("start")[3]
    await person.get(f"/appointment/change/check?site={SITE}&day={OTHER_DAY}&{query(start)}")
    return start


def query(start: str) -> str:
    return "start=" + start.replace("+", "%2B")


async def test_old_and_new_are_shown_before_anything_changes(
    person: Citizen, fake: FakeBooking
) -> None:
    reference = await person.book(DAY)
    before = only(fake)
    start = await to_the_check(person)
    assert "Until now" in person.text and "New" in person.text
    assert "09:00" in person.text and "10:00" in person.text
    assert only(fake) == before
    await person.post(person.action("change/check"), start=start)
    assert urlsplit(person.path).path == "/appointment/view"
    assert "Your appointment has the new time" in person.text
    moved = only(fake)
    assert moved.start.isoformat() == start
    assert person.reference() == reference


async def test_the_calendar_entry_grows_its_sequence_and_is_taken_away(person: Citizen) -> None:
    async def entry() -> tuple[str, int, str, str]:
        answer = await person.client.get("/appointment/appointment.ics")
        calendar = Calendar.from_ical(await answer.read())
        (event,) = calendar.walk("VEVENT")
        return (
            str(event["UID"]),
            int(str(event["SEQUENCE"])),
            str(event["STATUS"]),
            str(calendar["METHOD"]),
        )

    await person.book(DAY)
    booked = await entry()
    start = await to_the_check(person)
    await person.post(person.action("change/check"), start=start)
    moved = await entry()
    await person.get("/appointment/cancel")
    await person.post("/appointment/cancel")
    gone = await entry()
    assert "Take it out of my calendar" in person.text
    assert booked[0] == moved[0] == gone[0]
    assert booked[1] < moved[1] < gone[1]
    assert [one[2] for one in (booked, moved, gone)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert gone[3] == "CANCEL"


async def test_a_time_that_was_just_taken_leaves_the_old_one(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.book(DAY)
    before = only(fake)
    start = await to_the_check(person)
    fake.taken.add(next(one for one in fake.offered if one.isoformat() == start))
    await person.post(person.action("change/check"), start=start)
    assert person.status == 409
    assert "Somebody else has just taken this time" in person.text
    assert start not in person.values("start")
    assert only(fake) == before


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("time", "Choose a day"),
        ("time?day=tomorrow", "Choose a day"),
        ("time?day=2026-11-28", "Weekend: closed"),
        ("time?day=2027-11-25", "This day cannot be booked yet"),
        (f"check?day={OTHER_DAY}", "Choose a time"),
        (f"check?day={OTHER_DAY}&start=now", "Choose a time"),
    ],
)
async def test_a_choice_that_is_none_is_asked_for_again(
    person: Citizen, fake: FakeBooking, address: str, said: str
) -> None:
    await person.book(DAY)
    before = only(fake)
    await person.get(f"/appointment/change/{address}")
    assert person.status in (409, 422)
    assert said in person.text
    assert person.title.startswith("Error: ")
    assert only(fake) == before


async def test_another_place_can_be_looked_at(person: Citizen, fake: FakeBooking) -> None:
    await person.book(DAY)
    other = next(one for one in fake.places.sites_for(SERVICE) if one.id != SITE)
    await person.get("/appointment/change")
    await person.get(person.link("site="))
    assert parse_qs(urlsplit(person.path).query) == {"site": [other.id]}
    assert other.names["en"] in person.text
    await person.get("/appointment/change?site=the-moon")
    assert fake.places.site(SITE).names["en"] in person.text


async def test_when_it_is_too_late_that_is_said_before_it_is_tried(
    person: Citizen, fake: FakeBooking
) -> None:
    def limit(minutes: int) -> None:
        limited = replace(fake.places.service(SERVICE), change_until_minutes=minutes)
        fake.places = replace(fake.places, services={**fake.places.services, SERVICE: limited})

    limit(120)
    await person.book(DAY)
    await person.get("/appointment/view")
    assert "You can do this here until Wednesday 25 November 2026, 07:00" in person.text
    assert person.links("/appointment/change") and person.links("/appointment/cancel")
    limit(3 * 24 * 60)
    await person.get("/appointment/view")
    assert "It is too late to change or cancel this appointment here" in person.text
    assert not person.links("/appointment/c")
    for address in ("change", "cancel", "change/time?day=2026-11-26"):
        await person.get(f"/appointment/{address}")
        assert person.path == "/appointment/view"


@pytest.mark.parametrize("state", [one for one in State if one is not State.BOOKED])
async def test_only_what_is_booked_can_be_moved(
    person: Citizen, fake: FakeBooking, state: State
) -> None:
    reference = await person.book(DAY)
    fake.appointments[reference] = replace(only(fake), state=state)
    for address in ("change", f"change/time?day={OTHER_DAY}", "change/check"):
        await person.get(f"/appointment/{address}")
        assert person.path == "/appointment/view"


async def test_a_refusal_at_the_last_moment_is_said_with_its_code(
    person: Citizen, fake: FakeBooking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await person.book(DAY)
    before = only(fake)
    start = await to_the_check(person)

    async def refuse(*_: object) -> AppointmentView:
        raise TooLateToChange(before.start)

    monkeypatch.setattr(fake, "reschedule", refuse)
    await person.post(person.action("change/check"), start=start)
    assert person.status == 409
    assert "Your appointment begins too soon to be changed here" in person.text
    assert "too_late_to_change" in person.text
    assert 'href="/appointment/view"' in person.body
    assert only(fake) == before


async def test_directions_of_the_place_are_on_the_confirmation(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.book(DAY)
    said = fake.places.site(SITE).directions["en"]
    assert said
    assert said in person.text
