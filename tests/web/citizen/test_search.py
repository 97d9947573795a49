"""Finding a service by one's own words, and what its page says before booking."""

from html import unescape

import pytest

from booking.catalogue import Ability, Acting, ByVideo
from tests.web.citizen.walk import Citizen
from tests.web.conftest import Client
from tests.web.fakes import places
from web.shared.i18n import LANGUAGES


@pytest.fixture
async def person(citizen: Client) -> Citizen:
    return Citizen(citizen)


@pytest.mark.parametrize("page", ["/", "/departments?side=MO", "/departments?side=CN", "/search"])
async def test_the_box_is_a_form_that_works_without_a_script(person: Citizen, page: str) -> None:
    await person.get(page)
    assert '<form class="vc-search" method="get" action="/search" role="search">' in person.body
    assert 'name="q"' in person.body


async def test_what_is_found_says_department_side_place_and_how_far_it_goes(
    person: Citizen,
) -> None:
    await person.get("/search?q=police+record")
    assert person.status == 200
    assert person.title.startswith("1 service found")
    assert 'href="/services/dsi-criminal-record"' in person.body
    assert "Identification Services Bureau · Macau department" in person.text
    assert "Also called: police record" in person.text
    assert "Macau New Neighbourhood · Hengqin Citizen Service Centre" in person.text
    assert "Done by video" in person.text
    assert person.value("q") == "police record"
    await person.get("/search?q=inheritance")
    assert "Questions only" in person.text and "Hengqin department" in person.text


async def test_a_reason_in_another_language_is_marked_as_that(person: Citizen) -> None:
    await person.get("/search?q=无犯罪证明")
    assert '<b class="vc-search__why" lang="zh-Hant">無犯罪證明</b>' in person.body
    await person.get("/search?q=vaccination")
    assert "Asks for this paper: Vaccination record" in person.text


async def test_a_name_in_the_language_of_the_page_needs_no_reason(person: Citizen) -> None:
    await person.get("/search?q=Dog+licence")
    assert "Dog licence" in person.text
    assert "Also called" not in person.text
    await person.get("/search?q=狗隻准照")
    assert "Also called: 狗隻准照" in person.text


async def test_who_finds_nothing_is_told_what_to_do(person: Citizen) -> None:
    await person.get("/search?q=qwertyuiop")
    assert person.status == 200
    assert person.title.startswith("Nothing found")
    assert "No service is called “qwertyuiop”" in person.text
    assert "What you can do" in person.text
    assert 'href="/departments?side=MO"' in person.body
    assert 'href="/departments?side=CN"' in person.body


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20%20", "?other=1"])
async def test_an_empty_question_is_no_mistake(person: Citizen, query: str) -> None:
    await person.get(f"/search{query}")
    assert person.status == 200
    assert person.title.startswith("Find a service")


async def test_what_is_typed_is_shown_as_text_and_cut(person: Citizen) -> None:
    await person.get("/search?q=<script>qwertyuiop</script>")
    assert "<script>qwertyuiop" not in person.body
    assert "“<script>qwertyuiop</script>”" in unescape(person.body)
    await person.get("/search?q=" + "x" * 5000)
    assert person.value("q") == "x" * 80


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_page_speaks_every_language_and_keeps_the_question(
    person: Citizen, language: str
) -> None:
    await person.get(f"/search?q=護照&lang={language}")
    assert places().service("dsi-passport").names[language] in person.text
    assert person.value("q") == "護照"
    # The other languages are one link away, with the same question.
    assert person.body.count("q=%E8%AD%B7%E7%85%A7&amp;lang=") == len(LANGUAGES) - 1


async def test_a_service_says_before_booking_who_may_come_and_how_one_is_known(
    person: Citizen,
) -> None:
    await person.get("/services/dsi-criminal-record")
    assert "Original: bring the paper itself" in person.text
    assert "Copy: a copy is enough" not in person.text
    assert "You, in your own matter A relative on your behalf A social worker" in person.text
    assert "Your identity document is read at the counter, and the staff" in person.text
    assert "廣東話 · 普通话 · Português · English" in person.text
    assert "About 20 minutes" in person.text
    assert "Until it begins" in person.text
    await person.get("/services/hq_realestate-transfer")
    assert "two members of the staff" in person.text
    assert "Whoever represents a company or an association" in person.text
    assert "廣東話 · 普通话" in person.text and "廣東話 · 普通话 ·" not in person.text
    assert "Until 2 hours before" in person.text
    await person.get("/services/dsal-domestic-worker")
    assert "1 appointment a week for each person" in person.text
    await person.get("/services/dsi-passport")
    assert "Photo: a recent photograph of your face" in person.text


async def test_what_is_not_finished_here_names_the_place_that_does_it(person: Citizen) -> None:
    for service in places().services.values():
        await person.get(f"/services/{service.id}?lang=en")
        enquiry = service.by_video is ByVideo.ENQUIRY
        assert ("Questions only" in person.text) is enquiry, service.id
        assert ("You can finish this" in person.text) is not enquiry, service.id
        if enquiry:
            assert f"Where it is finished {service.elsewhere['en']}" in person.text
        assert ("A relative on your behalf" in person.text) is (Acting.RELATIVE in service.acts_for)


async def test_a_place_that_cannot_give_it_says_what_it_lacks(person: Citizen) -> None:
    sentence = "Not at Macau New Neighbourhood: there is no printer."
    for service in places().services.values():
        await person.get(f"/services/{service.id}?lang=en")
        assert (sentence in person.text) is (Ability.PRINTER in service.abilities), service.id
