"""What a person does at the kiosk, and what the counter hears of it."""

import hashlib
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.web import terminal_screens, terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import heard, open_face, pause, press, until
from tests.web.terminal.kiosk import KIOSK, VOICES, at

REFERENCE = "K7Q2M9XWT4V8R3NB5H6D"
LETTERBOX = """() => {
  const video = document.querySelector(".scan__view video");
  const box = video.getBoundingClientRect();
  const view = document.querySelector(".scan__view").getBoundingClientRect();
  const inside = [...document.querySelectorAll(".marks i")].map(one => {
    const mark = one.getBoundingClientRect();
    return mark.left >= box.left && mark.right <= box.right
      && mark.top >= box.top && mark.bottom <= box.bottom && mark.width > 20;
  });
  return {
    marks: inside,
    bars: Math.abs(box.width / box.height - video.videoWidth / video.videoHeight) > 0.01,
    fills: Math.abs(box.width - view.width) < 2 || Math.abs(box.height - view.height) < 2,
  };
}"""


async def test_a_language_on_the_first_screen_is_spoken_and_begins(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "attract")
    await page.locator(".attract__languages").get_by_text("Português").click()
    assert (await heard(counter, page, "language.choose"))["language"] == "pt"
    assert (await heard(counter, page, "screen.open"))["stage"] == "start"


async def test_the_language_changes_without_a_new_page(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "start")
    assert await page.locator("h1").inner_text() == "您有預約嗎？"
    await page.evaluate("window.same = true")
    await counter.show(terminal_screens.terminal("start", "pt"))
    await page.get_by_text("Tem marcação?").wait_for()
    assert await page.evaluate("[window.same, document.documentElement.lang]") == [True, "pt"]


async def test_a_reference_is_typed_on_the_screen(chromium: Browser, counter: FakeCounter) -> None:
    counter.answers["appointment.find"] = lambda _: {"ok": False, "code": "unknown_reference"}
    page = await at(chromium, counter, "reference")
    for digit in REFERENCE:
        await page.locator(".key", has_text=digit).click()
    await press(page, "查找我的預約")
    assert (await heard(counter, page, "appointment.find"))["reference"] == REFERENCE
    advice = page.locator("[data-code=unknown_reference]")
    await advice.wait_for()
    assert "不" in await advice.inner_text()


async def test_a_keyboard_types_as_well_and_reads_o_as_zero(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "reference")
    await page.keyboard.type("o7q2m9xwt4v8r3nb5h6l", delay=100)
    await page.keyboard.press("Enter")
    assert (await heard(counter, page, "appointment.find"))["reference"] == "07Q2M9XWT4V8R3NB5H61"


async def test_a_scanner_types_faster_than_a_hand(chromium: Browser, counter: FakeCounter) -> None:
    page = await at(chromium, counter, "reference")
    await page.evaluate(
        """text => { for (const key of [...text, "Enter"])
            window.dispatchEvent(new KeyboardEvent("keydown", {key})); }""",
        "K7Q2M-9XWT4-V8R3N-B5H6D",
    )
    assert (await heard(counter, page, "appointment.find"))[
        "reference"
    ] == "K7Q2M-9XWT4-V8R3N-B5H6D"
    assert len(counter.payloads("appointment.find")) == 1


async def test_a_scanner_on_a_busy_machine_is_understood_as_well(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "reference")
    await page.keyboard.type("K7Q2M-9XW")
    await page.wait_for_timeout(150)
    await page.keyboard.type("T4-V8R3N-B5H6D")
    await page.keyboard.press("Enter")
    assert (await heard(counter, page, "appointment.find"))["reference"] == REFERENCE


@pytest.mark.parametrize("stage", ["attract", "start"])
async def test_a_code_under_the_scanner_begins_the_visit(
    chromium: Browser, counter: FakeCounter, stage: str
) -> None:
    page = await at(chromium, counter, stage)
    await page.evaluate(
        """text => { for (const key of [...text, "Enter"])
            window.dispatchEvent(new KeyboardEvent("keydown", {key})); }""",
        REFERENCE,
    )
    assert (await heard(counter, page, "appointment.find"))["reference"] == REFERENCE
    assert counter.payloads("screen.open")[0]["stage"] == "reference"


