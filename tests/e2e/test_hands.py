"""The agent's hands on the terminal in two real browsers: announced, made so, stopped; and one page
that both point at."""

import asyncio
import re
from collections.abc import Callable
from functools import partial

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.e2e.faces import CHINESE, PAPER, Console, Terminal, meet, shown_page
from tests.e2e.probe import still_seen_and_heard
from tests.e2e.running import RunningCounter
from tests.e2e.waiting import stands, until

pytestmark = pytest.mark.timeout(400)  # by the clock, on a machine that does other things too


def hand(console: Console, name: str) -> Locator:
    """The row of a hand in the agent's panel."""
    return console.page.locator(f"[data-hand={name}]")


async def press(console: Console, name: str) -> None:
    """Press the button of exactly this name: "Louder" is not "Microphone louder"."""
    await console.page.get_by_role("button", name=name, exact=True).click()


async def announced(terminal: Terminal, words: str) -> None:
    """The terminal says it over the picture, and to whoever listens."""
    await expect(terminal.page.locator(".announcement p")).to_have_text(words)
    await expect(terminal.page.locator("[aria-live=polite]").first).to_have_text(words)


async def test_an_agent_helps_with_the_terminal_and_both_point_at_one_page(
    shared_counter: RunningCounter, desk_browser: Browser, kiosk_browser: Browser
) -> None:
    counter = shared_counter
    [(before,)] = counter.facts("select coalesce(max(seq), 0) from journal_entry")
    terminal, console = await asyncio.gather(
        Terminal.enrolled(kiosk_browser, counter), Console.signed_in(desk_browser, counter)
    )
    await meet(terminal, console, counter)
    await terminal.speak(CHINESE)

    # Sound, letters, microphone, closer: each announced in the citizen's language, and made so.
    await console.page.get_by_role("tab", name="Terminal").click()
    await press(console, "Louder")
    await announced(terminal, "接待人員調高了音量")
    await expect(hand(console, "volume")).to_have_attribute("data-state", "done")
    await until(partial(loud, terminal, 0.8), "the volume is another one")

    await console.button("Very large letters").click()
    await announced(terminal, "接待人員放大了字體")
    await terminal.page.wait_for_function(
        "() => getComputedStyle(document.documentElement).fontSize === '32px'"
    )
    await console.button("Normal letters").click()

    await console.button("Microphone louder").click()
    await expect(hand(console, "gain")).to_have_attribute("data-state", "done")
    await still_seen_and_heard(console.page)

    whole = await greys(console)
    for closer in ("1.5 ×", "2 ×", "3 ×"):
        await console.button("Picture: closer").click()
        await expect(hand(console, "crop").locator(".hands__value")).to_have_text(closer)
    await announced(terminal, "接待人員放大了畫面")
    await expect(hand(console, "crop")).to_have_attribute("data-state", "done")
    await until(lambda: changed(console, whole, lambda by: by > 20), "the picture came no closer")
    await still_seen_and_heard(console.page)

    # What cannot be is said.
    await console.button("Over the papers").click()
    await expect(hand(console, "camera")).to_have_attribute("data-state", "cannot")
    await expect(hand(console, "camera")).to_contain_text("no camera over the papers")

    # The citizen stops it, and is asked before it goes on.
    await terminal.touch(terminal.page.locator(".hands .press--end"))
    banner = console.page.locator("[data-permission=stopped]")
    await expect(banner).to_be_visible()
    await until(
        lambda: changed(console, whole, lambda by: by < 8), "the picture is not whole again"
    )
    await press(console, "Quieter")
    await expect(console.page.locator("[data-code=hands_stopped]")).to_be_visible()
    await console.button("Ask again").click()
    await terminal.press(re.compile("^可以$"))
    await expect(banner).to_be_hidden()

    # A paper turns green on both screens as it is accepted.
    await console.ask_for(PAPER)
    await terminal.touch(terminal.page.locator(".scan .press--go"))
    await console.accept_page()
    await expect(console.page.locator(".item--green")).to_contain_text(PAPER)
    await expect(terminal.page.locator(".done__page--accepted")).to_be_visible()
    await console.button(f"Original seen: {PAPER}").click()
    await expect(terminal.page.locator(".done__page--accepted")).to_contain_text("已看正本")

    # One page before both: a frame lies at the same place, and each sees where the other points.
    await console.button("Show to the citizen").first.click()
    theirs = terminal.page.locator(".together .overlay")
    await expect(theirs).to_be_visible()
    await press(console, "Frame")
    mine = console.page.locator(".viewer .overlay")
    await shown_page(console.page, ".viewer__paper img")
    await drag(console, mine, (0.2, 0.1), (0.6, 0.3))
    for overlay in (mine, theirs):
        await expect(overlay.locator("[data-mark]")).to_have_count(1)
        await until(partial(lies_at, overlay, [0.2, 0.1, 0.4, 0.2]), "the frame lies elsewhere")
    await press(console, "Point")
    await until(lambda: hovered_at(console, mine, theirs), "the citizen saw no pointer")
    await until(lambda: touched_at(theirs, mine), "the agent saw no touch")

    # Reloaded, the terminal is as it was: its screen is what the store says.
    await terminal.page.reload()
    await expect(theirs.locator("[data-mark]")).to_have_count(1)
    await until(partial(loud, terminal, 0.8), "the volume is another one")

    # The journal tells it, and the end is the end.
    await console.close()
    rows = counter.facts("select body from journal_entry where seq > ?", str(before))
    told = [body for (body,) in rows]
    for action, number in (("hand.used", 9), ("hands.changed", 3), ("mark.drawn", 1)):
        assert sum(f'"{action}"' in body for body in told) == number, action
    assert sum('"paper.original_seen"' in body for body in told) == 1
    for table in ("hand", "hand_use", "mark"):
        assert counter.facts(f"select count(*) from {table}") == [(0,)]
    await terminal.speak("English")
    await terminal.press("Finish and remove my data from this machine")
    await expect(terminal.page.locator(".attract")).to_be_visible()


