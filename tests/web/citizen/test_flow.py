"""A citizen books, sees and cancels, without JavaScript; and everything that can go wrong."""

import re
from dataclasses import replace
from datetime import date

import pytest

from booking.appointment import ANYBODY, State
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Client, Clock, Serve
from tests.web.fakes import FakeBooking, citizen_app
from web.citizen.ports import Ended, Owed

DAY = "2026-11-25"


@pytest.fixture
async def person(citizen: Client) -> Citizen:
    return Citizen(citizen)


async def test_from_the_first_page_to_a_booked_appointment(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.get("/")
    assert "11 Macau departments" in person.text
    assert "6 Hengqin departments" in person.text
    await person.get("/departments?side=MO")
    assert "Identification Services Bureau" in person.text
    await person.get("/departments/dsi")
    assert "Certificate of Criminal Record" in person.text
    await person.get(f"/services/{SERVICE}")
    assert "What to bring" in person.text
    assert "Original" in person.text
    await person.get(f"/services/{SERVICE}/place?asked=1&for=self&site={SITE}")
    assert person.path == f"/services/{SERVICE}/day?for=self&site={SITE}"
    assert "The first free times" in person.text
    assert "Weekend: closed" in person.text
    times = f"/services/{SERVICE}/time?site={SITE}&day={DAY}"
    await person.get(times)
    assert "Morning" in person.text
    assert "Afternoon" in person.text
    assert "1 left" in person.text
    await person.post(times, start=person.values("start")[0], key=person.value("key"))
    assert person.path == "/booking/details"
    assert "We keep this time for you until 10:10" in person.text
    await person.post(
        "/booking/details",
        name=" 陳  大文 ",
        contact="+853 6612 3456",
        language="zh_Hant",
        needs="step_free",
    )
    assert person.path == "/booking/check"
    assert "陳 大文" in person.text
    assert "wheelchair" in person.text
    await person.post("/booking/check")
    assert person.path == "/appointment/confirmed"
    assert "Your appointment is booked" in person.text
    booked = fake.appointments[person.reference()]
    assert booked.state is State.BOOKED
    assert booked.name == "陳 大文"
    assert booked.contact == "+853 6612 3456"


@pytest.mark.parametrize(
    ("service", "side"), [(SERVICE, "MO"), ("hq_tax-income-certificate", "CN")]
)
async def test_a_service_leads_to_its_department_and_to_the_others(
    person: Citizen, fake: FakeBooking, service: str, side: str
) -> None:
    department = fake.places.service(service).department
    await person.get(f"/services/{service}")
    assert person.links(f"/departments/{department}") and person.links(f"?side={side}")
    withdrawn = replace(fake.places.service(service), withdrawn=True)
    fake.places = replace(fake.places, services={**fake.places.services, service: withdrawn})
    await person.get(f"/services/{service}")
    assert "At the moment no place can give this service" in person.text
    await person.get(person.link(f"/departments/{department}"))
    assert person.status == 200 and person.links("/services/")
    await person.get(f"/services/{service}")
    await person.get(person.link(f"?side={side}"))
    assert person.status == 200 and len(person.links("/departments/")) > 5


@pytest.mark.parametrize("page", ["/", "/appointment", "/departments?side=MO"])
async def test_memos_are_found_from_every_page(person: Citizen, page: str) -> None:
    await person.get(page)
    assert person.links("/memos")


async def test_the_reference_is_in_no_address_and_the_code_holds_nothing_else(
    person: Citizen, fake: FakeBooking
) -> None:
    reference = await person.book(DAY)
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', person.body)
    assert addresses
    assert not any(reference[:5] in address for address in addresses)
    picture = await person.client.get("/appointment/appointment.png")
    assert picture.status == 200
    assert picture.content_type == "image/png"
    assert decode(await picture.read()) == reference


def decode(png: bytes) -> str:
    import cv2
    import numpy as np

    image = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    text, *_ = cv2.QRCodeDetector().detectAndDecode(image)
    return str(text)


async def test_the_calendar_entry_names_service_and_place_and_nobody(person: Citizen) -> None:
    await person.book(DAY)
    answer = await person.client.get("/appointment/appointment.ics")
    text = (await answer.read()).decode().replace("\r\n ", "")
    assert answer.content_type == "text/calendar"
    assert "SUMMARY" in text
    assert "Certificate of Criminal Record" in text
    assert "DTSTART;TZID=Asia/Shanghai:20261125T090000" in text
    assert "陳大文" not in text


@pytest.mark.parametrize("language", ["zh_Hant", "zh_Hans", "pt", "en"])
async def test_the_whole_way_in_every_language(person: Citizen, language: str) -> None:
    await person.get(f"/?lang={language}")
    await person.book(DAY)
    assert f'<html lang="{language.replace("_", "-")}"' in person.body
    english = "Your appointment is booked" in person.text
    assert english is (language == "en")


async def test_changing_the_language_keeps_the_step(person: Citizen) -> None:
    await person.choose_time(DAY)
    await person.post("/booking/details", name="Ana", contact="", language="pt")
    await person.get("/booking/check?lang=pt")
    assert person.path == "/booking/check"
    assert "Verifique as suas respostas" in person.text
    assert "Ana" in person.text


async def test_a_question_without_an_answer_is_asked_again(person: Citizen) -> None:
    await person.get(f"/services/{SERVICE}/place?asked=1")
    assert person.status == 422
    assert person.title.startswith("Error: ")
    assert 'href="#site"' in person.body
    assert 'id="site"' in person.body
    await person.get(f"/services/{SERVICE}/time?site={SITE}&day={DAY}")
    await person.post(f"/services/{SERVICE}/time?site={SITE}&day={DAY}", key="k")
    assert person.status == 422
    assert person.title.startswith("Error: ")
    assert 'id="start"' in person.body


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"contact": "call me"}, "contact"),
        ({"language": "klingon"}, "language"),
        ({"needs": "champagne"}, "needs"),
    ],
)
async def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(
    person: Citizen, fields: dict[str, str], field: str
) -> None:
    await person.choose_time(DAY)
    good = {"name": "Ana", "contact": "ana@example.org", "language": "pt"}
    await person.post("/booking/details", **{**good, **fields})
    assert person.status == 422
    assert person.title.startswith("Error: ")
    assert f'href="#{field}"' in person.body
    assert f'id="{field}"' in person.body
    if field != "name":
        assert person.value("name") == "Ana"


