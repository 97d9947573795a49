"""The questions before the day: asked where they have two answers, kept in the address."""

from urllib.parse import parse_qs, urlsplit

import pytest

from booking.appointment import State
from booking.catalogue import Ability, Acting
from booking.errors import SlotTaken
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Client, Clock
from tests.web.fakes import FakeBooking

DAY = "2026-11-25"
OF_COMPANY = "hq_commerce-company-setup"
FEW_LANGUAGES, MACAU = "hq_tax-income-certificate", "macau-morais"


@pytest.fixture
async def person(citizen: Client) -> Citizen:
    return Citizen(citizen)


def answers(person: Citizen) -> dict[str, list[str]]:
    """What stands in the address of the page."""
    return parse_qs(urlsplit(person.path).query)


async def test_who_it_is_for_is_asked_before_the_place(person: Citizen) -> None:
    await person.get(f"/services/{SERVICE}/place")
    assert person.path == f"/services/{SERVICE}/who"
    assert person.values("for") == ["self", "relative", "social_worker"]
    assert "Step 1 of 6" in person.text
    await person.get(f"/services/{SERVICE}/who?asked=1&for=relative")
    assert person.path == f"/services/{SERVICE}/place?for=relative"
    assert "Step 2 of 6" in person.text
    assert person.value("for") == "relative"


@pytest.mark.parametrize("wrong", ["", "asked=1", "for=", "for=king", "for=representative&asked=1"])
async def test_an_answer_that_is_none_is_asked_for_again(person: Citizen, wrong: str) -> None:
    await person.get(f"/services/{SERVICE}/who?{wrong}")
    assert person.status == (422 if wrong else 200)
    assert ("Choose who it is for" in person.text) is bool(wrong)
    assert person.values("for")


async def test_where_only_one_may_come_nothing_is_asked(person: Citizen, fake: FakeBooking) -> None:
    alone = next(one for one in fake.places.services.values() if one.acts_for == (Acting.SELF,))
    await person.get(f"/services/{alone.id}/place")
    assert person.path == f"/services/{alone.id}/place"
    assert "Step 1 of" in person.text
    await person.get(f"/services/{alone.id}/who")
    assert urlsplit(person.path).path == f"/services/{alone.id}/place"