async def test_an_ask_is_repeated_with_its_key_until_it_is_answered(
    chromium: Browser, counter: FakeCounter
) -> None:
    async def cut_first(_: dict[str, Any]) -> dict[str, Any]:
        if len(counter.payloads("arrival.confirm")) == 1:
            await counter.cut()
        return {"ok": True}

    counter.answers["arrival.confirm"] = cut_first
    page = await at(chromium, counter, "confirm")
    await press(page, "是，這是我的預約")
    again = await heard(counter, page, "arrival.confirm", 2)
    assert again["key"] == counter.payloads("arrival.confirm")[0]["key"]


async def test_a_page_that_comes_back_says_what_it_has_heard(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "waiting")
    await counter.tell("/terminal", "ticket.taken")
    await counter.tell("/terminal", "call.started")
    await page.get_by_text("接待人員已接通。").wait_for(state="attached")
    await counter.cut()
    await until(lambda: len(counter.last) == 2, page)
    assert counter.last == [{}, {"terminal:1": 2}]


async def test_a_paper_is_photographed_at_once_and_its_refusal_is_advice(
    chromium: Browser, counter: FakeCounter
) -> None:
    counter.refuse_photographs = ["page_glare"]
    page = await at(chromium, counter, "scan")
    await page.locator(".stage__self").wait_for()
    await press(page, "重新拍攝")
    await page.locator("[data-code=page_glare]").wait_for()
    assert len(counter.photographs) == 1
    assert counter.photographs[0][:2] == b"\xff\xd8" or counter.photographs[0][:4] == b"\x89PNG"
    await press(page, "重新拍攝")
    await page.get_by_text("已收到，接待人員正在查看。").wait_for()
    assert len(counter.photographs) == 2


async def test_a_paper_that_is_not_at_hand_can_be_declined(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "scan")
    await press(page, "我沒有這份文件")
    assert (await heard(counter, page, "scan.decline"))["request_id"] == "scan-1"


async def test_a_program_photographs_when_the_citizen_says_so(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "device scan")
    await page.locator("[data-code=camera_dark]").wait_for()
    assert await page.locator(".scan video").count() == 0, "the program has the camera"
    await press(page, "重新拍攝")
    assert (await heard(counter, page, "shot.take"))["request_id"] == "scan-1"
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["arriving"])
    picture = page.locator(".scan__arriving")
    await picture.wait_for()
    assert await picture.evaluate("one => one.decode().then(() => one.naturalWidth > 0)")
    assert counter.photographs == []
    for name in ("拍攝", "我沒有這份文件"):
        assert await page.get_by_role("button", name=name).is_disabled()


async def test_a_sheet_that_is_here_already_is_said_while_it_still_lies_there(
    chromium: Browser, counter: FakeCounter
) -> None:
    words = "這一頁已經收到。如還有另一頁，請放上那一頁。"
    page = await at(chromium, counter, "seen before", before=VOICES)
    await page.get_by_role("alert").get_by_text(words).wait_for()
    await page.wait_for_function("() => window.said.length > 0")
    assert await page.evaluate("() => window.said") == [[words, "yue-HK"]]
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["talk"])  # the agent has decided
    await page.locator("[data-code=seen_before]").wait_for(state="detached")


async def test_the_same_side_of_a_card_is_said_while_it_still_lies_there(
    chromium: Browser, counter: FakeCounter
) -> None:
    words = "這仍是同一面。請把證件翻轉。"
    page = await at(chromium, counter, "same side", before=VOICES)
    await page.get_by_role("alert").get_by_text(words).wait_for()
    await page.wait_for_function("() => window.said.length > 0")
    assert await page.evaluate("() => window.said") == [[words, "yue-HK"]]


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080)], ids=["portrait", "landscape"])
async def test_the_guide_marks_lie_on_what_the_camera_sees(
    chromium: Browser, counter: FakeCounter, size: tuple[int, int]
) -> None:
    page = await at(chromium, counter, "scan")
    await page.set_viewport_size({"width": size[0], "height": size[1]})
    await page.locator(".scan__view video").wait_for()
    right = {"marks": [True] * 4, "bars": False, "fills": True}

    async def measured() -> bool:
        return bool(await page.evaluate(LETTERBOX) == right)

    await until(measured, page)


