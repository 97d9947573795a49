"""Papers before the trip: photographed at home without JavaScript, with advice, by their holder."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestServer
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page

from booking.appointment import COMING, State
from counter.documents.admit import AdmitLimits, sniff_file
from counter.documents.advance import AdvancePaper, AdvanceState, Reason
from counter.documents.refusals import (
    BY_CODE,
    NotBeforeVisit,
    PageUnknown,
    PaperReady,
    TooManyPhotographs,
)
from counter.documents.sample_page import sample_photograph
from counter.documents.sniff import FileLimits, sniff
from counter.errors import Crowded
from counter.ids import AppointmentId, PageId
from tests.documents.photographs import photograph
from tests.web.citizen.test_browser import AXE, SIDEWAYS, SMALL, TWICE, VIOLATIONS
from tests.web.citizen.walk import SERVICE, SITE, Citizen
from tests.web.conftest import Clock, Serve
from tests.web.fakes import SECRET, FakeBooking, chance, citizen_app
from tests.web.live_pages import axe_on_first, follow
from web.citizen.paper_pages import LIST, PaperDeps, routes
from web.citizen.ports import Deps
from web.shared.sealed import Sealer

DAY = "2026-11-25"
SITTING = f"also=fss-old-age-pension&speak=yue&site={SITE}&day={DAY}"


@dataclass(slots=True)
class FakePapers:
    """Papers of everybody in one dictionary; finds in a photograph what it is told to."""

    kept: dict[tuple[str, str], AdvancePaper] = field(default_factory=dict)
    advice: str | None = None
    refuse: Exception | None = None
    came: list[bytes] = field(default_factory=list)

    async def of(self, appointment_ids: Any) -> list[AdvancePaper]:
        return [one for one in self.kept.values() if one.appointment_id in appointment_ids]

    async def take(
        self, appointment_id: AppointmentId, item: str, photograph: bytes, now: datetime
    ) -> AdvancePaper:
        sniff_file(photograph, AdmitLimits())
        if self.refuse is not None:
            raise self.refuse
        self.came.append(photograph)
        state = AdvanceState.SENT if self.advice is None else AdvanceState.ADVISED
        self.kept[appointment_id, item] = AdvancePaper(
            paper_id=PageId(f"p-{len(self.came)}"),
            appointment_id=appointment_id,
            item=item,
            state=state,
            advice=self.advice,
            reason=None,
            width_px=1654,
            height_px=2339,
            taken_at=now,
        )
        return self.kept[appointment_id, item]

    async def use(self, appointment_id: AppointmentId, item: str, now: datetime) -> AdvancePaper:
        try:
            paper = self.kept[appointment_id, item]
        except KeyError:
            raise PageUnknown("none") from None
        self.kept[appointment_id, item] = replace(paper, state=AdvanceState.SENT)
        return self.kept[appointment_id, item]

    async def take_back(self, appointment_id: AppointmentId, item: str, now: datetime) -> None:
        self.kept.pop((appointment_id, item), None)

    async def image(self, appointment_id: str, item: str, picture: str, number: int = 1) -> bytes:
        if (appointment_id, item) not in self.kept or (picture, number) != ("thumb", 1):
            raise PageUnknown("none")
        return sample_photograph(1, width_px=480, height_px=360)

    def say(self, state: AdvanceState, reason: Reason | None = None) -> None:
        """Let the agent say it of all papers."""
        for key, paper in self.kept.items():
            self.kept[key] = replace(paper, state=state, reason=reason)


@pytest.fixture
def papers() -> FakePapers:
    return FakePapers()


def application(
    fake: FakeBooking, papers: FakePapers, clock: Clock, body_limit_bytes: int = 21 * 1024 * 1024
) -> web.Application:
    """Make the citizen's face with papers, as the composition root does."""
    app = citizen_app(fake, clock, body_limit_bytes=body_limit_bytes)
    deps = Deps(
        booking=fake,
        now=clock,
        new_id=lambda: "k",
        sealer=Sealer(secret=SECRET, random_bytes=chance()),
        secure=False,
    )
    app.add_routes(routes(PaperDeps(citizen=deps, papers=papers)))
    return app


@pytest.fixture
async def person(serve: Serve, fake: FakeBooking, papers: FakePapers, clock: Clock) -> Citizen:
    return Citizen(await serve(application(fake, papers, clock)))


async def send(
    person: Citizen, path: str, content: bytes, name: str = "photograph", **more: str
) -> Citizen:
    """Send a file as a browser does."""
    form = FormData({"csrf": person.value("csrf"), **more})
    form.add_field(name, content, filename="IMG_1.jpg", content_type="image/jpeg")
    return await person._take(await person.client.post(path, data=form, headers=person.headers))


