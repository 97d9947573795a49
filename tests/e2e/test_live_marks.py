"""Marks on a paper under the camera, in two real browsers: they go where the paper goes.

The kiosk's camera is a canvas on which the test lays sheets; previews, call and store are real.
"""

import asyncio
import base64
import json
from functools import partial
from itertools import count

import cv2
import numpy as np
import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from counter.documents.sample_page import draw_mat, encode_jpeg, lay
from counter.documents.scan_opencv.arrays import Bgr, Floats, Quad
from tests.documents.filled_forms import draw_form, fill_in
from tests.documents.moving_sheets import HEIGHT_PX, WIDTH_PX, corners, letter
from tests.e2e.faces import CHINESE, PAPER, TERMINAL, Console, Terminal, meet, new_page
from tests.e2e.running import RunningCounter
from tests.e2e.test_hands import drag
from tests.e2e.waiting import stands, until

pytestmark = pytest.mark.timeout(400)

CAMERA = f"""(() => {{
  const desk = document.createElement("canvas");
  [desk.width, desk.height] = [{WIDTH_PX}, {HEIGHT_PX}];
  const brush = desk.getContext("2d");
  let lying = null;
  window.layDown = async address => {{
    const picture = new Image();
    picture.src = address;
    await picture.decode();
    lying = picture;
  }};
  setInterval(() => lying && brush.drawImage(lying, 0, 0), 100);
  const media = navigator.mediaDevices;
  const open = media?.getUserMedia.bind(media);
  if (open) media.getUserMedia = async wanted => {{
    const found = wanted.audio ? await open({{audio: wanted.audio}}) : new MediaStream();
    if (wanted.video) found.addTrack(desk.captureStream(10).getVideoTracks()[0]);
    return found;
  }};
}})()"""
NO_TIME_OUT = """() => {
  window.timeOut = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = () => new AbortController().signal;
}"""
"A preview that hangs is given up by itself after five seconds: too late to show anything here."
PAGES = "select count(*) from page"
TOLD = "select coalesce(max(seq), 0) from journal_entry"
FIRST, LATER = corners(size=0.94), corners(size=0.92, dx=0.1, turn=20)
"So small that nothing is photographed by itself."
FRAME = ((0.42, 0.3), (0.55, 0.42))
"Where the agent draws, in shares of the picture."


def shot(paper: Bgr | None, quad: Quad = FIRST) -> str:
    """What the camera sees, as an address."""
    desk = draw_mat(np.random.default_rng(9), WIDTH_PX, HEIGHT_PX)
    frame = desk if paper is None else lay(paper, desk, quad, np.random.default_rng(4))
    return "data:image/jpeg;base64," + base64.b64encode(encode_jpeg(frame, 92)).decode()


def gone_to(quad: Quad) -> Floats:
    """Where the frame's corners lie when the sheet went from `FIRST` to `quad`."""
    moved = cv2.getPerspectiveTransform(FIRST.astype(np.float32), quad.astype(np.float32))
    (left, top), (right, bottom) = FRAME
    drawn = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    size = (WIDTH_PX, HEIGHT_PX)
    there = cv2.perspectiveTransform((drawn * size).reshape(1, -1, 2), moved.astype(np.float64))
    return np.asarray(there[0] / size, np.float64)


async def lies_at(overlay: Locator, wanted: Floats) -> bool:
    """Whether the one mark is drawn there, to a hundredth of the picture."""
    drawn = await overlay.locator("[data-mark]").evaluate_all(
        "all => all.map(one => one.getAttribute('points'))"
    )
    if len(drawn) != 1 or not drawn[0]:
        return False
    places = np.array([[float(x) for x in spot.split(",")] for spot in drawn[0].split()])
    return places.shape == wanted.shape and float(np.abs(places - wanted).max()) < 0.01


async def lay_down(page: Page, paper: Bgr | None, quad: Quad = FIRST) -> None:
    await page.evaluate("address => window.layDown(address)", shot(paper, quad))


async def asked_for_a_paper(
    counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser, paper: Bgr
) -> tuple[Page, Console]:
    """The terminal's page, with a sheet of which a picture is not taken by itself, and the desk."""
    page = await new_page(kiosk_browser, width=1080, height=1920, has_touch=True)
    await page.add_init_script(CAMERA)
    await page.goto(await counter.enrolment(TERMINAL))
    await page.wait_for_url("**/terminal")
    terminal = Terminal(page)
    await lay_down(page, paper)
    console = await Console.signed_in(desk_browser, counter)
    await meet(terminal, console, counter)
    await console.ask_for(PAPER)
    await terminal.speak(CHINESE)
    await console.page.get_by_role("tab", name="Papers").click()
    await expect(page.locator(".outline polygon")).to_be_attached()
    return page, console


