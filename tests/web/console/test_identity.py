"""The identification at the desk, in a real browser: each step, its keys, the two pictures."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from counter.protocol.desk_screen import DeskScreen
from counter.protocol.message import Language
from tests.web import call_cards, ceremony_cards, desk_screens
from tests.web.fake_counter import FakeCounter
from tests.web.identity_cards import identity, second
from tests.web.live_pages import (
    axe_on_first,
    faults,
    heard,
    open_face,
    settled,
    show,
    violations,
)

DESK = (1440, 900)
SMALLEST_PX = 44


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        yield made


def desk(language: Language, now: str | None, **more: object) -> DeskScreen:
    """The words of the case are there in two languages; those of an identification in all."""
    case_words: Language = "pt" if language == "en" else language
    page = call_cards.case_page(case_words, "accepted")
    case = desk_screens.desk_case(
        case_words,
        identity=identity(language, now, page.sha256, **more),
        ceremonies=[],
        pages=[page],
        lying=[page.label],
    )
    return desk_screens.desk(case_words, presence="busy", case=case, seconds=[second(language)])


@pytest.mark.parametrize(("language", "axe"), axe_on_first("zh-Hant", "pt"))
async def test_every_step_can_be_seen_touched_and_read_out(
    chromium: Browser, counter: FakeCounter, language: Language, axe: bool
) -> None:
    await counter.show(desk(language, None))
    context, page, complaints = await open_face(
        chromium, counter, "agent", DESK, language, reduced_motion="reduce"
    )
    await page.keyboard.press("e")
    await page.locator("#panel-identity").wait_for()
    wrong: list[str] = []
    for name, screen in {
        "begin": desk(language, None),
        "consent": desk(language, "consent"),
        "document": desk(language, "document"),
        "match": desk(language, "match"),
        "face": desk(language, "face"),
        "decide": desk(language, "nothing", leads_to="waiting"),
        "waiting": desk(language, "nothing", state="waiting"),
    }.items():
        await show(counter, page, screen)
        assert await page.locator("#panel-identity").is_visible()
        found = await faults(page, SMALLEST_PX) + (await violations(page) if axe else [])
        wrong += [f"{name}: {one}" for one in found]
    await context.close()
    assert not wrong, "\n".join(wrong)
    # There is no call behind these pages: the still is not found, and the page says so.
    assert [one for one in complaints if "still" not in one and "404" not in one] == []


async def test_an_agent_goes_through_it_by_the_keyboard(
    chromium: Browser, counter: FakeCounter
) -> None:
    await counter.show(desk("en", None))
    _, page, _ = await open_face(chromium, counter, "agent", DESK, "en")

    async def press(name: str) -> None:
        button = page.get_by_role("button", name=name, exact=True).first
        await expect(button).to_be_enabled()  # not while something else is on its way
        await button.press("Enter")

    async def asked(event: str, count: int = 1) -> dict[str, object]:
        body = dict(await heard(counter, page, event, count))
        body.pop("key")
        return body

    await page.keyboard.press("e")
    await page.get_by_label("Document", exact=True).select_option("passport")
    await press("Begin the identification")
    assert await asked("identity.begin") == {"document": "passport"}

    await counter.show(desk("en", "presence", unread=True))
    assert await asked("identity.read") == {}
    await press("In doubt")
    given = {"proofing_id": "p-1", "step": "presence", "verdict": "doubt"}
    assert await asked("identity.give") == given

    # An earlier step is said again, and then the one that is due comes back.
    await counter.show(desk("en", "face"))
    await press("One step back: Names and dates")
    await page.locator("[data-step=match]").wait_for()
    await press("One step back: Finger across the code lines")
    await page.locator("[data-step=finger_zone]").wait_for()
    await press("Passed")
    assert await asked("identity.give", 2) == given | {"step": "finger_zone", "verdict": "ok"}
    await page.locator("[data-step=face]").wait_for()

    # Names and doubtful characters are marked.
    await show(counter, page, desk("en", "match"))
    assert await page.locator(".names mark").all_inner_texts() == ["CHEN", "CHAN"]
    assert await page.locator(".zone__lines mark").all_inner_texts() == ["3", "N"]

    await counter.show(desk("en", "nothing", leads_to="waiting"))
    await press("Ask the second officer")
    assert await asked("identity.decide") == {"proofing_id": "p-1", "identified": True}
    await page.get_by_text("End without a decision").press("Enter")
    await page.get_by_label("Reason").select_option("under_pressure")
    await press("End the identification")
    assert await asked("identity.abort") == {"proofing_id": "p-1", "reason": "under_pressure"}
    await press("I do not confirm it")
    assert await asked("identity.second") == {"proofing_id": "p-2", "agree": False}


async def test_what_is_read_by_itself_holds_up_no_button(
    chromium: Browser, counter: FakeCounter
) -> None:
    read = asyncio.Event()

    async def slowly(_: object) -> dict[str, object]:
        await read.wait()
        return {"ok": True}

    counter.answers["identity.read"] = slowly
    await counter.show(desk("en", "document", unread=True))
    _, page, _ = await open_face(chromium, counter, "agent", DESK, "en")
    await page.keyboard.press("e")
    await heard(counter, page, "identity.read")
    await page.get_by_role("button", name="In doubt", exact=True).click()
    assert (await heard(counter, page, "identity.give"))["verdict"] == "doubt"
    read.set()


async def test_no_form_interrupts_it_and_the_next_citizen_begins_at_the_papers(
    chromium: Browser, counter: FakeCounter
) -> None:
    begun = desk("en", "face")
    assert begun.case is not None
    await counter.show(begun)
    context, page, _ = await open_face(chromium, counter, "agent", DESK, "en")
    await page.keyboard.press("e")
    chosen = page.locator("[role=tab][aria-selected=true]")
    await expect(chosen).to_have_id("tab-identity")
    presented = [ceremony_cards.ceremony("pt", "presented", 1)]
    case = begun.case.model_copy(update={"ceremonies": presented})
    await counter.show(begun.model_copy(update={"case": case}))
    await expect(page.locator("#panel-forms .ceremony--presented")).to_be_attached()
    await expect(chosen).to_have_id("tab-identity")
    after = begun.case.model_copy(update={"case_id": "case-2", "identity": None})
    await counter.show(begun.model_copy(update={"case": after}))
    await expect(chosen).to_have_id("tab-papers")
    await context.close()


async def test_the_two_pictures_are_equal_and_move_by_their_own(
    chromium: Browser, counter: FakeCounter
) -> None:
    await counter.show(desk("en", "face"))
    _, page, _ = await open_face(chromium, counter, "agent", DESK, "en")
    await page.keyboard.press("e")
    document = page.get_by_role("group", name="Document")
    image = page.get_by_alt_text("Portrait of the document")
    await image.wait_for()
    before = await image.evaluate("one => one.style.transform")
    await document.get_by_label("Zoom").focus()
    await page.keyboard.press("End")
    await settled(page)
    assert "scale(4)" in await image.evaluate("one => one.style.transform")
    await document.get_by_label("Left and right").focus()
    await page.keyboard.press("ArrowRight")
    await document.get_by_role("button", name="Turn").press("Enter")
    await settled(page)
    after = await image.evaluate("one => one.style.transform")
    assert "rotate(90deg)" in after and "translate(29%" in after and after != before
    assert await page.get_by_text("You compare; no machine does.").is_visible()
    await page.get_by_role("button", name="One over the other").press("Enter")
    slide = page.get_by_label("Live over document")
    await slide.focus()
    await page.keyboard.press("Home")
    await settled(page)
    assert await page.locator(".compare__over").evaluate("one => one.style.opacity") == "0"
