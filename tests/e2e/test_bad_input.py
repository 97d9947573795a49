"""What goes wrong every day: a plain sentence in the person's language, and nothing changed.

Each sentence is the one that `web.shared.refusals` has for the refusal's stable code.
"""

import asyncio
import hashlib
import html
import re
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import aiohttp
import cv2
import numpy as np
import pytest
from playwright.async_api import Browser, Page, expect

from booking.appointment import reference_sha256
from counter.documents.sample_page import sample_photograph
from counter.terminal.line_socketio import Line
from counter.terminal.ports import Refused
from tests.e2e.cameras import FAKE_DEVICE, PICTURES_PER_S, looking_at
from tests.e2e.conftest import Launch
from tests.e2e.faces import CHINESE, SERVICE, SITE, TERMINAL, Console, Terminal, advised, meet
from tests.e2e.probe import figures, legs, seen_and_heard
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import press
from web.shared.i18n import texts_for
from web.shared.refusals import advice, explain

pytestmark = pytest.mark.timeout(400)  # by the clock, on a machine that does other things too

NOBODY_HERE = "00000-00000-00000-00000"
CASES = "select count(*) from case_file"
PAGES_AND_FORMS = "select (select count(*) from page), (select count(*) from ceremony)"
NEWEST_REQUEST = "select id, state from scan_request order by rowid desc limit 1"
BOOKED = "select count(*) from appointment"
OURS = "select state from appointment where reference_sha256 in (?, ?) order by id"
"What others booked before may end by itself meanwhile."


def on_screen(face: str, english: str) -> str:
    """What the scripts of a face say in Traditional Chinese."""
    return str(texts_for("zh_Hant").for_scripts(face)[english])


# --- at the terminal's door ----------------------------------------------------------------------


async def test_references_that_open_nothing_are_explained_at_the_terminal(
    shared_counter: RunningCounter, kiosk_browser: Browser
) -> None:
    counter = shared_counter
    terminal = await Terminal.enrolled(kiosk_browser, counter)
    elsewhere = await counter.operator(
        "/demo/visit", {"terminal": "hengqin-centre-1", "service": "fss-contributions"}
    )
    here = await counter.operator("/demo/visit", {"terminal": TERMINAL, "service": SERVICE})
    await terminal.begin(CHINESE)
    await terminal.open_keys()
    [(cases,)] = counter.facts(CASES)

    def ours() -> list[tuple[str]]:
        return counter.facts(
            OURS, *(reference_sha256(one["reference"]) for one in (elsewhere, here))
        )

    before = ours()
    assert before == [("booked",), ("booked",)]
    for scanned, code in (
        (NOBODY_HERE, "unknown_reference"),
        ("https://example.org/ticket/12345", "unknown_reference"),
        (elsewhere["reference"], "wrong_site"),
    ):
        await terminal.scan_reference(scanned)
        await advised(terminal.page, code)
        await expect(terminal.page.locator(".reference")).to_be_visible()
    assert ours() == before
    assert counter.facts(CASES) == [(cases,)]

    # The right one, but its citizen gives the place up: it is good once more.
    await terminal.scan_reference(here["reference"])
    await terminal.touch(terminal.page.locator(".step .press--go"))
    await terminal.touch(terminal.page.locator(".waiting .press--quiet"))
    await terminal.touch(terminal.page.locator(".waiting .press--end"))
    await terminal.begin(CHINESE)
    await terminal.open_keys()
    given_up = ours()
    await terminal.scan_reference(here["reference"])
    await expect(terminal.page.locator(".step .press--go")).to_be_visible()
    assert ours() == given_up
    assert counter.facts(CASES) == [(cases + 1,)]
    await terminal.leave()


# --- booking -------------------------------------------------------------------------------------