async def first_paper(person: Citizen) -> str:
    """Book, and open the first paper of the list; return its address."""
    await person.book(DAY)
    await person.get(person.link("/appointment/papers"))
    path = person.links(f"{LIST}/")[0]
    await person.get(path)
    return path


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


async def test_no_other_site_sends_a_photograph(person: Citizen, papers: FakePapers) -> None:
    path = await first_paper(person)
    person.headers["Sec-Fetch-Site"] = "cross-site"
    await send(person, path, photograph())
    assert person.status == 403 and papers.came == []


@asynccontextmanager
async def phone(
    chromium: Browser, papers: FakePapers, clock: Clock, locale: str, **more: Any
) -> AsyncIterator[Page]:
    server = TestServer(application(FakeBooking(), papers, clock))
    await server.start_server()
    context = await chromium.new_context(
        viewport={"width": 390, "height": 844},
        locale=locale,
        has_touch=True,
        base_url=f"http://127.0.0.1:{server.port}",
        **more,
    )
    try:
        page = await context.new_page()
        await page.goto(f"/services/{SERVICE}/time?site={SITE}&day={DAY}")
        await page.check("input[type=radio] >> nth=0")
        await follow(page, "main form button")
        await page.fill("#name", "Ana")
        await follow(page, "main form button >> nth=0")
        await follow(page, "main form button")
        assert page.url.endswith("/appointment/confirmed")
        yield page
    finally:
        await context.close()
        await server.close()


def picture(content: bytes) -> FilePayload:
    """A file as a telephone's camera gives it."""
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": content}


async def all_pages(page: Page, papers: FakePapers, see: Any) -> None:
    """Photograph a paper badly, then well; hear what the staff says."""
    await follow(page, f'main a[href="{LIST}"]')
    await see(page, "list")
    await follow(page, "main ul a >> nth=0")
    await see(page, "camera")
    await follow(page, "main form button")
    await see(page, "camera-error")
    papers.advice = "page_blurred"
    await page.set_input_files(
        "#photograph", files=picture(sample_photograph(1, width_px=1200, height_px=900))
    )
    await follow(page, "main form[enctype] button")
    assert await page.locator(".vc-found").is_visible()
    await see(page, "advice")
    await follow(page, 'main a[href$="again=1"]')
    papers.advice = None
    await page.set_input_files("#photograph", files=picture(sample_photograph(2)))
    await follow(page, "main form[enctype] button")
    assert await page.locator(".vc-found").is_visible()
    await see(page, "good")
    papers.say(AdvanceState.AGAIN, Reason.UNREADABLE)
    await page.reload()
    await see(page, "again")
    papers.say(AdvanceState.READY)
    await page.goto(LIST)
    await see(page, "list-ready")


@pytest.mark.parametrize(
    ("locale", "tag", "axe"), axe_on_first(("zh-MO", "zh-Hant"), ("pt-PT", "pt"))
)
async def test_it_can_be_used_by_everybody_on_a_phone(
    chromium: Browser, papers: FakePapers, clock: Clock, locale: str, tag: str, axe: bool
) -> None:
    wrong: list[str] = []

    async def see(page: Page, name: str) -> None:
        assert await page.evaluate("document.documentElement.lang") == tag
        if axe:
            await page.evaluate(AXE)
            wrong.extend(f"{name}: axe {one}" for one in await page.evaluate(VIOLATIONS))
        wrong.extend(f"{name}: small {one}" for one in await page.evaluate(SMALL))
        await page.set_viewport_size({"width": 320, "height": 640})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 320 px")
        await page.evaluate(TWICE)
        await page.set_viewport_size({"width": 390, "height": 844})
        if sideways := await page.evaluate(SIDEWAYS):
            wrong.append(f"{name}: {sideways} px sideways at 200 % text")
        await page.evaluate("() => { document.documentElement.style.fontSize = ''; }")

    async with phone(chromium, papers, clock, locale) as page:
        await all_pages(page, papers, see)
    assert wrong == []
    assert len(papers.came) == 2 and all(len(one) < 4_000_000 for one in papers.came)


async def test_it_works_without_javascript_and_smaller_with_it(
    chromium: Browser, papers: FakePapers, clock: Clock
) -> None:
    held = io.BytesIO()
    Image.linear_gradient("L").resize((4000, 3000)).convert("RGB").save(held, "JPEG")
    large = held.getvalue()
    for scripts in (False, True):
        papers.kept.clear()
        async with phone(chromium, papers, clock, "en-GB", java_script_enabled=scripts) as page:
            await follow(page, f'main a[href="{LIST}"]')
            await follow(page, "main ul a >> nth=0")
            await page.set_input_files("#photograph", files=picture(large))
            await follow(page, "main form[enctype] button")
            assert await page.locator(".vc-found").is_visible()
    plain, smaller = papers.came
    assert plain == large
    header = sniff(smaller, FileLimits())
    assert (header.width_px, header.height_px) == (3200, 2400)
