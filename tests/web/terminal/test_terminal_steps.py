"""What a person does at the kiosk, and what the counter hears of it."""

import hashlib
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from counter.esign.ink import ink
from tests.web import call_cards, ceremony_cards, drawn, terminal_screens, terminal_stages
from tests.web.fake_counter import FakeCounter
from tests.web.live_pages import heard, open_face, pause, press, settled, show, until
from tests.web.terminal.kiosk import KIOSK, at, touch

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


async def test_a_page_counts_as_seen_when_its_end_was_on_the_screen(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    await page.locator(".paper img").evaluate("one => one.decode()")
    await page.wait_for_timeout(300)
    assert counter.payloads("page.seen") == []
    await press(page, "往下看")
    assert (await heard(counter, page, "page.seen"))["number"] == 1
    await page.get_by_role("button", name="下一頁").wait_for()
    await press(page, "下一頁")
    await page.get_by_text("第 2 頁，共 2 頁").wait_for()
    await page.locator(".paper img").evaluate("one => one.decode()")
    assert len(counter.payloads("page.seen")) == 1
    await press(page, "往下看")
    assert (await heard(counter, page, "page.seen", 2))["number"] == 2


async def test_a_page_that_was_jumped_over_does_not_count(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    await page.locator(".paper img").evaluate("one => one.decode()")
    paper = page.locator(".paper")
    # From the top to the very end, so that nothing between was on the screen.
    await paper.evaluate("one => one.style.height = one.style.maxHeight = '200px'")
    await paper.evaluate("one => one.scrollTo({top: one.scrollHeight})")
    back = page.get_by_role("button", name="返回未看的部分")
    await back.wait_for()
    await page.wait_for_timeout(1500)
    assert counter.payloads("page.seen") == []
    await press(page, "返回未看的部分")
    await back.wait_for(state="detached")


async def test_what_the_document_says_is_there_as_text_and_is_read_out_by_somebody(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    text = page.get_by_role("region", name="文件的內容")
    assert await text.locator("dt").all_inner_texts() == ["姓名", "備註"]
    assert await text.locator("dd").all_inner_texts() == ["陳大文", "沒有填寫"]
    # This machine has no Cantonese voice: then it is the agent who reads.
    await press(page, "請接待人員讀給我聽")
    said = await heard(counter, page, "ceremony.aloud")
    assert (said["by"], said["language"]) == ("agent", "zh-Hant")
    await press(page, "以文字顯示")
    await page.locator(".paper--text dd", has_text="陳大文").wait_for()
    await heard(counter, page, "page.hidden")
    await press(page, "返回頁面")
    await page.locator(".paper img").wait_for()
    await until(lambda: len(counter.payloads("page.shown")) == 2, page)


VOICES = """
const said = (window.said = []);
const voice = {lang: "yue-HK", name: "test", default: true, localService: true, voiceURI: "t"};
const synthesis = {
  getVoices: () => [voice], addEventListener() {}, removeEventListener() {}, cancel() {},
  speak(words) { said.push([words.text, words.lang]); setTimeout(() => words.onend?.(), 20); },
};
Object.defineProperty(window, "speechSynthesis", {value: synthesis});
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""
"A machine with a Cantonese voice, which notes what it says."


async def test_a_machine_with_a_voice_reads_all_of_it_in_the_citizens_language(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read", before=VOICES)
    await press(page, "讀給我聽")
    assert (await heard(counter, page, "ceremony.aloud"))["by"] == "machine"
    await page.wait_for_function("() => window.said.length >= 4")
    said = await page.evaluate("() => window.said")
    assert [words for words, _ in said] == [
        drawn.WORDS["zh-Hant"]["title"],
        "姓名: 陳大文",
        "備註: 沒有填寫",
        "本人聲明以上資料均屬真實。",
    ]
    assert {language for _, language in said} == {"yue-HK"}
    await until(lambda: counter.payloads("ceremony.here"), page)


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


async def test_who_does_not_sign_says_why_by_choosing(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign")
    await press(page, "現在不簽")
    reasons = page.locator("dialog[open] .press")
    await reasons.last.wait_for()
    for height in await reasons.evaluate_all("all => all.map(one => one.offsetHeight)"):
        assert height >= 80
    await press(page, "我無法在屏幕上書寫")
    assert (await heard(counter, page, "ceremony.decline"))["reason"] == "cannot_write"


async def test_after_a_minute_the_screen_asks_and_one_touch_stays(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read idle")
    await page.get_by_role("dialog", name="您還在嗎？").wait_for()
    counter.asked.clear()
    await press(page, "我還在")
    await heard(counter, page, "ceremony.here")
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["read"])
    await page.get_by_role("dialog").wait_for(state="detached")


async def read_it(page: Page) -> None:
    """Go through both pages of what was read before, to the question."""
    for button in ("往下看", "下一頁", "往下看", "我已閱讀"):
        await press(page, button)
    await page.locator(".tick input").wait_for()


async def test_a_corrected_form_begins_at_its_first_page_and_says_what_changed(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read seen")
    await read_it(page)
    await page.locator(".tick input").check()
    await counter.show(terminal_stages.terminal_stages("zh-Hant")["read corrected"])
    await page.get_by_text("接待人員更改了：用途").wait_for()
    await page.get_by_text("第 1 頁，共 2 頁").wait_for()


async def test_where_there_is_nothing_to_agree_to_there_is_a_way_back_and_out(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read seen")
    await read_it(page)
    # The form is gone since: the counter knows no sentence for it.
    await show(
        counter,
        page,
        terminal_screens.terminal(
            "call",
            call=call_cards.call("zh-Hant", "read"),
            ceremony=ceremony_cards.ceremony("zh-Hant", seen=2, agreement=None),
        ),
    )
    assert await page.locator(".tick").count() == 0
    assert await page.get_by_role("button", name="同意並簽署").count() == 0
    assert await page.get_by_role("button", name="現在不簽").count() == 1
    await press(page, "再看一次")
    await page.get_by_text("共 2 頁").wait_for()


async def test_the_sentence_agreed_to_is_the_one_on_the_screen(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read seen")
    await read_it(page)
    await page.locator(".tick input").check()
    await show(counter, page, terminal_stages.terminal_stages("pt")["read seen"])
    assert await page.get_by_text("Li todas as páginas").is_visible()
    assert not await page.locator(".tick input").is_checked(), "a sentence is agreed to as read"
    await page.locator(".tick input").check()
    agreement = ceremony_cards.agreement("certificate", "pt")
    await show(
        counter,
        page,
        terminal_screens.terminal(
            "call",
            "pt",
            call=call_cards.call("pt", "read"),
            ceremony=ceremony_cards.ceremony("pt", seen=2, agreement=agreement),
        ),
    )
    assert await page.get_by_text("a assinatura do meu próprio certificado").is_visible()
    assert not await page.locator(".tick input").is_checked(), "nor does the act change below it"
    await page.locator(".tick input").check()
    await press(page, "Concordar e assinar")
    await settled(page)
    shown = await page.locator(".tick span").inner_text()
    said = (await heard(counter, page, "ceremony.consent"))["text_sha256"]
    assert said == hashlib.sha256(shown.encode()).hexdigest()


async def test_consent_needs_every_page_and_the_tick_and_names_the_document(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "read")
    seen = terminal_screens.terminal(
        "call",
        call=call_cards.call("zh-Hant", "read"),
        ceremony=ceremony_cards.ceremony("zh-Hant", seen=2),
    )
    for button in ("往下看", "下一頁", "往下看"):
        await press(page, button)
    await heard(counter, page, "page.seen", 2)
    done = page.get_by_role("button", name="我已閱讀")
    await done.wait_for()
    assert await done.get_attribute("aria-disabled") == "true", "the counter has not said so yet"
    await counter.show(seen)
    await page.locator("button:not([aria-disabled])", has_text="我已閱讀").wait_for()
    await press(page, "我已閱讀")
    agree = page.get_by_role("button", name="同意並簽署")
    assert await agree.get_attribute("aria-disabled") == "true"
    assert "3fa9c1" in await page.locator(".consent").inner_text()
    await page.locator(".tick input").check()
    await press(page, "同意並簽署")
    assert (await heard(counter, page, "ceremony.consent"))["sha256"] == drawn.DOCUMENT


async def test_ink_is_drawn_taken_back_and_sent_without_its_time(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign")
    box = await page.locator(".pad canvas").bounding_box()
    assert box is not None
    sign = page.get_by_role("button", name="簽署文件")
    assert await sign.get_attribute("aria-disabled") == "true"
    for stroke in range(3):
        await page.mouse.move(box["x"] + 100 + stroke * 150, box["y"] + 80)
        await page.mouse.down()
        for step in range(12):
            await page.mouse.move(
                box["x"] + 100 + stroke * 150 + step * 8, box["y"] + 80 + step * 12
            )
        await page.mouse.up()
    await press(page, "還原")
    await press(page, "簽署文件")
    strokes = (await heard(counter, page, "ceremony.sign"))["strokes"]
    assert len(strokes) == 2
    points = [point for stroke in strokes for point in stroke]
    assert {name for point in points for name in point} == {"x", "y", "pressure"}, "and no times"
    assert all(0 <= point["x"] <= box["width"] for stroke in strokes for point in stroke)


async def test_a_pad_that_becomes_smaller_shrinks_what_was_drawn(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign")
    canvas = page.locator(".pad canvas")
    before = await canvas.bounding_box()
    assert before is not None
    await page.mouse.move(before["x"] + 60, before["y"] + 20)
    await page.mouse.down()
    for step in range(1, 20):
        await page.mouse.move(
            before["x"] + 60 + step * 10, before["y"] + 20 + step * (before["height"] - 40) / 19
        )
    await page.mouse.up()
    await page.set_viewport_size({"width": KIOSK[0], "height": 1100})
    shrunk = "was => document.querySelector('.pad canvas').offsetHeight < was - 100"
    await page.wait_for_function(shrunk, arg=before["height"])
    after = await canvas.bounding_box()
    assert after is not None
    await press(page, "簽署文件")
    (stroke,) = (await heard(counter, page, "ceremony.sign"))["strokes"]
    ys = [point["y"] for point in stroke]
    assert ys == sorted(ys) and len(set(ys)) == len(ys), "no part of it is flat"
    assert after["height"] - 60 < max(ys) < after["height"]


async def test_a_finger_that_presses_harder_draws_a_wider_line(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sign", has_touch=True)
    box = await page.locator(".pad canvas").bounding_box()
    assert box is not None
    firmly = [0.2, 0.2, 0.6, 0.95, 0.95]
    line = [(150 + at * 60, 120) for at in range(len(firmly))]
    await touch(page, box, [(x, y, force) for (x, y), force in zip(line, firmly, strict=True)])
    # How wide the line is half-way between two points, in pixels of the canvas.
    wide = [
        await page.evaluate(
            """x => {
              const canvas = document.querySelector(".pad canvas");
              const column = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height).data;
              return column.filter((one, at) => at % 4 === 3 && one > 127).length;
            }""",
            x + 30,
        )
        for x, _ in line[:-1]
    ]
    await press(page, "簽署文件")
    (stroke,) = (await heard(counter, page, "ceremony.sign"))["strokes"]
    assert [point["pressure"] for point in stroke] == pytest.approx(firmly, abs=0.01)
    (kept,) = ink([[(p["x"], p["y"], 0.0, p["pressure"]) for p in stroke]]).strokes
    assert kept.widths == (1.1, 1.1, 1.4, 2.0, 2.0)
    assert wide == pytest.approx([4 * one for one in kept.widths[1:]], abs=1)


async def test_what_was_signed_stands_in_the_conversation_and_on_the_receipt(
    chromium: Browser, counter: FakeCounter
) -> None:
    page = await at(chromium, counter, "sealing")
    stages = terminal_stages.terminal_stages("zh-Hant")
    note = page.locator(".sealing").get_by_role("status")
    await note.get_by_text("需時數秒").wait_for()
    await counter.show(stages["sealing late"])
    await note.get_by_text("您的簽名已妥善保存").wait_for()
    await counter.show(stages["citizen signed"])
    row = page.locator(".talk .done__page")
    await row.get_by_text("✓ 已簽署，部門會自動加蓋印章").wait_for()
    await show(counter, page, stages["signed"])
    assert await row.get_by_text("✓ 已簽署", exact=True).is_visible()
    assert await page.locator(".read, .sign, .sealing").count() == 0
    ended = terminal_screens.receipt(
        "zh-Hant", signed=[ceremony_cards.ceremony("zh-Hant", "sealed", 2, signed_sha256="ab" * 32)]
    )
    await counter.show(terminal_screens.terminal("receipt", receipt=ended))
    told = await page.locator(".receipt .digest").inner_text()
    assert told == "文件編號 3fa9c1", "the digits that were compared while reading"


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