async def test_a_time_that_somebody_took_meanwhile(
    person: Citizen, fake: FakeBooking, clock: Clock
) -> None:
    times = f"/services/{SERVICE}/time?site={SITE}&day={DAY}"
    await person.get(times)
    start, key = person.values("start")[0], person.value("key")
    day = date.fromisoformat(DAY)
    offers = await fake.sitting_slots([SERVICE], SITE, day, clock(), ANYBODY)
    fake.taken.add(offers[0].start)
    await person.post(times, start=start, key=key)
    assert person.status == 409
    assert person.path == times
    assert "Somebody else has just taken this time" in person.text
    assert start not in person.values("start")
    assert person.values("start")


async def test_pressing_the_button_twice_holds_one_time(person: Citizen, fake: FakeBooking) -> None:
    times = f"/services/{SERVICE}/time?site={SITE}&day={DAY}"
    await person.get(times)
    csrf, start, key = person.value("csrf"), person.values("start")[0], person.value("key")
    await person.post(times, csrf=csrf, start=start, key=key)
    await person.post(times, csrf=csrf, start=start, key=key)
    assert person.path == "/booking/details"
    assert len(fake.appointments) == 1


@pytest.mark.parametrize(
    ("day", "said"),
    [("2026-11-28", "Weekend: closed"), ("2027-11-25", "This day cannot be booked yet")],
)
async def test_a_day_that_cannot_be_booked_says_why_and_shows_the_days(
    person: Citizen, day: str, said: str
) -> None:
    await person.get(f"/services/{SERVICE}/time?site={SITE}&day={day}")
    assert person.status == 409
    assert said in person.text
    assert "Which day suits you?" in person.text
    assert person.title.startswith("Error: ")


@pytest.mark.parametrize("path", ["/booking/details", "/booking/check"])
async def test_a_hold_that_ran_out_leads_back_to_the_times(
    person: Citizen, clock: Clock, path: str
) -> None:
    await person.choose_time(DAY)
    await person.post("/booking/details", name="Ana", contact="", language="pt")
    clock.advance(minutes=10)
    await person.get(path)
    assert person.status == 410
    assert "We could not keep your time any longer" in person.text
    assert f"/services/{SERVICE}/day?site={SITE}" in person.body


async def test_confirming_too_late_books_nothing(
    person: Citizen, clock: Clock, fake: FakeBooking
) -> None:
    await person.choose_time(DAY)
    await person.post("/booking/details", name="Ana", contact="", language="pt")
    clock.advance(minutes=11)
    await person.post("/booking/check")
    assert person.status == 410
    assert [one.state for one in fake.appointments.values()] == [State.HELD]


async def test_what_was_typed_outlives_a_hold_that_ran_out(person: Citizen, clock: Clock) -> None:
    await person.choose_time(DAY)
    clock.advance(minutes=11)
    await person.post("/booking/details", name="Ana", contact="", language="pt", needs="hearing")
    assert person.status == 410
    await person.choose_time(DAY, 1)
    assert person.path == "/booking/details"
    assert person.value("name") == "Ana"
    assert re.search(r'value="hearing"[^>]* checked', person.body)