class Visitor:
    """A citizen's browser, without the browser."""

    def __init__(self, counter: RunningCounter) -> None:
        headers = {"Accept-Language": "zh-Hant", "Accept": "text/html", "Origin": counter.address}
        self._http = aiohttp.ClientSession(
            counter.address, headers=headers, cookie_jar=aiohttp.CookieJar(unsafe=True)
        )

    async def __aenter__(self) -> "Visitor":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def get(self, path: str) -> tuple[int, str]:
        async with self._http.get(path) as response:
            return response.status, html.unescape(await response.text())

    async def post(self, path: str, form: dict[str, str]) -> tuple[int, str]:
        async with self._http.post(path, data=form, allow_redirects=False) as response:
            return response.status, html.unescape(await response.text())


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]+)"', page)
    assert found, f"no {name} on the page"
    return found[1]


def time_page(day: date) -> str:
    return f"/services/{SERVICE}/time?site={SITE}&day={day}"


async def test_of_two_people_who_want_the_last_place_one_is_told_to_choose_another(
    shared_counter: RunningCounter,
) -> None:
    day = datetime.now(timezone(timedelta(hours=8))).date() + timedelta(days=3)
    [(before,)] = shared_counter.facts(BOOKED)
    async with Visitor(shared_counter) as one, Visitor(shared_counter) as other:
        pages = [await visitor.get(time_page(day)) for visitor in (one, other)]
        start = hidden(pages[0][1], "start")
        answers = await asyncio.gather(
            *(
                visitor.post(
                    time_page(day),
                    {"csrf": hidden(page, "csrf"), "key": hidden(page, "key"), "start": start},
                )
                for visitor, (_, page) in zip((one, other), pages, strict=True)
            )
        )
    assert sorted(status for status, _ in answers) == [303, 409]
    refused = next(page for status, page in answers if status == 409)
    assert advice("slot_taken", "zh_Hant") in refused
    assert f'value="{start}"' not in refused, "what is taken is still offered"
    assert shared_counter.facts(BOOKED) == [(before + 1,)]


# --- in the conversation -------------------------------------------------------------------------


