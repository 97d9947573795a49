"""Calls with more than two on the real pages: seen, touched, read out, and asked for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from counter.protocol.message import Language
from tests.web import desk_screens, party_stages, terminal_screens
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import axe_on_first, faults, open_face, show, until, violations

DESK, NARROW = (1440, 900), (900, 700)
PORTRAIT, LANDSCAPE = (1080, 1920), (1920, 1080)
CHORD_MS = 4000
"After which the next one is played."
CANDIDATES = [
    {
        "agent_id": "chan",
        "name": "陳志明",
        "department": "社會工作局",
        "languages": ["zh-Hant", "pt"],
        "serves": True,
        "speaks": True,
    }
]


@pytest.fixture
async def counter() -> AsyncIterator[FakeCounter]:
    async with FakeCounter() as made:
        made.answers["leg.join"] = lambda _: {"ok": False, "code": "not_allowed_now"}
        made.answers["party.candidates"] = lambda _: {"ok": True, "candidates": CANDIDATES}
        yield made


# Each size once: the longer words where there is less room.
@pytest.mark.parametrize(
    ("size", "language", "axe"), axe_on_first((DESK, "zh-Hant"), (NARROW, "pt"))
)
async def test_a_desk_in_a_call_of_several_can_be_seen_touched_and_read_out(
    chromium: Browser, counter: FakeCounter, language: Language, size: tuple[int, int], axe: bool
) -> None:
    stages = party_stages.desk_stages(language)
    await counter.show(desk_screens.desk(language))
    context, page, complaints = await open_face(
        chromium, counter, "agent", size, language, reduced_motion="reduce"
    )
    wrong: list[str] = []
    for name, screen in stages.items():
        await show(counter, page, screen)
        found = await faults(page, 44) + (await violations(page) if axe else [])
        wrong += [f"{name}: {one}" for one in found]
    await context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


# Each size once: the longer words where there is less room.
@pytest.mark.parametrize(
    ("size", "language", "axe"), axe_on_first((PORTRAIT, "pt"), (LANDSCAPE, "zh-Hant"))
)
async def test_a_terminal_in_a_call_of_several_can_be_seen_touched_and_read_out(
    chromium: Browser, counter: FakeCounter, language: Language, size: tuple[int, int], axe: bool
) -> None:
    stages = party_stages.terminal_stages(language)
    await counter.show(terminal_screens.terminal("attract", language))
    context, page, complaints = await open_face(chromium, counter, "terminal", size, language)
    wrong: list[str] = []
    for name, screen in stages.items():
        await show(counter, page, screen)
        assert await page.locator(".frame--call").count() == 1
        found = await faults(page, 80) + (await violations(page) if axe else [])
        wrong += [f"{name}: {one}" for one in found]
    await context.close()
    assert not wrong, "\n".join(wrong)
    assert complaints == []


async def at(browser: Browser, counter: FakeCounter, stage: str) -> Page:
    await counter.show(party_stages.desk_stages("zh-Hant")[stage])
    _, page, _ = await open_face(browser, counter, "agent", DESK)
    return page


async def heard(counter: FakeCounter, page: Page, event: str) -> dict[str, Any]:
    await until(lambda: counter.payloads(event), page)
    payload = dict(counter.payloads(event)[-1])
    payload.pop("key")
    return payload


async def test_the_list_of_colleagues_is_opened_asked_and_closed(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "two")
    await page.keyboard.press("i")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="轉接", exact=True).click()
    await dialog.get_by_role("checkbox").check()
    assert await violations(page) == []
    await dialog.get_by_role("button", name="邀請陳志明").click()
    await expect(dialog).to_be_hidden()
    asked = await heard(counter, page, "party.invite")
    assert asked == {"agent": "chan", "purpose": "transfer", "stay": True}


async def test_a_refused_invitation_stays_open_and_says_why(
    chromium: Browser, counter: FakeCounter
) -> None:
    counter.answers["party.invite"] = lambda _: {"ok": False, "code": "agent_not_free"}
    page = await at(chromium, counter, "two")
    await page.keyboard.press("i")
    await page.get_by_role("button", name="邀請陳志明").click()
    await expect(page.get_by_role("dialog").locator("[data-code=agent_not_free]")).to_be_visible()
    assert len(counter.payloads("party.candidates")) == 2, "the list is read again"


PRESSED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("two", "請市民等候", "call.hold", {"on": True}),
    ("held", "恢復與市民通話", "call.hold", {"on": False}),
    ("asking", "取消要求", "party.take_back", {"party_id": "party-2"}),
    ("aside", "讓同事加入", "party.bring_in", {"party_id": "party-consult"}),
    ("aside", "請離通話", "party.remove", {"party_id": "party-consult"}),
    ("aside", "轉交個案", "party.hand_over", {"party_id": "party-consult"}),
    ("asked", "接受邀請", "party.accept", {"party_id": "party-1"}),
    ("asked", "暫不接聽", "party.decline", {"party_id": "party-1"}),
    ("guest", "離開通話", "party.leave", {}),
    ("boss", "提示接待人員", "supervise.mode", {"mode": "whisper"}),
    ("boss", "離開通話", "supervise.stop", {}),
    ("calls", "旁聽", "supervise.start", {"call_id": "call-13", "mode": "listen"}),
]


async def test_what_is_pressed_is_asked(chromium: Browser, counter: FakeCounter) -> None:
    stages = party_stages.desk_stages("zh-Hant")
    page = await at(chromium, counter, "two")
    for stage, press, event, asked in PRESSED:
        button = page.get_by_role("button", name=press, exact=False)
        await counter.show(desk_screens.desk("zh-Hant"))
        await expect(button).to_have_count(0)
        counter.asked.clear()
        await counter.show(stages[stage])
        await button.first.click()
        assert await heard(counter, page, event) == asked, (stage, press)


async def test_an_agent_silences_one_of_two_others_and_the_citizen(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "two")
    await (
        page.locator(".party[data-role=interpreter]").get_by_role("button", name="關閉聲音").click()
    )
    assert await heard(counter, page, "call.mute") == {"owner": "agent:interpreter", "muted": True}
    await page.locator(".party[data-role=citizen]").get_by_role("button", name="關閉畫面").click()
    assert await heard(counter, page, "call.hide") == {"owner": "terminal:t-1", "hidden": True}
    buttons = page.locator(".party[data-role=supervisor]").get_by_role("button")
    assert await buttons.count() == 0, "a supervisor is neither silenced nor sent away"


async def test_a_minute_of_waiting_reminds_the_agent(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "held")
    await page.locator(".onhold").wait_for()
    assert await page.locator(".onhold[data-long]").count() == 0
    await counter.show(party_stages.desk_stages("zh-Hant")["aside"])
    await page.locator(".onhold[data-long]").wait_for()


async def test_the_sound_of_waiting_plays_stops_and_can_be_silenced(
    chromium: Browser, counter: FakeCounter
) -> None:
    stages = party_stages.terminal_stages("zh-Hant")
    await counter.show(stages["two"])
    _, page, _ = await open_face(chromium, counter, "terminal", PORTRAIT)
    await page.clock.install()
    await page.reload()
    await page.locator("main").wait_for()
    await page.evaluate(
        """() => {
          window.waves = 0;
          const make = AudioContext.prototype.createOscillator;
          AudioContext.prototype.createOscillator = function () {
            window.waves++;
            return make.call(this);
          };
        }"""
    )

    async def waves() -> int:
        return int(await page.evaluate("waves"))

    await counter.show(stages["held"])
    await page.locator(".held").wait_for()
    await page.wait_for_function("() => waves > 0")
    begun = await waves()
    await page.clock.run_for(CHORD_MS)
    assert await waves() > begun, "it goes on for as long as they wait"
    await page.get_by_role("button", name="關閉等候音樂").click()
    silenced = await waves()
    await page.clock.run_for(3 * CHORD_MS)
    assert await waves() == silenced
    await page.get_by_role("button", name="重新播放音樂").click()
    await counter.show(stages["two"])
    await page.locator(".held").wait_for(state="detached")
    resumed = await waves()
    await page.clock.run_for(3 * CHORD_MS)
    assert await waves() == resumed, "nothing more once the conversation goes on"