async def test_who_was_served_reads_what_became_of_it_and_what_is_due(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.book(DAY)
    ((key, view),) = fake.appointments.items()
    fake.appointments[key] = replace(view, state=State.FULFILLED)
    await person.get("/appointment/view")
    assert "You were served." in person.text
    item = fake.places.service(SERVICE).papers[0]
    fake.ended[view.appointment_id] = Ended(
        outcome="papers_missing",
        next_step="We call you <soon>.",
        owed=(
            Owed(item=item.id, until=date(2026, 12, 8), link="https://counter.example/papers/x"),
            Owed(item="gone", until=date(2026, 12, 9), link=""),
        ),
    )
    await person.get("/appointment/view")
    assert "You were served." not in person.text
    assert "Papers are missing" in person.text and "We call you <soon>." in person.text
    assert item.names["en"] in person.text and "Last day: Tuesday 8 December 2026" in person.text
    assert 'href="https://counter.example/papers/x"' in person.body
    assert "Bring it along" in person.text
    gone = Owed(item=item.id, until=date(2026, 11, 20), link="")
    fake.ended[view.appointment_id] = replace(fake.ended[view.appointment_id], owed=(gone,))
    await person.get("/appointment/view")
    assert "Last day: Friday 20 November 2026" in person.text
    assert "Bring it along" not in person.text, "that day is over"


async def test_details_cannot_be_skipped(person: Citizen) -> None:
    await person.choose_time(DAY)
    await person.get("/booking/check")
    assert person.path == "/booking/details"
    await person.post("/booking/check")
    assert person.path == "/booking/details"


async def test_without_a_held_time_the_booking_starts_again(person: Citizen) -> None:
    await person.get("/booking/details")
    assert person.status == 410
    assert 'href="/"' in person.body


async def test_another_time_can_be_chosen_and_the_first_is_given_back(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.choose_time(DAY)
    await person.post("/booking/release")
    assert person.path == f"/services/{SERVICE}/day?site={SITE}"
    assert [one.state for one in fake.appointments.values()] == [State.CANCELLED]


async def test_an_appointment_is_found_as_people_type_it(
    person: Citizen, serve: Serve, fake: FakeBooking, clock: Clock
) -> None:
    reference = await person.book(DAY)
    other = Citizen(await serve(citizen_app(fake, clock)))
    await other.get("/appointment")
    await other.post("/appointment", reference=f" {reference.lower().replace('-', ' ')} ")
    assert other.path == "/appointment/view"
    assert "Booked" in other.text
    assert other.reference() == reference


@pytest.mark.parametrize("typed", ["", "ABC", "00000-00000-00000-00000", "<script>", "é" * 300])
async def test_an_unknown_number_is_a_plain_sentence(person: Citizen, typed: str) -> None:
    await person.get("/appointment")
    await person.post("/appointment", reference=typed)
    assert person.status == 404
    assert person.title.startswith("Error: ")
    assert "We do not know this appointment number" in person.text
    assert "four groups" in person.text
    assert "<script>" not in person.body.split("<main")[1].split("</main")[0]


async def test_cancelling_asks_first_and_frees_the_time(person: Citizen, fake: FakeBooking) -> None:
    reference = await person.book(DAY)
    await person.get("/appointment/cancel")
    assert "cannot be undone" in person.text
    assert fake.appointments[reference].state is State.BOOKED
    await person.post("/appointment/cancel")
    assert person.path == "/appointment/view"
    assert "Cancelled" in person.text
    assert fake.appointments[reference].state is State.CANCELLED
    await person.get("/appointment/cancel")
    assert person.path == "/appointment/view"


@pytest.mark.parametrize("state", State)
async def test_every_state_of_an_appointment_is_said_in_words(
    person: Citizen, fake: FakeBooking, state: State
) -> None:
    reference = await person.book(DAY)
    fake.appointments[reference] = replace(fake.appointments[reference], state=state)
    await person.get("/appointment/view")
    assert person.status == 200
    assert ("Cancel this appointment" in person.text) is (state is State.BOOKED)


@pytest.mark.parametrize(
    "path",
    [
        "/appointment/view",
        "/appointment/confirmed",
        "/appointment/cancel",
        "/appointment/appointment.ics",
        "/appointment/appointment.png",
    ],
)
async def test_without_an_open_appointment_the_number_is_asked(person: Citizen, path: str) -> None:
    await person.get(path)
    assert person.path == "/appointment"


async def test_an_appointment_can_be_closed_on_this_device(person: Citizen) -> None:
    await person.book(DAY)
    await person.get("/appointment/view")
    await person.post("/appointment/leave")
    assert person.path == "/"
    await person.get("/appointment/view")
    assert person.path == "/appointment"


@pytest.mark.parametrize("path", ["/departments/nothing", "/services/nothing", "/services/x/place"])
async def test_what_is_not_in_the_catalogue_is_said(person: Citizen, path: str) -> None:
    await person.get(path)
    assert person.status == 404
    assert "not_in_catalogue" in person.text


async def test_a_place_that_does_not_offer_it_leads_back_to_the_places(person: Citizen) -> None:
    await person.get(f"/services/{SERVICE}/day?site=nowhere")
    assert person.path == f"/services/{SERVICE}/place?site=nowhere&asked=1"
    assert person.status == 422


async def test_one_visitor_is_one_person_and_two_are_two(
    person: Citizen, serve: Serve, fake: FakeBooking, clock: Clock
) -> None:
    await person.choose_time(DAY, 0)
    await person.choose_time(DAY, 0)
    await Citizen(await serve(citizen_app(fake, clock))).choose_time(DAY, 0)
    first, again, other = fake.persons
    assert first == again != other
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in fake.persons)