async def test_finishing_asks_first_and_then_forgets(
    chromium: Browser, counter: FakeCounter
) -> None:
    async def leave(_: dict[str, Any]) -> dict[str, Any]:
        await counter.show(terminal_screens.terminal("attract"))
        return {"ok": True}

    counter.answers["visit.leave"] = leave
    page = await at(chromium, counter, "receipt", "pt")
    await page.evaluate("localStorage.setItem('left', 'behind')")
    await press(page, "Terminar")
    async with page.expect_navigation(url="**/terminal"):
        await press(page, "Sim, terminar")
        await page.get_by_text("Obrigado. Até à próxima!").wait_for()
    await page.locator(".frame--attract").wait_for()
    assert await page.evaluate("localStorage.getItem('left')") is None
    assert len(counter.payloads("visit.leave")) == 1, "not before it was asked"


@pytest.mark.parametrize("where", ["button", "backdrop"])
async def test_nobody_there_is_asked_first_and_a_touch_goes_on(
    chromium: Browser, counter: FakeCounter, where: str
) -> None:
    await counter.show(terminal_screens.terminal("start"))
    context, page, _ = await open_face(chromium, counter, "terminal", KIOSK)
    await page.clock.install()
    await page.goto(f"{counter.url}/terminal")
    await page.locator(".frame--start").wait_for()
    await pause(page)
    await page.locator(".top").click()  # the minute begins
    await page.clock.run_for(58_000)
    assert await page.locator("dialog").count() == 0
    await page.clock.resume()
    await page.clock.run_for(4_000)
    await page.locator("dialog").wait_for()
    if where == "button":
        await page.get_by_role("button", name="是，繼續").click()
    else:
        await page.mouse.click(20, 900)
    await page.locator("dialog").wait_for(state="detached")
    await page.clock.run_for(62_000)
    await page.locator("dialog").wait_for()
    if where == "button":
        await page.clock.run_for(32_000)  # nobody answers
    else:
        await page.get_by_role("button", name="不，結束").click()
    await heard(counter, page, "visit.leave")
    assert len(counter.payloads("visit.leave")) == 1
    await context.close()


@pytest.mark.parametrize("stage", ["waiting", "talk"])
async def test_nobody_who_waits_or_speaks_is_asked_for_more_time(
    chromium: Browser, counter: FakeCounter, stage: str
) -> None:
    await counter.show(terminal_stages.terminal_stages("zh-Hant")[stage])
    context, page, _ = await open_face(chromium, counter, "terminal", KIOSK)
    await page.clock.install()
    await page.goto(f"{counter.url}/terminal")
    await page.locator(".frame").wait_for()
    await page.clock.run_for(200_000)
    assert await page.locator("dialog").count() == 0
    assert counter.payloads("visit.leave") == []
    await context.close()


async def test_a_displaced_page_is_out_of_use_until_it_takes_over(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "waiting")
    await counter.displace("/terminal")
    await page.get_by_text("本機的頁面已在另一個視窗開啟").wait_for()
    await page.wait_for_timeout(1500)
    assert len(counter.last) == 1, "it does not fight for the terminal"
    await page.get_by_role("button", name="在這裡繼續").click()
    await page.locator(".frame--waiting").wait_for()


async def test_the_token_of_the_address_makes_the_machine_a_terminal(
    chromium: Browser, counter: FakeCounter
) -> None:
    context = await chromium.new_context()
    page = await context.new_page()
    await page.goto(f"{counter.url}/terminal/start#wrong")
    await page.locator("#enrol-refused").wait_for()
    assert "wrong" not in page.url
    async with page.expect_navigation(url="**/terminal"):
        await page.goto("about:blank")
        await page.goto(f"{counter.url}/terminal/start#right")
    await page.locator(".frame--attract").wait_for()
    await context.close()


async def test_photographs_are_what_was_announced(chromium: Browser, counter: FakeCounter) -> None:
    page = await at(chromium, counter, "scan")
    digests: list[str] = []
    page.on(
        "request",
        lambda sent: (
            digests.append(sent.headers.get("x-digest-sha256", ""))
            if sent.method == "PUT"
            else None
        ),
    )
    await page.locator(".stage__self").wait_for()
    await press(page, "重新拍攝")
    # The browser tells of its request after the counter may have answered it.
    await until(lambda: counter.photographs and digests, page)
    assert digests == [hashlib.sha256(counter.photographs[0]).hexdigest()]