async def test_a_frame_stays_on_its_line_is_hidden_when_in_doubt_and_shown_again(
    shared_counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    counter = shared_counter
    [(pages,)], [(told_before,)] = counter.facts(PAGES), counter.facts(TOLD)
    mine = fill_in(draw_form(3), 3, 11)
    other = fill_in(draw_form(3), 3, 12)
    page, console = await asked_for_a_paper(counter, desk_browser, kiosk_browser, mine)

    # The frame lies on its words on both screens, and goes where the sheet goes.
    theirs = page.locator(".scan .overlay")
    ours = console.page.locator(".viewer[data-live] .overlay")
    await console.page.get_by_role("button", name="Frame", exact=True).click()
    await drag(console, ours, *FRAME)
    for quad in (FIRST, LATER):
        await lay_down(page, mine, quad)
        for overlay in (theirs, ours):
            await until(partial(lies_at, overlay, gone_to(quad)), "the frame left its words")

    # While a preview hangs no mark stands where the sheet may not lie any more.
    answered = asyncio.Event()

    async def hang(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await page.evaluate(NO_TIME_OUT)
    await page.route("**/terminal/previews/*", hang)
    await expect(theirs.locator("[data-mark]")).to_have_count(0)
    await page.evaluate("AbortSignal.timeout = window.timeOut")
    answered.set()

    # Taken away, and something laid there: nobody knows whether it is the same sheet.
    doubt = console.page.locator("[data-hidden-marks=left]")
    await lay_down(page, None)
    await expect(doubt).to_be_visible()
    await lay_down(page, mine, LATER)
    await expect(page.locator(".outline polygon")).to_be_attached()
    for overlay in (theirs, ours):
        await expect(overlay.locator("[data-mark]")).to_have_count(0)
    await doubt.get_by_role("button", name="Same sheet: show the marks").click()
    await expect(page.locator(".announcement p")).to_be_visible()  # for eight seconds
    await expect(doubt).to_be_hidden()
    for overlay in (theirs, ours):
        await until(partial(lies_at, overlay, gone_to(LATER)), "the frame is not back")

    # Another's copy of the same form has no mark on it.
    await lay_down(page, other, LATER)
    for overlay in (theirs, ours):
        await expect(overlay.locator("[data-mark]")).to_have_count(0)
    await expect(doubt).to_be_visible()
    await doubt.get_by_role("button", name="Clear hidden marks").click()
    await expect(doubt).to_be_hidden()

    assert counter.facts("select count(*) from mark") == [(0,)]
    assert counter.facts(PAGES) == [(pages,)], "nothing was photographed"
    rows = counter.facts("select body from journal_entry where seq > ?", str(told_before))
    told = [json.loads(body) for (body,) in rows]
    acts = [one["action"] for one in told if one["action"].startswith("mark.")]
    assert acts == ["mark.drawn", "mark.shown", "mark.cleared"]
    await Terminal(page).leave()


async def test_while_the_agent_points_at_a_paper_it_is_not_photographed_by_itself(
    shared_counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    counter = shared_counter
    [(pages,)] = counter.facts(PAGES)
    paper = letter(2)
    page, console = await asked_for_a_paper(counter, desk_browser, kiosk_browser, paper)
    box = await stands(console.page.locator(".viewer[data-live] .overlay"))
    mouse = console.page.mouse

    steps = count()

    async def point() -> None:
        await mouse.move(box["x"] + box["width"] / 2 + next(steps) % 3, box["y"] + 40)

    async def pointed() -> bool:
        await point()  # one may be lost: the next is as good
        return await page.locator(".scan .overlay__pointer").is_visible()

    await until(pointed, "the citizen saw no pointer")
    await lay_down(page, paper, corners(size=1.12))
    await expect(page.locator(".outline--good")).to_be_attached()
    looked: list[str] = []
    page.on("response", lambda one: looked.append(one.url) if "/previews/" in one.url else None)

    async def looked_on() -> bool:
        await point()  # also while a preview takes longer than a pointer stands
        assert await page.locator(".ring").count() == 0
        return len(looked) >= 20  # twice as long as the ring takes

    await until(looked_on, "the kiosk stopped looking", within_s=120)
    assert counter.facts(PAGES) == [(pages,)]
    await mouse.move(5, 5)
    await expect(console.page.locator(".thumb img")).to_be_visible()
    assert counter.facts(PAGES) == [(pages + 1,)]
    await Terminal(page).leave()