async def test_the_language_is_asked_only_where_not_everybody_speaks_all(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.get(f"/services/{SERVICE}/place?asked=1&for=self&site={SITE}")
    assert urlsplit(person.path).path.endswith("/day")
    await person.get(f"/services/{FEW_LANGUAGES}/place?asked=1&for=self&site={MACAU}")
    assert urlsplit(person.path).path.endswith("/speech")
    spoken = person.values("speak")
    assert spoken == list(fake.places.service(FEW_LANGUAGES).speech)
    await person.get(person.path + "&asked=1&speak=tlh")
    assert person.status == 422
    assert "Choose the language you speak" in person.text
    await person.get(f"/services/{FEW_LANGUAGES}/speech?site={MACAU}&for=self&speak=cmn")
    assert answers(person) == {"site": [MACAU], "for": ["self"], "speak": ["cmn"]}
    assert fake.wishes[-1].speech == "cmn"


async def test_who_reads_what_nobody_there_speaks_is_asked(person: Citizen) -> None:
    await person.get("/?lang=pt")
    await person.get(f"/services/{FEW_LANGUAGES}/day?site={MACAU}")
    assert urlsplit(person.path).path.endswith("/speech")
    assert person.status == 422


async def test_what_was_chosen_survives_a_change_of_language_and_reaches_the_booking(
    person: Citizen, fake: FakeBooking
) -> None:
    chosen = f"for=relative&speak=pt&site={SITE}&with=same&with={MACAU}&step_free=1"
    await person.get(f"/services/{SERVICE}/day?{chosen}&lang=zh_Hans")
    assert person.path == f"/services/{SERVICE}/day?{chosen}"
    wish = fake.wishes[-1]
    assert wish.speech == "pt"
    assert wish.abilities == {Ability.STEP_FREE}
    assert wish.others == tuple(sorted((SITE, MACAU)))
    times = f"/services/{SERVICE}/time?{chosen}&day={DAY}"
    await person.get(times)
    await person.post(times, start=person.values("start")[0], key=person.value("key"))
    assert person.path == "/booking/details"
    assert fake.wishes[-1] == wish
    await person.post(
        "/booking/details", name="Ana", acting_for="Rui", contact="", language="zh_Hans"
    )
    await person.post("/booking/check")
    (details,) = fake.details
    assert (details.acting, details.acting_for) == (Acting.RELATIVE, "Rui")
    assert details.speech == "pt"


async def test_the_first_free_time_is_one_touch_away(person: Citizen, fake: FakeBooking) -> None:
    await person.get(f"/services/{SERVICE}/day?site={SITE}")
    (first, *rest) = person.buttons("start")
    assert len(rest) == 2
    await person.post(first.action, start=first.value, key=person.value("key"))
    assert person.path == "/booking/details"
    (held,) = fake.appointments.values()
    assert held.state is State.HELD
    assert held.start.isoformat() == first.value


async def test_a_company_is_named_with_its_number(person: Citizen, fake: FakeBooking) -> None:
    day = f"/services/{OF_COMPANY}/time?for=representative&speak=yue&site={MACAU}&day={DAY}"
    await person.get(day)
    await person.post(day, start=person.values("start")[0], key=person.value("key"))
    assert "Name of the company or association" in person.text
    answer = {"name": "Ana", "contact": "", "language": "pt", "acting_for": "Boa Fé Lda."}
    await person.post("/booking/details", **answer, entity_number="!")
    assert person.status == 422
    assert 'href="#entity_number"' in person.body
    await person.post("/booking/details", **answer, entity_number="12345 so")
    assert "12345 SO" in person.text
    assert "Boa Fé Lda." in person.text
    await person.post("/booking/check")
    (details,) = fake.details
    assert details.acting is Acting.REPRESENTATIVE
    assert details.entity_number == "12345 SO"


async def test_others_take_part_beside_me_or_elsewhere(person: Citizen, fake: FakeBooking) -> None:
    await person.choose_time(DAY)
    answer = {"name": "Ana", "contact": "", "language": "pt"}
    seats = {"party-1": "Rui", "party-1-site": "same", "party-2": "Eva", "party-2-site": MACAU}
    await person.post("/booking/details", **answer, **seats)
    assert "Rui (" in person.text and "Eva (" in person.text
    await person.get("/booking/details")
    assert person.values("party-1") == ["Rui"]
    await person.post("/booking/check")
    (details,) = fake.details
    assert [(one.name, one.site) for one in details.parties] == [("Rui", SITE), ("Eva", MACAU)]


async def test_a_place_that_is_none_is_said_beside_the_names(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.choose_time(DAY)
    answer = {"name": "Ana", "contact": "", "language": "pt", "party-1": "Rui"}
    await person.post("/booking/details", **answer, **{"party-1-site": "the moon"})
    assert person.status == 422
    assert 'href="#parties"' in person.body and 'id="parties"' in person.body
    assert person.values("party-1") == ["Rui"]


async def test_the_longest_answers_fit_into_the_browser(person: Citizen) -> None:
    times = f"/services/{SERVICE}/time?for=relative&site={SITE}&day={DAY}"
    await person.get(times)
    await person.post(times, start=person.values("start")[0], key=person.value("key"))
    parties = {f"party-{n}": "龍" * 80 for n in (1, 2, 3)}
    await person.post(
        "/booking/details",
        name="龍" * 80,
        acting_for="龍" * 120,
        contact="a" * 64 + "@" + "b" * 50 + ".org",
        language="zh_Hant",
        **parties,
    )
    assert person.path == "/booking/check"
    assert person.status == 200


async def test_several_departments_in_one_sitting(person: Citizen, fake: FakeBooking) -> None:
    await person.get(f"/services/{SERVICE}/also?for=self&speak=yue&site={SITE}")
    assert "Your visit so far" in person.text
    department = person.link("from=")
    await person.get(department)
    await person.get(person.link("also="))
    second = answers(person)["also"][0]
    assert fake.places.service(second).department != "dsi"
    await person.get(person.link("/day"))
    times = f"/services/{SERVICE}/time?{urlsplit(person.path).query}&day={DAY}"
    await person.get(times)
    await person.post(times, start=person.values("start")[0], key=person.value("key"))
    await person.post("/booking/details", name="Ana", contact="", language="pt")
    assert fake.places.service(second).names["en"] in person.text
    await person.post("/booking/check")
    assert person.path == "/appointment/confirmed"
    assert "One code for all departments" in person.text
    booked = fake.appointments[person.reference()]
    assert [one.service for one in booked.sitting] == [second]
    text = await (await person.client.get("/appointment/appointment.ics")).text()
    assert text.count("BEGIN:VEVENT") == 2
    await person.get("/appointment/view")
    assert person.links("/appointment/change"), "and moved as one"
    await person.get("/appointment/cancel")
    assert "All departments of this visit are cancelled together" in person.text
    await person.post("/appointment/cancel")
    gone = fake.appointments[booked_reference(fake)]
    assert {one.state for one in (gone, *gone.sitting)} == {State.CANCELLED}


def booked_reference(fake: FakeBooking) -> str:
    (reference,) = fake.appointments
    return reference


async def test_three_departments_are_the_most(person: Citizen) -> None:
    await person.get(f"/services/{SERVICE}/also")
    for _ in range(2):
        await person.get(person.link("from="))
        await person.get(person.link("also="))
    assert "Three departments are the most" in person.text
    assert len(answers(person)["also"]) == 2


async def test_what_would_undo_an_answer_is_not_offered_beside_it(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.get(f"/services/{SERVICE}/also?for=relative")
    for address in person.links("from="):
        await person.get(address)
        for each in person.links("also="):
            service = fake.places.service(parse_qs(urlsplit(each).query)["also"][-1])
            assert Acting.RELATIVE in service.acts_for


async def test_what_the_details_want_and_cannot_have_leads_back_with_the_answers_kept(
    person: Citizen, fake: FakeBooking, clock: Clock
) -> None:
    await person.choose_time(DAY)
    seat = {"party-1": "Rui", "party-1-site": "same"}
    await person.post(
        "/booking/details", name="Ana", contact="", language="pt", needs="step_free", **seat
    )
    fake.refuse_confirm = SlotTaken("no terminal without steps")
    await person.post("/booking/check")
    assert person.status == 409
    assert "your answers are kept" in person.text
    assert fake.wishes[-1].abilities == {Ability.STEP_FREE}
    assert fake.wishes[-1].others == (SITE,)
    fake.refuse_confirm = None
    action = person.action("/time?")
    await person.post(action, start=person.values("start")[1], key=person.value("key"))
    assert person.path == "/booking/details"
    assert person.value("name") == "Ana"
    assert person.values("party-1") == ["Rui"]