def blurred() -> bytes:
    picture = cv2.imdecode(np.frombuffer(sample_photograph(2), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return cv2.imencode(".jpg", cv2.GaussianBlur(picture, (0, 0), 4))[1].tobytes()


async def test_unreadable_photographs_and_unfinished_forms_change_nothing(
    shared_counter: RunningCounter, launch: Launch, desk_browser: Browser, empty_camera: Path
) -> None:
    counter = shared_counter
    before = counter.facts(PAGES_AND_FORMS)
    kiosk_browser = await launch(looking_at(empty_camera))
    terminal = await Terminal.enrolled(kiosk_browser, counter)
    console = await Console.signed_in(desk_browser, counter)
    await meet(terminal, console, counter)
    await terminal.speak(CHINESE)
    await console.page.goto(f"{counter.address}/console?lang=zh_Hant")

    # The empty mat, then a blurred page and something that is no picture, as the terminal sends.
    await press(console.page.locator(".item button").first)
    await terminal.touch(terminal.page.locator(".scan .press--go"))
    await advised(terminal.page, "no_page_found")
    [(request_id, state)] = counter.facts(NEWEST_REQUEST)
    assert state == "open"
    told = await counter.operator("/session", {"role": "citizen", "subject": TERMINAL})
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {told['token']}"}) as http:
        for sent, announced, code in (
            (blurred(), None, "page_blurred"),
            (b"%PDF-1.7 no picture", None, "not_an_image"),
            (sample_photograph(2), hashlib.sha256(b"another").hexdigest(), "digest_mismatch"),
        ):
            sha256 = announced or hashlib.sha256(sent).hexdigest()
            async with http.put(
                f"{counter.address}/terminal/pages/{request_id}",
                data=sent,
                headers={"Content-Type": "image/jpeg", "X-Digest-SHA256": sha256},
            ) as response:
                assert (await response.json()) == {"ok": False, "code": code}
    assert counter.facts(PAGES_AND_FORMS) == before
    assert counter.facts(NEWEST_REQUEST) == [(request_id, "open")]
    await terminal.page.reload()
    await expect(terminal.page.locator("[role=alert]")).to_be_visible()

    # A form without what it needs: said beside the field; refused by the counter as well.
    await console.page.locator("#tab-forms").click()
    await console.page.locator(".offered .button--main").last.click()
    await console.page.locator("#fill-document_number").fill("none")
    wrong = console.page.locator(".field--wrong .field__wrong")
    await expect(wrong.first).to_contain_text(explain("field_id_shape", "zh_Hant")[0])
    await press(console.page.locator(".filling .button--main"))
    await expect(console.page.locator("#fill-document_number")).to_be_focused()
    agent = await counter.operator("/session", {"role": "agent", "subject": "lei"})
    line = Line(counter.address, "/agent", agent["token"], lambda: "key-of-this-ask")
    await line.open()
    try:
        asked = {"form": "certificate_application", "fields": {"applicant_name": "陳大文"}}
        with pytest.raises(Refused) as refused:
            await line.ask("form.present", asked)
    finally:
        await line.close()
    assert refused.value.reason == "data_missing"
    assert counter.facts(PAGES_AND_FORMS) == before
    await terminal.leave()


async def test_a_terminal_without_a_camera_says_so_and_the_call_goes_on(
    shared_counter: RunningCounter, launch: Launch, desk_browser: Browser
) -> None:
    bare = await launch(without=(FAKE_DEVICE,))
    terminal = await Terminal.enrolled(bare, shared_counter)
    console = await Console.signed_in(desk_browser, shared_counter)
    await sit_down(terminal, console, shared_counter)
    await terminal.speak(CHINESE)
    words = (
        "Camera and microphone do not work here. "
        "You see and hear the agent: ask for another terminal."
    )
    banner = terminal.page.locator("[data-banner=camera]")
    await expect(banner).to_have_text(on_screen("terminal", words))
    await goes_on(terminal.page)
    # The desk hears nothing and knows why: it leaves its own line alone, which shows the agent.
    await goes_on(terminal.page)
    assert await legs(console.page) == 1
    await expect(console.page.locator("[data-banner=picture]")).to_be_hidden()
    await terminal.leave()


async def test_a_desk_whose_camera_is_refused_says_so_and_the_call_goes_on(
    shared_counter: RunningCounter, launch: Launch, kiosk_browser: Browser
) -> None:
    careful = await launch("--deny-permission-prompts", without=("--use-fake-ui-for-media-stream",))
    terminal = await Terminal.enrolled(kiosk_browser, shared_counter)
    console = await Console.signed_in(careful, shared_counter)
    await sit_down(terminal, console, shared_counter)
    await console.page.goto(f"{shared_counter.address}/console?lang=zh_Hant")
    words = (
        "The browser may not use your camera or microphone. "
        "Allow both in its address bar, then reload this page."
    )
    banner = console.page.locator("[data-banner=devices]")
    await expect(banner).to_have_text(on_screen("console", words))
    await goes_on(console.page)
    await terminal.leave()


async def sit_down(terminal: Terminal, console: Console, counter: RunningCounter) -> None:
    """To the conversation, when not both have a camera."""
    await terminal.begin()
    await terminal.take_ticket("Identification Services Bureau", "Certificate of Personal Data")
    await console.ready()
    await console.answer()


async def goes_on(page: Page) -> None:
    """Who has no camera still sees and hears the other, for five seconds undisturbed."""
    await seen_and_heard(page)
    joined = await legs(page)
    await seen_and_heard(page, frames=(await figures(page))["frames"] + 5 * PICTURES_PER_S)
    assert await legs(page) == joined


async def test_what_is_typed_in_two_scripts_at_once_is_found(
    shared_counter: RunningCounter,
) -> None:
    async with Visitor(shared_counter) as visitor:
        status, page = await visitor.get("/search?q=护照續期")
    assert status == 200
    assert "/services/dsi-passport" in page
    assert "特區護照" in page