async def loud(terminal: Terminal, volume: float) -> bool:
    """Whether the agent is heard so loud, as a share."""
    now = await terminal.page.evaluate("document.querySelector('.stage__agent')?.volume")
    return bool(now == pytest.approx(volume))


GREYS = """() => {
  const video = document.querySelector(".video__remote");
  const brush = new OffscreenCanvas(16, 9).getContext("2d");
  brush.drawImage(video, 0, 0, 16, 9);
  return Array.from(brush.getImageData(0, 0, 16, 9).data).filter((_, at) => at % 4 === 1);
}"""


async def greys(console: Console) -> list[int]:
    """The citizen's picture as the agent has it, 16 x 9."""
    return list(await console.page.evaluate(GREYS))


async def changed(console: Console, since: list[int], fits: Callable[[float], bool]) -> bool:
    """Whether the mean difference fits; the camera of this terminal sees one still picture."""
    now = await greys(console)
    return fits(sum(abs(one - other) for one, other in zip(now, since, strict=True)) / len(now))


async def drag(
    console: Console, on: Locator, start: tuple[float, float], end: tuple[float, float]
) -> None:
    box = await stands(on)
    mouse = console.page.mouse
    await mouse.move(box["x"] + box["width"] * start[0], box["y"] + box["height"] * start[1])
    await mouse.down()
    await mouse.move(box["x"] + box["width"] * end[0], box["y"] + box["height"] * end[1], steps=5)
    await mouse.up()


async def hovered_at(console: Console, mine: Locator, theirs: Locator) -> bool:
    """The agent's mouse comes to half the width; the citizen sees it there."""
    box = await mine.bounding_box()
    assert box is not None
    for share in (0.45, 0.5):
        await console.page.mouse.move(box["x"] + box["width"] * share, box["y"] + 40)
    return await seen_at(theirs, 50)


async def touched_at(theirs: Locator, mine: Locator) -> bool:
    """The citizen touches the page at three tenths of the width; the agent sees it there."""
    box = await theirs.bounding_box()
    assert box is not None
    await theirs.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.7})
    return await seen_at(mine, 30)


async def seen_at(overlay: Locator, percent: float) -> bool:
    """Whether the other side's pointer is shown there, within a second: it does not stay."""
    for _ in range(20):
        shown = await overlay.locator(".overlay__pointer").evaluate_all(
            "all => all.map(one => parseFloat(one.getAttribute('cx')))"
        )
        if shown and abs(shown[0] - percent) < 2:
            return True
        await asyncio.sleep(0.05)
    return False


async def lies_at(overlay: Locator, wanted: list[float]) -> bool:
    """Whether the mark lies so, in shares of the page as it is drawn here: x, y, width, height."""
    page, mark = await overlay.bounding_box(), await overlay.locator("[data-mark]").bounding_box()
    if page is None or mark is None:
        return False
    place = [
        (mark["x"] - page["x"]) / page["width"],
        (mark["y"] - page["y"]) / page["height"],
        mark["width"] / page["width"],
        mark["height"] / page["height"],
    ]
    return place == pytest.approx(wanted, abs=0.02)
