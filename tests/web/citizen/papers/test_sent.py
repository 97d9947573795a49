"""Papers before the trip: sent, advised on, refused in words, taken again, taken back."""

from dataclasses import replace

import pytest
from aiohttp import FormData

from counter.documents.advance import AdvanceState, Reason
from counter.documents.refusals import BY_CODE, PaperReady, TooManyPhotographs
from counter.errors import Crowded
from tests.documents.photographs import photograph
from tests.web.citizen.papers.papers_from_home import (
    DAY,
    SITTING,
    FakePapers,
    application,
    first_paper,
    send,
)
from tests.web.citizen.walk import SERVICE, Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import FakeBooking
from web.citizen.paper_pages import LIST


async def test_the_list_leads_from_the_booking_to_each_paper(
    person: Citizen, fake: FakeBooking
) -> None:
    await person.book(DAY)
    assert person.link("/appointment/papers") == LIST
    await person.get("/appointment/view")
    await person.get(person.link("/appointment/papers"))
    wanted = fake.places.service(SERVICE).papers
    assert len(person.links(f"{LIST}/1/")) == len(wanted) > 0
    assert person.text.count("Not yet") == len(wanted)
    assert "Bring the papers themselves all the same" in person.text


async def test_a_good_photograph_is_sent_at_once(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    assert 'capture="environment"' in person.body and 'enctype="multipart/form-data"' in person.body
    await send(person, path, photograph())
    assert (person.status, person.path) == (200, path)
    assert "The photograph looks good" in person.title
    assert papers.came == [photograph()]
    answer = await person.client.get(f"{path}/thumb/1")
    assert answer.content_type == "image/jpeg" and answer.headers["Cache-Control"] == "no-store"
    await person.get(LIST)
    assert "Looks good" in person.text


async def test_a_picture_from_before_does_as_well(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    await send(person, path, photograph(7), name="picture")
    assert papers.came == [photograph(7)]


@pytest.mark.parametrize(
    ("code", "said", "what"),
    [
        ("too_dark", "The photograph is too dark", "Go to a window"),
        ("no_page_found", "We could not make out the paper", "Lay it flat"),
        ("page_cut_off", "A corner or side of the paper is missing", "all four corners"),
        ("page_too_small", "The paper is too small", "Go nearer"),
        ("page_blurred", "The photograph is not sharp", "hold still"),
        ("page_glare", "A reflection hides part", "flash off"),
        ("page_blank", "Nothing is written on this side", "Turn the paper over"),
        ("never heard of", "This picture could not be looked at", "Take the photograph again"),
    ],
)
async def test_advice_says_what_to_do_and_lets_the_citizen_choose(
    person: Citizen, papers: FakePapers, code: str, said: str, what: str
) -> None:
    path = await first_paper(person)
    papers.advice = code
    await send(person, path, photograph())
    assert said in person.title and what in person.text
    assert f"{path}?again=1" in person.links("again=1")
    await person.get(LIST)
    assert "Could be better" in person.text and what in person.text
    await person.get(path)
    await person.post(f"{path}/use")
    assert (person.path, "The photograph was sent" in person.title) == (path, True)
    await person.get(LIST)
    assert "Sent as it is" in person.text


async def test_taken_again_the_new_one_counts(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    papers.advice = "page_blurred"
    await send(person, path, photograph(1))
    await person.get(f"{path}?again=1")
    assert "hold still" in person.text, "the advice stands above the camera"
    papers.advice = None
    await send(person, path, photograph(2))
    assert "The photograph looks good" in person.title


async def test_nothing_chosen_is_said_at_the_field(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    form = FormData({"csrf": person.value("csrf")})
    form.add_field("photograph", b"", filename="", content_type="application/octet-stream")
    await person._take(await person.client.post(path, data=form, headers=person.headers))
    assert person.status == 422 and person.title.startswith("Error:")
    assert 'href="#photograph"' in person.body and "Take or choose a photograph" in person.text
    await person.post(path)
    assert person.status == 422
    await person.post(path, photograph="no file but a word")
    assert person.status == 422 and papers.came == []


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"hello", 415, "This is no picture or PDF that we can read"),
        (b"%PDF-x", 415, "Send a JPEG, PNG, HEIC or WebP picture, or a PDF"),
        (b"%PDF-1.7" + b"\0" * 20 * 1024 * 1024, 413, "at most 20 MB"),
        (photograph() + b"\0" * 11_000_000, 413, "at most 10 MB"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\x75\x30\x75\x30\0", 413, "40 megapixels"),
        (b"\xff\xd8\xff\xe0%PDF-1.7", 422, "This picture is damaged"),
    ],
    ids=["text", "pdf", "large pdf", "large", "pixels", "damaged"],
)
async def test_a_hostile_file_is_refused_at_the_field_in_words(
    person: Citizen, papers: FakePapers, content: bytes, status: int, said: str
) -> None:
    path = await first_paper(person)
    await send(person, path, content)
    assert (person.status, person.path) == (status, path)
    assert said in person.text and "govuk-error-summary" in person.body
    assert papers.came == []


async def test_what_is_much_too_large_is_refused_before_it_is_read(
    serve: Serve, fake: FakeBooking, papers: FakePapers, clock: Clock
) -> None:
    person = Citizen(await serve(application(fake, papers, clock, body_limit_bytes=1024 * 1024)))
    path = await first_paper(person)
    await send(person, path, photograph() + b"\0" * 3_000_000)
    assert person.status == 413 and "too large" in person.text
    assert papers.came == []


async def test_a_refusal_of_the_looker_is_said_at_the_field(
    person: Citizen, papers: FakePapers
) -> None:
    path = await first_paper(person)
    for refused in (BY_CODE["image_damaged"], BY_CODE["scan_failed"], TooManyPhotographs):
        papers.refuse = refused("x")
        await send(person, path, photograph())
        assert person.status == refused.status and "govuk-error-summary" in person.body
    papers.refuse = Crowded("many", 15)
    await send(person, path, photograph())
    assert person.status == 429


async def test_what_the_staff_said_is_shown(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    await send(person, path, photograph())
    papers.say(AdvanceState.AGAIN, Reason.INCOMPLETE)
    await person.get(LIST)
    assert "Please again" in person.text and "Part of it is missing" in person.text
    await person.get(path)
    assert "Please photograph this paper again" in person.title
    papers.say(AdvanceState.READY)
    await person.get(f"{path}?again=1")
    assert "This paper is ready" in person.title and "Take it again" not in person.text
    papers.refuse = PaperReady("ready")
    await send(person, path, photograph(3))
    assert (person.status, "This paper is ready" in person.title) == (200, True)


async def test_the_citizen_takes_a_photograph_back(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    await send(person, path, photograph())
    await person.post(f"{path}/take-back")
    assert person.path == LIST and papers.kept == {}
    assert (await person.client.get(f"{path}/thumb/1")).status == 404


async def test_what_was_taken_off_the_checklist_is_seen_and_deleted_and_no_more(
    person: Citizen, papers: FakePapers, clock: Clock
) -> None:
    path = await first_paper(person)
    await send(person, path, photograph())
    ((appointment_id, _),) = papers.kept
    ((_, sent),) = papers.kept.items()
    papers.kept[appointment_id, "of-last-year"] = replace(
        sent, item="of-last-year", state=AdvanceState.ADVISED, advice="too_dark"
    )
    await person.get(LIST)
    assert "A paper that is not asked for any more" in person.text
    off = f"{LIST}/1/of-last-year"
    assert off in person.links(f"{LIST}/1/")
    await person.get(f"{off}?again=1")
    assert person.status == 200 and "Take it again" not in person.text
    assert "Use it all the same" not in person.text
    assert (await person.client.get(f"{off}/thumb/1")).status == 200
    await person.post(f"{off}/use")
    assert person.status == 404 and papers.kept[appointment_id, "of-last-year"].state == "advised"
    await person.get(off)
    await send(person, off, photograph(2))
    assert person.status == 404 and papers.came == [photograph()]
    await person.get(off)
    await person.post(f"{off}/take-back")
    assert list(papers.kept) == [(appointment_id, path.rsplit("/", 1)[1])]


async def test_a_sitting_has_the_papers_of_each_department(
    person: Citizen, papers: FakePapers
) -> None:
    times = f"/services/{SERVICE}/time?{SITTING}"
    await person.get(times)
    await person.post(times, start=person.values("start")[0], key=person.value("key"))
    await person.post("/booking/details", name="Ana", contact="", language="pt")
    await person.post("/booking/check")
    await person.get(LIST)
    second = person.links(f"{LIST}/2/")[0]
    assert person.links(f"{LIST}/1/")
    await person.get(second)
    await send(person, second, photograph())
    assert [appointment for appointment, _ in papers.kept] == ["a0-1"]
